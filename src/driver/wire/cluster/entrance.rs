//! What is said before a connection can be used: which versions the broker speaks, and the login where there is one.

use super::broker_link::ConnectionState;
use super::{Body, Cluster, ThrottleTime};
use crate::driver::wire::codes;
use crate::driver::wire::login::Dialogue;
use crate::driver::wire::request::{self, WireRequest, Writing};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass};
use std::ops::Range;

impl<B: Body> Cluster<B> {
    /// The broker has told its versions.
    pub(super) fn versions_came(&mut self, at: usize, range: Range<usize>, now_ns: u64) -> ThrottleTime {
        let (needs_ids, needs_members) = (self.needs_ids, self.needs_members);
        let logs_in = self.manners.security.account.is_some();
        let is_needed = |question| match question {
            WireRequest::ProducerId => needs_ids,
            question if question.is_of_members() => needs_members,
            WireRequest::Handshake | WireRequest::Authenticate => logs_in,
            _ => true,
        };
        let peer = &mut self.peers[at];
        let (link, state) = peer.link.as_mut()?;
        peer.failures = 0;
        peer.login_ends_ns = u64::MAX;
        match response::versions(link.inbox.bytes(range), is_needed)? {
            Ok(()) if logs_in => self.log_in(at, now_ns),
            Ok(()) => *state = ConnectionState::Ready,
            Err(missing) => {
                let (_, version, name) = missing.kind();
                let needs = if missing.is_of_members() {
                    "group.protocol=consumer needs Kafka 4.0 or later; leave it out, and the plan gives each consumer \
                     its share of the partitions, or use librdkafka (--client librdkafka)"
                } else {
                    "the wire driver needs Kafka 2.3 or later"
                };
                let why = format!(
                    "the broker at {}:{} does not speak version {version} of {name}: {needs}",
                    peer.host, peer.port
                );
                self.give_up(ErrorClass::Configuration, why);
            }
        }
        Some(0)
    }

    /// Begins to log in, for the first time or anew. What was asked before is answered before.
    pub(super) fn log_in(&mut self, at: usize, now_ns: u64) {
        let Some(user) = &self.manners.security.account else { return };
        let writing = request::handshake(&self.manners.client_id, user.mechanism.name());
        self.peers[at].login_ends_ns = u64::MAX;
        self.say(at, WireRequest::Handshake, writing, now_ns);
    }

    fn say(&mut self, at: usize, question: WireRequest, writing: Writing, now_ns: u64) {
        let deadline_ns = now_ns + self.manners.request_limit_ns;
        if let Some((link, state)) = &mut self.peers[at].link {
            *state = ConnectionState::LoggingIn;
            link.ask(question, writing, Vec::new(), false, deadline_ns);
        }
    }

    /// The broker has said whether it knows our way to log in.
    pub(super) fn handshake_came(&mut self, at: usize, range: Range<usize>, now_ns: u64) -> ThrottleTime {
        let peer = &mut self.peers[at];
        let (link, user) = (&peer.link.as_ref()?.0, self.manners.security.account.as_ref()?);
        let (error, mechanisms) = response::handshake(link.inbox.bytes(range))?;
        if error != 0 {
            let (code, has) = (codes::describe(error.into()), mechanisms.join(", "));
            let why = format!("sasl.mechanism={}: {code} (the broker has {has})", user.mechanism.name());
            self.refused(at, &why);
            return Some(0);
        }
        let (dialogue, message) = Dialogue::begin(user);
        peer.dialogue = Some(dialogue);
        let writing = request::authenticate(&self.manners.client_id, &message);
        self.say(at, WireRequest::Authenticate, writing, now_ns);
        Some(0)
    }

    /// The broker has answered a message of the login's.
    pub(super) fn authenticate_came(&mut self, at: usize, range: Range<usize>, now_ns: u64) -> ThrottleTime {
        let peer = &mut self.peers[at];
        let ((link, state), user) = (peer.link.as_mut()?, self.manners.security.account.as_ref()?);
        let said = response::authenticated(link.inbox.bytes(range))?;
        if said.error != 0 {
            let code = codes::describe(said.error.into());
            let why = if said.words.is_empty() { code } else { format!("{}: {code}", said.words) };
            self.refused(at, &why);
            return Some(0);
        }
        match peer.dialogue.as_mut()?.answer(user, said.message) {
            Ok(Some(message)) => {
                let writing = request::authenticate(&self.manners.client_id, &message);
                self.say(at, WireRequest::Authenticate, writing, now_ns);
            }
            Ok(None) => {
                (*state, peer.dialogue) = (ConnectionState::Ready, None);
                // As Java does, before the end has come.
                let lasts_ms = u64::try_from(said.lifetime_ms).unwrap_or(0).saturating_mul(85) / 100;
                if lasts_ms > 0 {
                    peer.login_ends_ns = now_ns.saturating_add(lasts_ms.saturating_mul(1_000_000));
                }
            }
            Err(why) => self.refused(at, why),
        }
        Some(0)
    }

    fn refused(&mut self, at: usize, why: &str) {
        let peer = &self.peers[at];
        let text = format!("broker at {}:{}: authentication failed: {why}", peer.host, peer.port);
        self.fault.get_or_insert(DriverError::new(ErrorClass::Authentication, text));
    }
}
