//! One address, and the connection to it.

use crate::driver::wire::link::{Body, Link};
use crate::driver::wire::login::Dialogue;
use crate::driver::wire::pipe::Pipe;
use crate::driver::wire::response::BrokerAt;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::sync::Arc;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Until this time.
    Connecting(u64),
    /// Its versions are asked for.
    New,
    /// What was asked before is still answered; nothing new is asked until it is done.
    LoggingIn,
    Ready,
}

/// One address and the connection to it.
#[derive(Debug)]
pub(super) struct BrokerLink<B> {
    pub(super) id: i32,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) next_address: usize,
    pub(super) link: Option<(Link<B>, ConnectionState)>,
    pub(super) dialogue: Option<Dialogue>,
    /// The login must be renewed then.
    pub(super) login_ends_ns: u64,
    pub(super) failures: u32,
    pub(super) retry_at_ns: u64,
    pub(super) looked_ns: u64,
    /// It has asked to be left alone until then.
    pub(super) muted_until_ns: u64,
}

impl<B: Body> BrokerLink<B> {
    pub(super) fn new(at: BrokerAt) -> Self {
        Self {
            id: at.id,
            host: at.host,
            port: at.port,
            addresses: Vec::new(),
            next_address: 0,
            link: None,
            dialogue: None,
            login_ends_ns: u64::MAX,
            failures: 0,
            retry_at_ns: 0,
            looked_ns: 0,
            muted_until_ns: 0,
        }
    }

    /// Begins to connect to the next of its addresses, which are looked up when there are none or all have failed.
    pub(super) fn open(&mut self, tls: Option<&Arc<ClientConfig>>) -> io::Result<Pipe> {
        if self.next_address >= self.addresses.len() {
            self.addresses = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
            self.next_address = 0;
        }
        let none = || io::Error::new(io::ErrorKind::NotFound, "its name has no address");
        let address = *self.addresses.get(self.next_address).ok_or_else(none)?;
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&address.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
            Err(error) => return Err(error),
        }
        let session = tls.map(|tls| {
            let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
            ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)
        });
        Ok(Pipe::new(socket.into(), session.transpose()?))
    }
}

/// Is a connection that was begun made?
pub(super) fn is_connected(socket: &TcpStream) -> io::Result<bool> {
    let mut descriptor = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut descriptor, PollTimeout::ZERO).map_err(io::Error::from)? == 0 {
        return Ok(false);
    }
    socket.take_error()?.map_or(Ok(true), Err)
}
