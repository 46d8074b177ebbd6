//! The brokers that are known, the connections to them, and who leads the topic's partitions.

mod broker_link;
mod entrance;
mod leaders;
mod look_bounds;
mod steps;

use super::error_log::ErrorLog;
use super::link::{Body, Link, PendingRequest, ReceiveBuffer};
use super::request::{WireRequest, Writing};
use super::response::{BrokerAt, Metadata};
use super::tls;
use crate::driver::{DriverError, ErrorClass, Time};
use crate::plan::properties::wire::Connecting;
use broker_link::{BrokerLink, ConnectionState};
use look_bounds::LookBounds;
#[cfg(test)]
pub(super) use look_bounds::WRITTEN_BYTES;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use rustls::ClientConfig;
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

/// All of them.
#[derive(Debug)]
pub(super) struct Cluster<B> {
    pub(super) manners: Connecting,
    pub(super) topic: String,
    /// Must brokers give out producer ids?
    pub(super) needs_ids: bool,
    /// Must they know members of groups (KIP-848)?
    pub(super) needs_members: bool,
    tls: Option<Arc<ClientConfig>>,
    peers: Vec<BrokerLink<B>>,
    bounds: LookBounds,
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
            needs_members: false,
            tls,
            peers,
            bounds: LookBounds::default(),
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

    /// Is there one?
    pub(super) fn has_fault(&self) -> bool {
        self.fault.is_some()
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
}
