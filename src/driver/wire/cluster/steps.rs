//! What comes and goes over a connection: a step at a time, within the bounds of the look, and what is lost with it.

use super::broker_link::{ConnectionState, is_connected};
use super::{Cluster, IDLE_LOOK_NS, RequestEvent, ThrottleTime, back_off_ns};
use crate::driver::wire::link::{Body, PendingRequest};
use crate::driver::wire::pipe;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass, Time};
use std::io;
use std::ops::Range;

impl<B: Body> Cluster<B> {
    /// A look at the connections begins: from here on its bounds hold. Returns the time.
    pub(in crate::driver::wire) fn begin_look(&mut self, time: &impl Time) -> u64 {
        let now_ns = time.now_ns();
        self.bounds.begin(now_ns);
        now_ns
    }

    /// Has this look written something?
    pub(in crate::driver::wire) fn has_written(&self) -> bool {
        self.bounds.has_written()
    }

    /// The peer that is the `nth` in this look.
    pub(in crate::driver::wire) fn in_turn(&self, nth: usize) -> usize {
        self.bounds.in_turn(nth, self.peers.len())
    }

    /// Takes the peer's connection a step further: what has come is read and told, what waits is written.
    pub(in crate::driver::wire) fn step(
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

    /// Writes what waits for the peer, and does nothing else: what was asked a moment ago has no answer yet.
    pub(in crate::driver::wire) fn write(
        &mut self,
        at: usize,
        now_ns: u64,
        mut on_event: impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) {
        if let Err(error) = self.try_write(at, now_ns, &mut on_event) {
            self.lose(at, &error, now_ns, &mut on_event);
        }
    }

    fn try_write(
        &mut self,
        at: usize,
        now_ns: u64,
        on_event: &mut impl FnMut(RequestEvent<'_, B>, u64) -> ThrottleTime,
    ) -> io::Result<()> {
        let left = &mut self.bounds.write_bytes;
        match &mut self.peers[at].link {
            Some((link, state)) if !matches!(state, ConnectionState::Connecting(_)) && link.has_unwritten() => link
                .write(left, |asked| {
                    on_event(RequestEvent::Written(asked), now_ns);
                }),
            _ => Ok(()),
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
        let reads = now_ns < self.bounds.read_until_ns;
        if reads && (link.awaits() || link.pipe.has_unread() || now_ns >= peer.looked_ns + IDLE_LOOK_NS) {
            peer.looked_ns = now_ns;
            let mut at_ns = now_ns;
            while at_ns < self.bounds.read_until_ns
                && let Some((link, _)) = &mut self.peers[at].link
            {
                let came = link.read()?;
                at_ns = if came { time.now_ns() } else { now_ns };
                let mut answers = false;
                while let Some((asked, range)) = self.answered(at)? {
                    answers = true;
                    self.understand(at, asked, range, at_ns, on_event)?;
                }
                // More may have come while one large answer was read; all else waits for the next look.
                if !came || answers || self.peers[at].link.as_ref().is_none_or(|(link, _)| !link.awaits()) {
                    break;
                }
            }
        }
        if now_ns >= self.peers[at].login_ends_ns {
            self.log_in(at, now_ns);
        }
        let Some((link, _)) = &mut self.peers[at].link else { return Ok(()) };
        // Its answer may have come where nothing was read.
        if reads && link.is_overdue(now_ns) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        }
        self.try_write(at, now_ns, on_event)
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
    pub(super) fn lose(
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
}
