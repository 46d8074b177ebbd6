//! Bytes to a broker and back, through TLS where it is asked for. Nothing here blocks.

use rustls::ClientConnection;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

/// Encrypted bytes read by one call: rustls itself would take 4 KiB at a time.
const SEALED_BYTES: usize = 64 * 1024;
/// Bytes decrypted by one call, about: some 20 µs.
const OPENED_BYTES: usize = 64 * 1024;
/// Bytes that wait to be encrypted or sent, at most.
const WAITING_BYTES: usize = 128 * 1024;

/// A connection.
#[derive(Debug)]
pub(super) enum Pipe {
    Open(TcpStream),
    Tls(Box<Tunnel>),
}

/// One through TLS.
#[derive(Debug)]
pub(super) struct Tunnel {
    socket: TcpStream,
    session: ClientConnection,
    /// Encrypted bytes that have come; those from `next` to `end` are not looked at yet.
    sealed: Vec<u8>,
    next: usize,
    end: usize,
    /// There may be more than the socket shows.
    has_more: bool,
}

impl Pipe {
    /// Over a socket that does not block; the handshake begins with what is read and written.
    pub(super) fn new(socket: TcpStream, session: Option<ClientConnection>) -> Self {
        let Some(mut session) = session else { return Self::Open(socket) };
        session.set_buffer_limit(Some(WAITING_BYTES));
        let sealed = vec![0; SEALED_BYTES];
        Self::Tls(Box::new(Tunnel { socket, session, sealed, next: 0, end: 0, has_more: false }))
    }

    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Open(socket) => socket,
            Self::Tls(tunnel) => &tunnel.socket,
        }
    }

    /// Writes a part of `parts`. WouldBlock: the socket takes nothing now.
    #[inline]
    pub(super) fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Open(socket) => socket.write_vectored(parts),
            Self::Tls(tunnel) => tunnel.write(parts),
        }
    }

    /// Does something that was taken wait for the socket?
    pub(super) fn has_unwritten(&self) -> bool {
        match self {
            Self::Open(_) => false,
            Self::Tls(tunnel) => tunnel.session.wants_write(),
        }
    }

    /// Sends what was taken, as far as the socket takes it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(_) => Ok(()),
            Self::Tls(tunnel) => tunnel.flush(),
        }
    }

    /// Reads what has come into `room`. WouldBlock: nothing has; Ok(0): nothing will.
    #[inline]
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Open(socket) => socket.read(room),
            Self::Tls(tunnel) => tunnel.read(room),
        }
    }

    /// Has something come that the socket does not show any more?
    pub(super) fn has_unread(&self) -> bool {
        match self {
            Self::Open(_) => false,
            Self::Tls(tunnel) => tunnel.has_more,
        }
    }
}

impl AsFd for Pipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

impl Tunnel {
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.flush()?;
        if self.session.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = self.session.writer().write_vectored(parts)?;
        self.flush()?;
        // Before the handshake is done it takes so much and no more.
        if taken == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = room.len().min(OPENED_BYTES);
        let mut count = 0;
        while count < most {
            match self.session.reader().read(&mut room[count..]) {
                Ok(0) => return Ok(count),
                Ok(opened) => count += opened,
                Err(error) if error.kind() == ErrorKind::WouldBlock => match self.advance() {
                    Ok(true) => {}
                    Ok(false) => return Ok(count),
                    Err(error) if error.kind() == ErrorKind::WouldBlock && count > 0 => return Ok(count),
                    Err(error) => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
        self.has_more = true;
        Ok(count)
    }

    /// Decrypts more of what has come. False: the socket was closed.
    fn advance(&mut self) -> io::Result<bool> {
        if self.next == self.end {
            self.has_more = false;
            (self.next, self.end) = (0, self.socket.read(&mut self.sealed)?);
            if self.end == 0 {
                return Ok(false);
            }
        }
        let mut sealed = &self.sealed[self.next..self.end];
        self.session.read_tls(&mut sealed)?;
        self.next = self.end - sealed.len();
        let understood = self.session.process_new_packets();
        // An answer of the handshake's, or what is wrong with the broker's.
        let flushed = self.flush();
        understood.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        flushed?;
        Ok(true)
    }
}

/// Is this that the broker's certificate is not trusted? Other troubles of TLS may pass.
pub(super) fn is_distrust(error: &io::Error) -> bool {
    let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(of_tls, Some(rustls::Error::InvalidCertificate(_)))
}
