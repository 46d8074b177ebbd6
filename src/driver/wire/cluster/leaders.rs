//! Who leads the topic's partitions: asked of whoever is there, until each has somebody.

use super::broker_link::{BrokerLink, ConnectionState};
use super::{Cluster, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::link::Body;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response::Metadata;
use crate::driver::{DriverError, ErrorClass, Time};
use std::time::Duration;

impl<B: Body> Cluster<B> {
    /// Asks for the leaders when that is due, of whoever is there.
    pub(in crate::driver::wire) fn refresh(&mut self, now_ns: u64) {
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
    pub(in crate::driver::wire) fn anybody(&self, now_ns: u64) -> Option<usize> {
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
    pub(in crate::driver::wire) fn metadata_was_good(&mut self) {
        self.metadata_tries = 0;
    }

    /// What the topic's metadata says, or why it cannot be used (yet).
    pub(in crate::driver::wire) fn leaders(metadata: &Metadata, topic: &str) -> Result<Vec<i32>, DriverError> {
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
    pub(in crate::driver::wire) fn meet(&mut self, limit: Duration, time: &impl Time) -> Result<Vec<i32>, DriverError> {
        let deadline_ns = time.now_ns() + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let mut last = None;
        loop {
            let now_ns = self.begin_look(time);
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
