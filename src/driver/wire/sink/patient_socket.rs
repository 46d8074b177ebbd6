//! A socket on which reading and writing wait, in the way that disturbs the other end least, and how long they do.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::Socket;
use std::io::{self, ErrorKind, Read};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// On a CPU of its own: spinning goes on for so long before it sleeps.
const SPIN: Duration = Duration::from_millis(2);
/// Pauses between two looks, some 0.5 µs: they leave the socket's lock to the other end.
const PAUSES: u32 = 16;

/// A socket, and how it waits.
#[derive(Debug)]
pub(super) struct PatientSocket {
    socket: Socket,
    spins: bool,
    /// Time in which nothing could be read or written, ns.
    pub(super) waited_ns: u64,
}

impl PatientSocket {
    pub(super) fn new(socket: TcpStream, spins: bool) -> io::Result<Self> {
        let socket = Socket::from(socket);
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        Ok(Self { socket, spins, waited_ns: 0 })
    }

    /// Reads something into `room`; an error at the end.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLIN, |mut socket| not_nothing(socket.read(room)?))
    }

    /// Throws away something of what has come, as much as `room` at most, which nothing is written to: TCP's
    /// `MSG_TRUNC` of Linux.
    pub(super) fn discard(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLIN, |socket| not_nothing(socket.recv_with_flags(room, libc::MSG_TRUNC)?))
    }

    /// Writes all of it. `more` follows at once.
    pub(super) fn write(&mut self, mut bytes: &[u8], more: bool) -> io::Result<()> {
        let flags = libc::MSG_NOSIGNAL | if more { libc::MSG_MORE } else { 0 };
        while !bytes.is_empty() {
            let written = self.when_ready(PollFlags::POLLOUT, |socket| socket.send_with_flags(bytes, flags))?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn when_ready(
        &mut self,
        readiness: PollFlags,
        mut attempt: impl FnMut(&Socket) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut done = attempt(&self.socket);
        if !is_to_be_tried_again(&done) {
            return done;
        }
        let begun = Instant::now();
        while is_to_be_tried_again(&done) {
            if self.spins && begun.elapsed() < SPIN {
                (0..PAUSES).for_each(|_| std::hint::spin_loop());
            } else {
                match poll(&mut [PollFd::new(self.socket.as_fd(), readiness)], PollTimeout::NONE) {
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            done = attempt(&self.socket);
        }
        self.waited_ns += u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        done
    }
}

fn is_to_be_tried_again(done: &io::Result<usize>) -> bool {
    done.as_ref().is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted))
}

fn not_nothing(count: usize) -> io::Result<usize> {
    if count == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
}
