//! How long the loop can have kept what it picks up and what it hands over, from what it knows of its own looks.
//!
//! What is picked up has come since the last look that left nothing behind; or, where the loop slept meanwhile, since
//! the library first signalled something. So no message has waited for the loop for longer than from then to now, and
//! the broker has taken no less than its latency without that. Nothing is sampled or assumed: each message has its own
//! bound, which is recorded with it.

use crate::stats::gap::{GAPS, SENDS, gap_of};
use crate::stats::{Counter, Counters, Latency, Recorder};

/// One loop's looks and hand-overs, and how long (ns) each can have kept a message.
#[derive(Debug)]
pub(super) struct HoldTimes {
    /// Shortly before the last look.
    looked_ns: u64,
    /// It left nothing behind.
    emptied: bool,
    /// What the look under way finds has come since then.
    since_ns: u64,
    at_least: Recorder,
    gaps: [u64; GAPS.len()],
    /// What is being handed over, and since when.
    handing: (u64, u64),
    sends: [u64; SENDS.len()],
}

impl HoldTimes {
    /// Of a loop that has not looked yet.
    pub(super) fn new() -> Self {
        Self {
            looked_ns: 0,
            emptied: true,
            since_ns: 0,
            at_least: Recorder::new(),
            gaps: [0; GAPS.len()],
            handing: (0, 0),
            sends: [0; SENDS.len()],
        }
    }

    /// The loop looks, not before `now_ns`. `signalled_ns`: when something first came since it was asked the last time,
    /// before the last look (0: not yet); None: nobody knows.
    #[inline]
    pub(super) fn look(&mut self, now_ns: u64, signalled_ns: Option<u64>) {
        if self.emptied {
            self.since_ns = match signalled_ns {
                None => self.looked_ns,
                Some(0) => now_ns,
                Some(signalled_ns) => signalled_ns.max(self.looked_ns),
            };
        }
        self.looked_ns = now_ns;
    }

    /// The look is over: has it left nothing behind?
    #[inline]
    pub(super) fn looked(&mut self, emptied: bool) {
        self.emptied = emptied;
    }

    /// What is picked up from here on has come since then, another way than by looks; returns what was so before.
    pub(super) fn elsewhere_since(&mut self, since_ns: u64) -> u64 {
        std::mem::replace(&mut self.since_ns, since_ns)
    }

    /// Something else than the loop makes what comes next wait for so long.
    pub(super) fn put_off(&mut self, ns: u64) {
        self.since_ns += ns;
        self.looked_ns += ns;
    }

    /// Messages of this latency, picked up at `at_ns` by the look under way.
    #[inline]
    pub(super) fn picked_up(&mut self, at_ns: u64, latency_ns: u64, messages: u64) {
        let kept_ns = at_ns.saturating_sub(self.since_ns);
        self.at_least.record_n(latency_ns.saturating_sub(kept_ns), messages);
        if let Some(gap) = gap_of(&GAPS, kept_ns) {
            self.gaps[gap] += messages;
        }
    }

    /// So many messages with this send time are being handed over.
    #[inline]
    pub(super) fn hands_over(&mut self, at_ns: u64, messages: u64) {
        self.handing = (at_ns, messages);
    }

    /// By now the library has had them.
    #[inline]
    pub(super) fn handed_over(&mut self, now_ns: u64) {
        let (at_ns, messages) = self.handing;
        if messages > 0 {
            self.handing.1 = 0;
            if let Some(gap) = gap_of(&SENDS, now_ns.saturating_sub(at_ns)) {
                self.sends[gap] += messages;
            }
        }
    }

    /// Into the client's counters.
    pub(super) fn count(&self, counters: &mut Counters) {
        let mut set = |all: &[(u64, Counter)], counts: &[u64]| {
            all.iter().zip(counts).for_each(|((_, counter), count)| counters[*counter] = *count);
        };
        set(&GAPS, &self.gaps);
        set(&SENDS, &self.sends);
    }

    /// What a slot is cut from.
    pub(super) fn cut_part(&mut self, latency: Latency) -> (Latency, &mut Recorder) {
        (latency, &mut self.at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(hold_times: &HoldTimes, of: &[(u64, Counter)]) -> Vec<(u64, u64)> {
        let mut counters = Counters::default();
        hold_times.count(&mut counters);
        of.iter().map(|(from_ns, counter)| (*from_ns, counters[*counter])).filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_loop_that_spins_keeps_a_message_no_longer_than_since_its_last_look() {
        let mut hold_times = HoldTimes::new();
        hold_times.look(1_000_000, None);
        hold_times.looked(true);
        hold_times.look(1_000_500, None);
        hold_times.picked_up(1_000_600, 200_000, 3);
        hold_times.looked(true);
        assert_eq!(hold_times.at_least.to_histogram().max() / 100, 1_994);
        assert_eq!(counted(&hold_times, &GAPS), []);
        // It stood still for 5 ms; the look after that finds more than it takes.
        hold_times.look(6_000_500, None);
        hold_times.picked_up(6_000_600, 5_200_000, 10);
        hold_times.looked(false);
        hold_times.look(6_010_500, None);
        hold_times.picked_up(6_010_600, 200_000, 1);
        assert_eq!(
            counted(&hold_times, &GAPS),
            [(3_000_000, 11)],
            "what was left behind has come as early as the others"
        );
        assert_eq!(hold_times.at_least.to_histogram().min(), 0);
    }

    #[test]
    fn a_loop_that_slept_was_rung_when_the_first_one_came() {
        let mut hold_times = HoldTimes::new();
        hold_times.look(1_000_000, Some(1));
        hold_times.looked(true);
        hold_times.look(4_012_000, Some(4_000_000));
        hold_times.picked_up(4_012_500, 300_000, 1);
        hold_times.looked(true);
        assert_eq!(counted(&hold_times, &GAPS), [(10_000, 1)]);
        // Rung before the look that found nothing: that one has been picked up.
        hold_times.look(5_000_000, Some(4_012_400));
        hold_times.looked(true);
        hold_times.look(5_000_900, Some(4_999_000));
        hold_times.picked_up(5_001_000, 300_000, 1);
        hold_times.looked(true);
        // Not signalled, and there all the same: it comes while the loop looks.
        hold_times.look(9_000_000, Some(0));
        hold_times.picked_up(9_000_100, 300_000, 1);
        assert_eq!(counted(&hold_times, &GAPS), [(1_000, 1), (10_000, 1)]);
    }

    #[test]
    fn what_is_handed_over_is_kept_until_the_library_has_it() {
        let mut hold_times = HoldTimes::new();
        hold_times.hands_over(1_000, 1);
        hold_times.handed_over(1_700);
        hold_times.hands_over(2_000, 100);
        hold_times.handed_over(47_000);
        hold_times.handed_over(9_000_000);
        assert_eq!(counted(&hold_times, &SENDS), [(10_000, 100)]);
    }
}
