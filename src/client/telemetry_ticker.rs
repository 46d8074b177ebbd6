//! The rhythm of a client's telemetry: when to look at orders, when to publish counters, when to cut a slot.
//!
//! Both loops call `due` with each clock reading; everything dearer happens on a tick, away from the single message.

mod own_use;

use crate::os::process;
use crate::stats::{Counter, Counters, Latency, Recorder};
use crate::telemetry::ClientEnd;
use crate::telemetry::witness::{MomentKind, StallMoment};
use crate::units::NS_PER_S;
use own_use::Used;

/// Between two looks at the orders on a CPU of one's own: some atomic loads, 0.05 % of the CPU.
const TICK_SPINNING_NS: u64 = 200_000;
/// The same where the CPU is shared and each look may end a sleep.
const TICK_SLEEPING_NS: u64 = 5_000_000;
/// The same at most where hardly anything happens: a client with nothing to do wakes eight times a second, so that
/// hundreds of them leave the CPU to those that have. An order to run lies further ahead than this.
const TICK_QUIET_NS: u64 = 125_000_000;
/// A loop that has been quiet for so many times the length of its tick takes a longer one: an order waits for at most
/// that part of the time that has passed.
const QUIET_TICKS: u64 = 4;
/// A loop is quiet when it counts fewer than two messages (one that is sent, and its acknowledgement) in this time.
const QUIET_NS: u64 = 50_000_000;
/// Counters are published at least this often.
const PUBLISH_NS: u64 = 10_000_000;
/// And after this many messages.
const PUBLISH_MESSAGES: u64 = 1_000;
/// A tick that is overdue by more than this was held up: the loop stood still. Nothing it does by itself takes nearly
/// as long.
const STALL_NS: u64 = 5_000_000;
/// One that took longer than this is told with its begin and end.
const NOTED_STALL_NS: u64 = 50_000_000;
/// So long before the epoch the load's use of the CPU begins to count: reading it must not delay the first message.
const BEFORE_EPOCH_NS: u64 = 200_000;

/// What a tick asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TickDuty {
    /// Publish counters and rows.
    pub(super) publish: bool,
    /// Cut a slot, when it suits best but soon.
    pub(super) cut: bool,
}

/// One client's rhythm.
#[derive(Debug)]
pub(super) struct TelemetryTicker {
    spinning: bool,
    next_tick_ns: u64,
    /// When the last tick was, how many messages had come by then, and since when hardly any have.
    last_tick_ns: u64,
    seen_messages: u64,
    quiet_since_ns: u64,
    next_publish_ns: u64,
    published_messages: u64,
    /// 0: no epoch yet.
    epoch_ns: u64,
    next_cut_ns: u64,
    cuts_seen: u64,
    begun_ns: u64,
    /// What the process and the hot thread had used when the client said ready.
    used_ready: Used,
    /// The same when the load began; None before that.
    used_epoch: Option<Used>,
    stalls: u64,
    stall_ns: u64,
    /// Long ones that have not been published yet.
    stood_still: Vec<StallMoment>,
    cpu: Option<usize>,
    pid: i32,
    tid: i32,
    /// How long the loop stood still for each cut, where somebody asked for it.
    pauses: Option<Box<Recorder>>,
}

impl TelemetryTicker {
    /// A rhythm that begins now, on the calling thread.
    pub(super) fn new(now_ns: u64, spinning: bool) -> Self {
        Self {
            spinning,
            next_tick_ns: now_ns,
            last_tick_ns: now_ns,
            seen_messages: 0,
            quiet_since_ns: now_ns,
            next_publish_ns: now_ns,
            published_messages: 0,
            epoch_ns: 0,
            next_cut_ns: u64::MAX,
            cuts_seen: 0,
            begun_ns: now_ns,
            used_ready: Used::default(),
            used_epoch: None,
            stalls: 0,
            stall_ns: 0,
            stood_still: Vec::new(),
            cpu: None,
            pid: process::own_pid(),
            tid: nix::unistd::gettid().as_raw(),
            pauses: None,
        }
    }

    /// Has each cut's pause recorded.
    pub(super) fn watch_pauses(&mut self) {
        self.pauses = Some(Box::default());
    }

    /// The loop stood still for so long, by its own doing.
    pub(super) fn paused(&mut self, ns: u64) {
        if let Some(pauses) = &mut self.pauses {
            pauses.record(ns);
        }
    }

    /// The loop was blocked in the library until then, in a wait that anything to pick up would have ended: no tick was
    /// overdue before.
    #[inline]
    pub(super) fn blocked_until(&mut self, ns: u64) {
        self.next_tick_ns = self.next_tick_ns.max(ns);
    }

    /// The loop was blocked for so long in a call that waits for the broker's answer: the next tick is late by that,
    /// and not by the loop.
    pub(super) fn excuse(&mut self, ns: u64) {
        self.next_tick_ns += ns;
    }

    /// The pauses so far, if they are watched.
    pub(super) fn pauses(&self) -> Option<&Recorder> {
        self.pauses.as_deref()
    }

    /// Something has come: no tick is far away any more.
    #[inline]
    pub(super) fn hasten(&mut self, now_ns: u64) {
        self.next_tick_ns = self.next_tick_ns.min(now_ns + TICK_SLEEPING_NS);
    }

    /// How far the next tick lies ahead where each may end a sleep.
    fn sleeping_tick_ns(&mut self, now_ns: u64, messages: u64) -> u64 {
        let since_ns = now_ns.saturating_sub(std::mem::replace(&mut self.last_tick_ns, now_ns));
        let came = messages.saturating_sub(std::mem::replace(&mut self.seen_messages, messages));
        if came > 2 + 2 * since_ns / QUIET_NS {
            self.quiet_since_ns = now_ns;
        }
        let quiet_ns = now_ns.saturating_sub(self.quiet_since_ns);
        (quiet_ns / QUIET_TICKS).clamp(TICK_SLEEPING_NS, TICK_QUIET_NS)
    }

    /// Is it time for a tick?
    #[inline]
    pub(super) fn due(&self, now_ns: u64) -> bool {
        now_ns >= self.next_tick_ns
    }

    /// When the next tick is due.
    #[inline]
    pub(super) fn next_tick_ns(&self) -> u64 {
        self.next_tick_ns
    }

    /// A tick after `messages` messages in all.
    pub(super) fn tick(&mut self, now_ns: u64, messages: u64, end: &ClientEnd) -> TickDuty {
        let overdue_ns = now_ns.saturating_sub(self.next_tick_ns);
        if overdue_ns > STALL_NS {
            self.stalls += 1;
            self.stall_ns += overdue_ns;
            if overdue_ns > NOTED_STALL_NS {
                let begin_ns = self.next_tick_ns;
                let kind = MomentKind::StoodStill;
                self.stood_still.push(StallMoment { kind, begin_ns, end_ns: now_ns, starved_ns: None });
            }
        }
        self.next_tick_ns =
            now_ns + if self.spinning { TICK_SPINNING_NS } else { self.sleeping_tick_ns(now_ns, messages) };
        if self.epoch_ns == 0 {
            self.epoch_ns = end.epoch_ns();
            if self.epoch_ns != 0 {
                self.next_cut_ns = next_boundary(self.epoch_ns, now_ns);
            }
        }
        if self.epoch_ns != 0 && self.used_epoch.is_none() {
            let begin_ns = self.epoch_ns.saturating_sub(BEFORE_EPOCH_NS);
            if now_ns >= begin_ns {
                self.used_epoch = Some(Used::so_far());
            } else {
                self.next_tick_ns = self.next_tick_ns.min(begin_ns);
            }
        }
        // Not past the next cut, and once it is due with every tick until it is made.
        if self.next_cut_ns > now_ns {
            self.next_tick_ns = self.next_tick_ns.min(self.next_cut_ns);
        }
        TickDuty {
            publish: now_ns >= self.next_publish_ns || messages - self.published_messages >= PUBLISH_MESSAGES,
            cut: now_ns >= self.next_cut_ns || end.cuts_requested() != self.cuts_seen,
        }
    }

    /// Publishes where the client is and what connecting has cost, which the load is not to be charged with. To be
    /// called before the client says ready.
    pub(super) fn introduce(&mut self, counters: &mut Counters, end: &mut ClientEnd) {
        self.used_ready = Used::so_far();
        self.look_at_self(counters, end);
        end.publish_counters(counters);
    }

    /// Publishes a sign of life and the counters.
    pub(super) fn publish(&mut self, now_ns: u64, messages: u64, counters: &mut Counters, end: &mut ClientEnd) {
        self.next_publish_ns = now_ns + PUBLISH_NS;
        self.published_messages = messages;
        self.notice_migration(counters);
        self.count_stalls(counters);
        self.stood_still.drain(..).for_each(|moment| end.note_moment(moment));
        end.heartbeat(now_ns);
        end.publish_counters(counters);
    }

    /// Cuts a slot that ends now.
    pub(super) fn cut(
        &mut self,
        now_ns: u64,
        counters: &mut Counters,
        latencies: &mut [(Latency, &mut Recorder)],
        end: &mut ClientEnd,
    ) {
        // Before anything is read: a request that comes from here on gets a slot of its own.
        self.cuts_seen = end.cuts_requested();
        counters[Counter::LatenciesClipped] = latencies.iter().map(|(_, recorder)| recorder.clipped()).sum();
        self.look_at_self(counters, end);
        end.heartbeat(now_ns);
        let start_ns = if self.epoch_ns == 0 { self.begun_ns } else { self.epoch_ns };
        end.publish_slot(start_ns.min(now_ns), now_ns, counters, latencies);
        if self.epoch_ns != 0 {
            self.next_cut_ns = next_boundary(self.epoch_ns, now_ns);
        }
    }
}

/// The first `epoch + k × 1 s` (k ≥ 1) after `now_ns`.
fn next_boundary(epoch_ns: u64, now_ns: u64) -> u64 {
    epoch_ns + (now_ns.saturating_sub(epoch_ns) / NS_PER_S + 1) * NS_PER_S
}

#[cfg(test)]
mod tests;
