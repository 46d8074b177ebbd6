//! The brokers that are known, the connections to them, and who leads the topic's partitions.

mod entrance;

use super::codes;
use super::error_log::ErrorLog;
use super::link::{Body, Link, PendingRequest, ReceiveBuffer};
use super::login::Dialogue;
use super::pipe::{self, Pipe};
use super::request::{self, WireRequest, Writing};
use super::response::{self, BrokerAt, Metadata};
use super::tls;
use crate::driver::{DriverError, ErrorClass, Time};
use crate::plan::properties::wire::Connecting;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll, ppoll};
use nix::sys::time::TimeSpec;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// A connection from which no answer is awaited is looked at this often, so that one that was closed is noticed.
const IDLE_LOOK_NS: u64 = 100_000_000;
/// Ids of peers that are no brokers by their number: addresses of the configuration, and the group's coordinator.
const FIRST_BOOTSTRAP: i32 = -1_000_000;
/// The peer that keeps the group's offsets: a connection of its own, on which no fetch is waited for.
pub(super) const COORDINATOR: i32 = -2_000_000;

/// What has become of a request.
pub(super) enum RequestEvent<'a, B> {
    /// Its answer's body stands in the inbox.
    Answer(PendingRequest<B>, &'a mut ReceiveBuffer, Range<usize>),
    /// It is written, and no answer comes.
    Written(PendingRequest<B>),
    /// The connection is gone.
    Lost(PendingRequest<B>),
}

/// What an answer said: the throttle time in ms; None: it was no answer.
pub(super) type ThrottleTime = Option<i32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
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
    host: String,
    port: u16,
    addresses: Vec<SocketAddr>,
    next_address: usize,
    link: Option<(Link<B>, ConnectionState)>,
    dialogue: Option<Dialogue>,
    /// The login must be renewed then.
    login_ends_ns: u64,
    failures: u32,
    retry_at_ns: u64,
    looked_ns: u64,
    /// It has asked to be left alone until then.
    muted_until_ns: u64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Cluster<B> {
    pub(super) manners: Connecting,
    pub(super) topic: String,
    /// Must brokers give out producer ids?
    pub(super) needs_ids: bool,
    tls: Option<Arc<ClientConfig>>,
    peers: Vec<BrokerLink<B>>,
    /// Leaders as the last answer told them, not looked at yet.
    fresh: Option<Metadata>,
    metadata_wanted: bool,
    metadata_asked: bool,
    metadata_at_ns: u64,
    metadata_tries: u32,
    pub(super) error_log: ErrorLog,
    /// Times that the last connection was lost.
    pub(super) all_down: u64,
    fault: Option<DriverError>,
}

/// A wait that doubles with each failure up to a limit, a fifth shorter or longer by chance.
pub(super) fn back_off_ns((first, most): (u64, u64), failures: u32) -> u64 {
    let wait = first.saturating_mul(1 << failures.min(20)).min(most.max(first));
    wait - wait / 5 + fastrand::u64(0..=wait / 5 * 2)
}

impl<B: Body> Cluster<B> {
    /// Nobody is connected yet.
    pub(super) fn new(manners: Connecting, topic: &str) -> Result<Self, DriverError> {
        let tls = manners.security.tls.as_ref().map(tls::set_up).transpose()?;
        let mut peers = Vec::new();
        for (server, id) in
            manners.servers.split(',').map(str::trim).filter(|server| !server.is_empty()).zip(FIRST_BOOTSTRAP..)
        {
            let server = server.split_once("://").map_or(server, |(_, server)| server);
            let (host, port) = server.rsplit_once(':').unwrap_or((server, "9092"));
            let port = port.parse().map_err(|_| {
                DriverError::new(ErrorClass::Configuration, format!("bootstrap.servers: {server} has no port"))
            })?;
            peers.push(BrokerLink::new(BrokerAt { id, host: host.trim_matches(['[', ']']).to_owned(), port }));
        }
        Ok(Self {
            manners,
            topic: topic.to_owned(),
            needs_ids: false,
            tls,
            peers,
            fresh: None,
            metadata_wanted: true,
            metadata_asked: false,
            metadata_at_ns: 0,
            metadata_tries: 0,
            error_log: ErrorLog::default(),
            all_down: 0,
            fault: None,
        })
    }

    pub(super) fn fault(&self) -> Option<DriverError> {
        self.fault.clone()
    }

    /// Cannot go on.
    pub(super) fn give_up(&mut self, class: ErrorClass, why: String) {
        self.fault.get_or_insert(DriverError::new(class, why));
    }

    /// Asks for the leaders as soon as may be.
    pub(super) fn want_metadata(&mut self) {
        self.metadata_wanted = true;
    }

    /// Leaders that have come since this was last called.
    pub(super) fn take_metadata(&mut self) -> Option<Metadata> {
        self.fresh.take()
    }

    /// The number of peers.
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    /// The peer of this id.
    pub(super) fn find(&self, id: i32) -> Option<usize> {
        self.peers.iter().position(|peer| peer.id == id)
    }

    /// The id of a peer.
    pub(super) fn id(&self, peer: usize) -> i32 {
        self.peers[peer].id
    }

    /// The peer's connection, if requests can be put to it now. Connects where there is none and it may be tried.
    pub(super) fn ready(&mut self, peer: usize, now_ns: u64) -> Option<&mut Link<B>> {
        self.connect(peer, now_ns);
        let peer = &mut self.peers[peer];
        match &mut peer.link {
            Some((link, ConnectionState::Ready)) if now_ns >= peer.muted_until_ns => Some(link),
            _ => None,
        }
    }

    /// A peer at this address, of this id, in place of one that is elsewhere.
    pub(super) fn set(&mut self, broker: BrokerAt) {
        match self.peers.iter_mut().find(|peer| peer.id == broker.id) {
            // Where a connection stands it is used until it breaks; of the coordinator's nobody waits for anything now.
            Some(peer)
                if (&peer.host, peer.port) != (&broker.host, broker.port)
                    && (peer.link.is_none() || peer.id == COORDINATOR) =>
            {
                *peer = BrokerLink::new(broker);
            }
            Some(_) => {}
            None => self.peers.push(BrokerLink::new(broker)),
        }
    }

    fn connect(&mut self, at: usize, now_ns: u64) {
        let peer = &mut self.peers[at];
        if peer.link.is_some() || now_ns < peer.retry_at_ns {
            return;
        }
        match peer.open(self.tls.as_ref()) {
            Ok(pipe) => {
                let limit_ns = now_ns + self.manners.connect_limit_ns;
                peer.link = Some((Link::new(pipe), ConnectionState::Connecting(limit_ns)));
            }
            Err(error) => self.lose(at, &error, now_ns, &mut |_, _| None),
        }
    }

    /// Takes the peer's connection a step further: what has come is read and told, what waits is written.
    pub(super) fn step(
        &mut self,
        at: usize,
        time: &impl Time,
        mut on_event: impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) {
        let now_ns = time.now_ns();
        if let Err(error) = self.try_step(at, now_ns, time, &mut on_event) {
            self.lose(at, &error, now_ns, &mut on_event);
        }
    }

    fn try_step(
        &mut self,
        at: usize,
        now_ns: u64,
        time: &impl Time,
        on_event: &mut impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) -> io::Result<()> {
        let peer = &mut self.peers[at];
        let Some((link, state)) = &mut peer.link else { return Ok(()) };
        if let ConnectionState::Connecting(until_ns) = *state {
            if !is_connected(link.pipe.socket())? {
                return if now_ns < until_ns { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) };
            }
            *state = ConnectionState::New;
            let deadline_ns = now_ns + self.manners.request_limit_ns;
            link.ask(WireRequest::Versions, request::versions(&self.manners.client_id), Vec::new(), false, deadline_ns);
        }
        if link.awaits() || link.pipe.has_unread() || now_ns >= peer.looked_ns + IDLE_LOOK_NS {
            peer.looked_ns = now_ns;
            while let Some((link, _)) = &mut self.peers[at].link {
                let came = link.read()?;
                let at_ns = if came { time.now_ns() } else { now_ns };
                let mut answers = false;
                while let Some((asked, range)) = self.answered(at)? {
                    answers = true;
                    self.understand(at, asked, range, at_ns, on_event)?;
                }
                // More may have come while one large answer was read; all else waits for the next look.
                if !came || answers || self.peers[at].link.as_ref().is_none_or(|(link, _)| !link.awaits()) {
                    break;
                }
                if at_ns >= now_ns + READ_FOR_NS {
                    break;
                }
            }
        }
        if now_ns >= self.peers[at].login_ends_ns {
            self.log_in(at, now_ns);
        }
        let Some((link, _)) = &mut self.peers[at].link else { return Ok(()) };
        if link.is_overdue(now_ns) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        }
        if link.has_unwritten() {
            link.write(|asked| {
                on_event(RequestEvent::Written(asked), now_ns);
            })?;
        }
        Ok(())
    }

    fn answered(&mut self, at: usize) -> io::Result<Option<(PendingRequest<B>, Range<usize>)>> {
        self.peers[at].link.as_mut().map_or(Ok(None), |(link, _)| link.answered())
    }

    fn understand(
        &mut self,
        at: usize,
        asked: PendingRequest<B>,
        range: Range<usize>,
        now_ns: u64,
        on_event: &mut impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) -> io::Result<()> {
        let name = asked.question.kind().2;
        let (question, end) = (asked.question, range.end);
        let Some((link, _)) = &mut self.peers[at].link else { return Ok(()) };
        let understood = match question {
            WireRequest::Versions => self.versions_came(at, range, now_ns),
            WireRequest::Handshake => self.handshake_came(at, range, now_ns),
            WireRequest::Authenticate => self.authenticate_came(at, range, now_ns),
            WireRequest::Metadata => {
                self.metadata_asked = false;
                let metadata = response::metadata(link.inbox.bytes(range));
                let throttle_ms = metadata.as_ref().map(|metadata| metadata.throttle_ms);
                self.fresh = metadata;
                throttle_ms
            }
            _ => on_event(RequestEvent::Answer(asked, &mut link.inbox, range), now_ns),
        };
        // An answer whose memory was taken has been used with it.
        let Some((link, _)) = &mut self.peers[at].link else { return Ok(()) };
        if question != WireRequest::Fetch {
            link.used(end);
        }
        let Some(throttle_ms) = understood else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("an answer to {name} that makes no sense")));
        };
        if let Ok(throttle_ms @ 1..) = u64::try_from(throttle_ms) {
            let peer = &mut self.peers[at];
            peer.muted_until_ns = now_ns + throttle_ms * 1_000_000;
            self.error_log.remark(format!("broker {} throttles this client (quota)", peer.id));
        }
        Ok(())
    }

    /// The connection is gone: so are its requests.
    fn lose(
        &mut self,
        at: usize,
        error: &io::Error,
        now_ns: u64,
        on_event: &mut impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) {
        let peer = &mut self.peers[at];
        let gone = peer.link.take();
        peer.failures = peer.failures.saturating_add(1);
        peer.retry_at_ns = now_ns + back_off_ns(self.manners.reconnect_ns, peer.failures - 1);
        peer.next_address += 1;
        (peer.dialogue, peer.login_ends_ns) = (None, u64::MAX);
        let words = format!("broker at {}:{}: {error}", peer.host, peer.port);
        if pipe::is_distrust(error) {
            self.fault.get_or_insert(DriverError::new(ErrorClass::Unreachable, format!("{words} (ssl.ca.location)")));
        }
        self.error_log.error(words);
        if let Some((link, _)) = gone {
            for asked in link.into_asked() {
                match asked.question {
                    WireRequest::Metadata => self.metadata_asked = false,
                    WireRequest::Versions | WireRequest::Handshake | WireRequest::Authenticate => {}
                    _ => {
                        on_event(RequestEvent::Lost(asked), now_ns);
                    }
                }
            }
            if !self.peers.iter().any(|peer| matches!(peer.link, Some((_, ConnectionState::Ready)))) {
                self.all_down += 1;
            }
        }
        self.metadata_wanted = true;
    }

    /// Asks for the leaders when that is due, of whoever is there.
    pub(super) fn refresh(&mut self, now_ns: u64) {
        let due = if self.metadata_wanted {
            now_ns >= self.metadata_at_ns
        } else {
            now_ns >= self.metadata_at_ns.saturating_add(self.manners.metadata_age_ns)
        };
        if self.metadata_asked || !due {
            return;
        }
        let Some(at) = self.anybody(now_ns) else { return self.look_for_anybody(now_ns) };
        let writing = request::metadata(&self.manners.client_id, &self.topic);
        self.ask(at, WireRequest::Metadata, writing, now_ns);
        (self.metadata_asked, self.metadata_wanted) = (true, false);
        self.metadata_at_ns = now_ns + back_off_ns(self.manners.retry_ns, self.metadata_tries);
        self.metadata_tries += 1;
    }

    /// Somebody to ask: of the addresses of the configuration if one is connected, for leaders may have a fetch to wait
    /// for.
    pub(super) fn anybody(&self, now_ns: u64) -> Option<usize> {
        let ready = |peer: &BrokerLink<B>| {
            matches!(peer.link, Some((_, ConnectionState::Ready))) && now_ns >= peer.muted_until_ns
        };
        self.peers.iter().position(ready)
    }

    /// Nobody is connected: tries one that is not tried already, two at a time, so that one dead host does not hide the
    /// others.
    fn look_for_anybody(&mut self, now_ns: u64) {
        let on_their_way = self.peers.iter().filter(|peer| peer.link.is_some()).count();
        if on_their_way >= 2 || self.peers.is_empty() {
            return;
        }
        let first = fastrand::usize(..self.peers.len());
        let may_be_tried = |peer: &BrokerLink<B>| peer.link.is_none() && now_ns >= peer.retry_at_ns;
        let at = (first..self.peers.len()).chain(0..first).find(|at| may_be_tried(&self.peers[*at]));
        if let Some(at) = at {
            self.connect(at, now_ns);
        }
    }

    /// The leaders are known: the next time they are not is the first.
    pub(super) fn metadata_was_good(&mut self) {
        self.metadata_tries = 0;
    }

    /// Puts a request without a body to a peer that is connected.
    pub(super) fn ask(&mut self, at: usize, question: WireRequest, writing: Writing, now_ns: u64) {
        let deadline_ns = now_ns + self.manners.request_limit_ns;
        if let Some((link, _)) = &mut self.peers[at].link {
            link.ask(question, writing, Vec::new(), false, deadline_ns);
        }
    }

    /// Can a request of this kind be put to a broker, of which `most` may be open? Otherwise when that may have
    /// changed, raw ns, if not by something that it sends.
    pub(super) fn may_ask(&self, id: i32, question: WireRequest, most: usize, now_ns: u64) -> Result<(), u64> {
        let Some(peer) = self.find(id).map(|at| &self.peers[at]) else { return Err(now_ns + 1_000_000) };
        match &peer.link {
            None => Err(peer.retry_at_ns),
            Some((_, ConnectionState::Connecting(_) | ConnectionState::New | ConnectionState::LoggingIn)) => {
                Err(now_ns + 1_000_000)
            }
            Some(_) if now_ns < peer.muted_until_ns => Err(peer.muted_until_ns),
            Some((link, ConnectionState::Ready)) if link.open(question) >= most => Err(u64::MAX),
            Some(_) => Ok(()),
        }
    }

    /// Waits until something can be read, something that waits can be written, or `until_ns`.
    pub(super) fn wait(&self, until_ns: u64, time: &impl Time) {
        let now_ns = time.now_ns();
        if until_ns <= now_ns {
            return;
        }
        let mut descriptors = Vec::with_capacity(self.peers.len());
        for (link, state) in self.peers.iter().filter_map(|peer| peer.link.as_ref()) {
            if link.pipe.has_unread() {
                return;
            }
            let writes = matches!(state, ConnectionState::Connecting(_)) || link.has_unwritten();
            let interest = if writes { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN };
            descriptors.push(PollFd::new(link.pipe.as_fd(), interest));
        }
        let left = Duration::from_nanos(until_ns - now_ns);
        // A signal ends it early, which is all right.
        let _ = ppoll(&mut descriptors, Some(TimeSpec::from_duration(left)), None);
    }

    /// The first that must have been looked at: of connections on their way and peers that may be tried again.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.peers.iter().any(|peer| !matches!(peer.link, None | Some((_, ConnectionState::Ready))))
    }

    /// Closes all connections; what was asked is told as lost.
    pub(super) fn close(&mut self, mut on_event: impl FnMut(RequestEvent<'_, B>)) {
        for peer in &mut self.peers {
            if let Some((link, _)) = peer.link.take() {
                link.into_asked().into_iter().for_each(|asked| on_event(RequestEvent::Lost(asked)));
            }
            peer.retry_at_ns = u64::MAX;
        }
    }

    /// What the topic's metadata says, or why it cannot be used (yet).
    pub(super) fn leaders(metadata: &Metadata, topic: &str) -> Result<Vec<i32>, DriverError> {
        let refused = |class, why: String| Err(DriverError::new(class, format!("topic {topic} {why}")));
        if metadata.error != 0 {
            let class = codes::class(metadata.error.into());
            return refused(class, format!("cannot be used: {}", codes::describe(metadata.error.into())));
        }
        if metadata.partitions.is_empty() {
            return refused(ErrorClass::Topics, "has no partitions".to_owned());
        }
        let mut partitions = metadata.partitions.clone();
        partitions.sort_unstable();
        if let Some((partition, ..)) =
            partitions.iter().zip(0..).find(|((found, ..), nth)| found != nth).map(|(p, _)| p)
        {
            return refused(ErrorClass::Topics, format!("has no partition before {partition}"));
        }
        match partitions.iter().find(|(.., leader)| *leader < 0) {
            Some((partition, ..)) => refused(ErrorClass::Topics, format!("has no leader for partition {partition}")),
            None => Ok(partitions.into_iter().map(|(.., leader)| leader).collect()),
        }
    }

    /// Asks until the topic has a leader for each of its partitions: those. `limit`: how long, as `--connect-timeout`
    /// says.
    pub(super) fn meet(&mut self, limit: Duration, time: &impl Time) -> Result<Vec<i32>, DriverError> {
        let deadline_ns = time.now_ns() + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let mut last = None;
        loop {
            let now_ns = time.now_ns();
            self.refresh(now_ns);
            (0..self.len()).for_each(|at| self.step(at, time, |_, _| Some(0)));
            if let Some(fault) = self.fault() {
                return Err(fault);
            }
            if let Some(metadata) = self.take_metadata() {
                match Self::leaders(&metadata, &self.topic) {
                    Ok(leaders) => {
                        metadata.brokers.into_iter().for_each(|broker| self.set(broker));
                        self.metadata_was_good();
                        return Ok(leaders);
                    }
                    Err(error) if error.class == ErrorClass::Authentication => return Err(error),
                    Err(error) => last = Some(error),
                }
                self.want_metadata();
            }
            if now_ns >= deadline_ns {
                return Err(last.unwrap_or_else(|| {
                    let servers: Vec<_> =
                        self.peers.iter().map(|peer| format!("{}:{}", peer.host, peer.port)).collect();
                    let why = self.error_log.last().unwrap_or("no answer").to_owned();
                    let servers = servers.join(",");
                    let limit = limit.as_secs_f64();
                    let text =
                        format!("no broker at {servers} answered within {limit:.1} s (--connect-timeout): {why}");
                    DriverError::new(ErrorClass::Unreachable, text)
                }));
            }
            self.wait(now_ns + 5_000_000, time);
        }
    }
}

/// One look reads for so long at most.
const READ_FOR_NS: u64 = 50_000;

impl<B: Body> BrokerLink<B> {
    fn new(at: BrokerAt) -> Self {
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
    fn open(&mut self, tls: Option<&Arc<ClientConfig>>) -> io::Result<Pipe> {
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
fn is_connected(socket: &TcpStream) -> io::Result<bool> {
    let mut descriptor = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut descriptor, PollTimeout::ZERO).map_err(io::Error::from)? == 0 {
        return Ok(false);
    }
    socket.take_error()?.map_or(Ok(true), Err)
}
