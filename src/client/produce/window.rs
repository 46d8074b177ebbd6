//! How many messages a producer without a rate keeps on their way.
//!
//! As many as the library's queue takes, 100,000 unless a file says otherwise, have left every cache by the time they
//! are copied, summed and sent. So the loop keeps no more on their way than keep the broker busy. It begins with a few
//! batches and looks whether twice as many bring more: one, two, two, one, in turn, so that a broker that gets faster
//! meanwhile is no gain. What brings 5 % more stays, and twice of that is looked at right away; else the next look
//! comes after a pause that doubles. It never keeps fewer again. The limits of the library's queue hold as before.
//!
//! Over 250 lines: its tests stand in it.

use std::ops::ControlFlow;

/// What twice as many must bring to stay.
const GAIN: f64 = 1.05;
/// The first look, and the least pause between two.
const FIRST_PAUSE_NS: u64 = 500_000_000;
/// The longest pause.
const LONGEST_PAUSE_NS: u64 = 60_000_000_000;
/// After a change so long at least, and a window's worth of acknowledgements, nothing is measured …
const SETTLE_NS: u64 = 30_000_000;
/// … and then so long at least, and as many.
const MEASURE_NS: u64 = 100_000_000;
/// Between two looks whether a part is over.
const LOOK_NS: u64 = 10_000_000;
/// A part that takes longer than this tells nothing: the broker, or the loop, stood still.
const LIMIT_NS: u64 = 2_000_000_000;
/// Which parts of a comparison are with twice as many.
const DOUBLED: [bool; 4] = [false, true, true, false];

/// What it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WindowStep {
    /// Keeps what it has.
    Hold,
    /// A part of the comparison has begun; what comes now belongs to the one before.
    Settle(usize),
    /// The acknowledgements of this part count.
    Measure(usize),
}

/// The window of one producer.
#[derive(Debug)]
pub(super) struct OutstandingWindow {
    /// Messages on their way at most; None: as many as the queue takes.
    held: Option<u64>,
    /// The same at this moment; `u64::MAX`: as many as the queue takes.
    limit: u64,
    step: WindowStep,
    /// When to look again; `u64::MAX`: never.
    next_ns: u64,
    pause_ns: u64,
    /// When the step began, and how many had been acknowledged.
    begun: (u64, u64),
    /// It has been full since the step began.
    full: bool,
    /// Acknowledgements a second of the parts so far: with as many as before, with twice as many.
    per_s: [f64; 2],
}

impl OutstandingWindow {
    /// One that begins with so many messages once there is no rate; None: as many as the queue takes.
    pub(super) fn new(first_messages: Option<u32>) -> Self {
        Self {
            held: first_messages.map(|messages| u64::from(messages.max(1))),
            limit: u64::MAX,
            step: WindowStep::Hold,
            next_ns: u64::MAX,
            pause_ns: FIRST_PAUSE_NS,
            begun: (0, 0),
            full: false,
            per_s: [0.0; 2],
        }
    }

    /// A new rate has been ordered, or that there is none: only without one there is a window.
    pub(super) fn use_if(&mut self, unlimited: bool, now_ns: u64) {
        let held = self.held.filter(|_| unlimited);
        self.limit = held.unwrap_or(u64::MAX);
        self.pause_ns = FIRST_PAUSE_NS;
        self.enter(WindowStep::Hold, now_ns, 0);
        self.next_ns = if held.is_some() { now_ns.saturating_add(self.pause_ns) } else { u64::MAX };
    }

    /// How many of `wanted` messages may follow those that are on their way.
    #[inline]
    pub(super) fn room(&mut self, outstanding: impl FnOnce() -> u64, wanted: u32) -> u32 {
        if self.limit == u64::MAX {
            return wanted;
        }
        let room = self.limit.saturating_sub(outstanding());
        self.full |= room == 0;
        u32::try_from(room).map_or(wanted, |room| room.min(wanted))
    }

    /// Messages it keeps on their way at most; 0: as many as the queue takes.
    pub(super) fn held(&self) -> u64 {
        if self.limit == u64::MAX { 0 } else { self.held.unwrap_or(0) }
    }

    /// To be called often. `acknowledged`: messages so far, those that failed included.
    #[inline]
    pub(super) fn look(&mut self, now_ns: u64, acknowledged: impl FnOnce() -> u64) {
        if now_ns >= self.next_ns {
            self.advance(now_ns, acknowledged());
        }
    }

    #[cold]
    fn advance(&mut self, now_ns: u64, acknowledged: u64) {
        let Some(held) = self.held else { return };
        let (since_ns, came) = (now_ns.saturating_sub(self.begun.0), acknowledged.saturating_sub(self.begun.1));
        match self.step {
            // Who is never held up by it needs no more.
            WindowStep::Hold if !self.full => self.rest(now_ns, acknowledged, false),
            WindowStep::Hold => {
                self.per_s = [0.0; 2];
                self.begin_part(0, held, now_ns, acknowledged);
            }
            WindowStep::Settle(_) | WindowStep::Measure(_) if since_ns > LIMIT_NS => {
                self.rest(now_ns, acknowledged, false)
            }
            WindowStep::Settle(part) => {
                if since_ns >= SETTLE_NS && came >= self.limit {
                    self.enter(WindowStep::Measure(part), now_ns, acknowledged);
                } else {
                    self.next_ns = now_ns + LOOK_NS;
                }
            }
            WindowStep::Measure(part) => {
                if since_ns < MEASURE_NS || came < self.limit {
                    self.next_ns = now_ns + LOOK_NS;
                    return;
                }
                self.per_s[usize::from(DOUBLED[part])] += came as f64 / since_ns as f64;
                match self.verdict(part) {
                    ControlFlow::Continue(()) => self.begin_part(part + 1, held, now_ns, acknowledged),
                    ControlFlow::Break(more) => {
                        if more {
                            self.held = Some(held * 2);
                        }
                        self.rest(now_ns, acknowledged, more);
                    }
                }
            }
        }
    }

    /// After this part: go on, or is it known whether twice as many bring more?
    fn verdict(&self, part: usize) -> ControlFlow<bool> {
        if !DOUBLED[part] && !self.full {
            return ControlFlow::Break(false);
        }
        if part + 1 < DOUBLED.len() {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(self.per_s[1] >= self.per_s[0] * GAIN)
    }

    fn begin_part(&mut self, part: usize, held: u64, now_ns: u64, acknowledged: u64) {
        self.limit = if DOUBLED[part] { held * 2 } else { held };
        self.enter(WindowStep::Settle(part), now_ns, acknowledged);
    }

    fn enter(&mut self, step: WindowStep, now_ns: u64, acknowledged: u64) {
        self.step = step;
        self.begun = (now_ns, acknowledged);
        self.full = false;
        self.next_ns = now_ns.saturating_add(LOOK_NS);
    }

    /// Holds what there is until the next look.
    fn rest(&mut self, now_ns: u64, acknowledged: u64, grown: bool) {
        self.limit = self.held.unwrap_or(u64::MAX);
        self.pause_ns = if grown { FIRST_PAUSE_NS } else { (self.pause_ns * 2).min(LONGEST_PAUSE_NS) };
        self.enter(WindowStep::Hold, now_ns, acknowledged);
        self.next_ns = now_ns.saturating_add(if grown { LOOK_NS } else { self.pause_ns });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// A broker that answers `round_trip_ms` after it got a message and takes `most_per_ms(ms)`; the window after so
    /// many ms, and what was acknowledged.
    fn kept_after(ms: u64, first: u32, round_trip_ms: u64, most_per_ms: impl Fn(u64) -> f64) -> (u64, u64) {
        let mut window = OutstandingWindow::new(Some(first));
        window.use_if(true, 0);
        let (mut sent, mut acknowledged, mut taken) = (0_u64, 0_u64, 0.0);
        let mut on_their_way = std::collections::VecDeque::new();
        for now_ms in 0..ms {
            taken += most_per_ms(now_ms);
            while on_their_way.front().is_some_and(|due_ms| *due_ms <= now_ms) && taken >= 1.0 {
                on_their_way.pop_front();
                acknowledged += 1;
                taken -= 1.0;
            }
            taken = taken.min(most_per_ms(now_ms));
            window.look(now_ms * MS, || acknowledged);
            let room = window.room(|| sent - acknowledged, 10_000);
            sent += u64::from(room);
            on_their_way.extend((0..room).map(|_| now_ms + round_trip_ms));
        }
        (window.held(), acknowledged)
    }

    #[test]
    fn what_keeps_the_broker_busy_already_stays() {
        // 100 messages a ms, answered after 5 ms: 500 are enough.
        assert_eq!(kept_after(20_000, 1_000, 5, |_| 100.0).0, 1_000);
    }

    #[test]
    fn it_grows_as_long_as_that_brings_more() {
        let (held, acknowledged) = kept_after(20_000, 100, 50, |_| 100.0);
        assert!((5_000..=10_000).contains(&held), "100/ms × 50 ms are 5,000: {held}");
        assert!(acknowledged > 1_500_000, "{acknowledged} of 2,000,000");
    }

    #[test]
    fn a_broker_that_gets_faster_is_no_gain() {
        assert_eq!(kept_after(20_000, 1_000, 1, |ms| 50.0 + ms as f64 / 100.0).0, 1_000);
    }

    #[test]
    fn a_broker_that_stands_still_now_and_then_makes_it_no_smaller_and_not_boundless() {
        let (held, _) = kept_after(60_000, 1_000, 5, |ms| if ms % 7_000 < 3_000 { 0.0 } else { 100.0 });
        assert!((1_000..=4_000).contains(&held), "{held}");
    }

    #[test]
    fn who_is_never_held_up_by_it_looks_for_nothing() {
        let mut window = OutstandingWindow::new(Some(1_000));
        window.use_if(true, 0);
        for ms in 0..100_000 {
            window.look(ms * MS, || ms * 10);
            assert_eq!(window.room(|| 10, 300), 300);
            assert_eq!(window.limit, 1_000);
        }
    }

    #[test]
    fn with_a_rate_or_without_a_first_number_there_is_none() {
        let mut window = OutstandingWindow::new(Some(10));
        assert_eq!((window.room(|| 1_000_000, 300), window.held()), (300, 0));
        window.use_if(true, 5);
        assert_eq!((window.room(|| 8, 300), window.room(|| 12, 300), window.held()), (2, 0, 10));
        window.use_if(false, 6);
        assert_eq!((window.room(|| 1_000_000, 300), window.held()), (300, 0));
        let mut none = OutstandingWindow::new(None);
        none.use_if(true, 0);
        none.look(u64::MAX - 1, || 0);
        assert_eq!((none.room(|| u64::MAX, 300), none.held()), (300, 0));
    }
}
