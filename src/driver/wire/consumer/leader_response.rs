//! What a leader answers: messages of its partitions, or where their logs begin and end.

use super::fetch_response::FetchResponse;
use super::fetch_sessions::FetchSessions;
use super::partition_fetch::{FetchPosition, PartitionFetch};
use super::trouble::FetchTrouble;
use crate::driver::DriverError;
use crate::driver::wire::cluster::ThrottleTime;
use crate::driver::wire::codes;
use crate::driver::wire::link::ReceiveBuffer;
use crate::driver::wire::response::{self, Fetched};
use crate::plan::properties::wire::{ConsumerWay, Reset};
use std::collections::VecDeque;
use std::ops::Range;

/// An answer of a leader's.
pub(super) struct LeaderResponse<'a> {
    pub(super) way: &'a ConsumerWay,
    pub(super) topic: &'a str,
    pub(super) tracks: &'a mut [PartitionFetch],
    pub(super) sessions: &'a mut FetchSessions,
    pub(super) parcels: &'a mut VecDeque<FetchResponse>,
    pub(super) spare: &'a mut Vec<Vec<u8>>,
    pub(super) broker: i32,
    pub(super) trouble: &'a mut FetchTrouble,
}

impl LeaderResponse<'_> {
    /// Messages: they are kept where they stand, to be handed out.
    pub(super) fn messages(&mut self, inbox: &mut ReceiveBuffer, range: Range<usize>) -> ThrottleTime {
        let body = inbox.bytes(range.clone());
        let mut parts: Vec<(usize, Fetched)> = Vec::new();
        let mut bad = Vec::new();
        let asked_of = self.broker;
        let tracks = &mut *self.tracks;
        let whole = response::fetched(body, |mut fetched| {
            let Some(at) = asked_for(tracks, fetched.partition, asked_of) else { return };
            if !matches!(tracks[at].place, FetchPosition::At(_)) {
                return;
            }
            if fetched.error != 0 {
                bad.push((at, fetched.error));
            } else if !fetched.batches.is_empty() {
                let batches = body.get(fetched.batches.clone()).unwrap_or_default();
                if let Some(next) = FetchResponse::end_of(batches) {
                    tracks[at].place = FetchPosition::At(next);
                }
                fetched.batches = fetched.batches.start + range.start..fetched.batches.end + range.start;
                parts.push((at, fetched));
            } else {
                tracks[at].is_well();
            }
        });
        let is_fetched = |place| matches!(place, FetchPosition::At(_));
        self.forget_asked(is_fetched);
        if parts.is_empty() {
            inbox.used(range.end);
        } else {
            let bytes = inbox.swap(range.end, self.spare.pop().unwrap_or_default());
            self.parcels.push_back(FetchResponse::new(bytes, self.broker, parts.into_iter()));
        }
        bad.into_iter().for_each(|(at, code)| self.refused(at, code));
        let (throttle_ms, code, session) = whole?;
        if self.sessions.answered(asked_of, session, code) {
            let words = codes::describe(code.into());
            self.trouble.remarks.push(format!("fetch session with broker {asked_of}: {words}: begun anew"));
        } else if code != 0 {
            self.trouble.errors.push(format!("fetch: {}", codes::describe(code.into())));
            self.tracks
                .iter_mut()
                .filter(|track| track.leader == asked_of)
                .for_each(|track| track.rest(self.trouble.now_ns, self.trouble.retry_ns));
        }
        Some(throttle_ms)
    }

    /// Begins or ends of logs, where reading begins.
    pub(super) fn edges(&mut self, bytes: &[u8]) -> ThrottleTime {
        let mut bad = Vec::new();
        let (tracks, broker) = (&mut *self.tracks, self.broker);
        let read = response::offsets(bytes, |partition, error, offset| {
            let Some(at) = asked_for(tracks, partition, broker) else { return };
            tracks[at].asked_of = None;
            if error == 0 {
                tracks[at].begin_at(offset.max(0));
            } else {
                bad.push((at, error));
            }
        });
        self.forget_asked(|place| place == FetchPosition::Edge);
        bad.into_iter().for_each(|(at, code)| self.refused(at, code));
        read.map(|()| 0)
    }

    /// The broker has answered what it was asked of partitions at such places.
    fn forget_asked(&mut self, is_answered: impl Fn(FetchPosition) -> bool) {
        let asked = |track: &&mut PartitionFetch| track.asked_of == Some(self.broker) && is_answered(track.place);
        self.tracks.iter_mut().filter(asked).for_each(|track| track.asked_of = None);
    }

    fn refused(&mut self, at: usize, code: i16) {
        let track = &mut self.tracks[at];
        let of = format!("{}, partition {}", self.topic, track.partition);
        let words = format!("{of}: {}", codes::describe(code.into()));
        if code == codes::OFFSET_OUT_OF_RANGE && self.way.reset != Reset::Error {
            self.trouble.errors.push(words);
            track.place = FetchPosition::Edge;
        } else if codes::is_retriable(code) {
            self.trouble.leaders_moved |= codes::is_about_leaders(code);
            self.trouble.errors.push(words);
            track.rest(self.trouble.now_ns, self.trouble.retry_ns);
        } else {
            self.trouble.fault = Some(DriverError::new(codes::class(code.into()), words));
        }
    }
}

/// The track of a partition that this broker was asked for; tracks stand in the order of partitions.
fn asked_for(tracks: &[PartitionFetch], partition: u32, broker: i32) -> Option<usize> {
    let at = tracks.binary_search_by_key(&partition, |track| track.partition).ok()?;
    (tracks[at].asked_of == Some(broker)).then_some(at)
}
