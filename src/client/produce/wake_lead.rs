//! How long before a send a sleeping loop has itself woken.
//!
//! What is left of the wait is spun away, and on a CPU that is shared every spin is taken from somebody: with a fixed
//! lead of 40 µs a producer of 5,000 messages a second spun for a sixth of a CPU. So the lead is what waking takes
//! here: three sleeps in four end in time for their send. It is estimated from the sleeps themselves, by steps: up by
//! three where a sleep ended too late for its send, down by one where it did not, or where the lead alone left no time
//! to sleep: a lead that kept the loop awake for good would never be put to the test again.

/// The longest, and the first: the kernel wakes a thread some 10 µs late (its timer slack is set to 1 µs), a virtual
/// machine's some more. Who is woken later than this had to wait for the CPU, which no lead helps against.
const LONGEST_NS: u64 = 40_000;
const SHORTEST_NS: u64 = 1_000;
/// What is shorter than this is not slept away: to sleep costs 5 to 15 µs of CPU.
pub(super) const SHORTEST_SLEEP_NS: u64 = 20_000;
const STEP_NS: u64 = 250;
/// How many sleeps end in time for one that does not.
const IN_TIME: u64 = 3;

/// The lead of one loop.
#[derive(Debug)]
pub(super) struct WakeLead {
    ns: u64,
}

impl WakeLead {
    /// The longest lead, to begin with.
    pub(super) fn new() -> Self {
        Self { ns: LONGEST_NS }
    }

    /// The lead.
    #[inline]
    pub(super) fn ns(&self) -> u64 {
        self.ns
    }

    /// A wait of so many ns for a send begins.
    #[inline]
    pub(super) fn wait_begins(&mut self, wait_ns: u64) {
        if wait_ns > SHORTEST_SLEEP_NS && wait_ns <= SHORTEST_SLEEP_NS + self.ns {
            self.shorten();
        }
    }

    /// A sleep that was to end at `asked_ns` ended at `woken_ns`. One that something else ended earlier tells nothing.
    #[inline]
    pub(super) fn woken(&mut self, asked_ns: u64, woken_ns: u64) {
        let Some(late_ns) = woken_ns.checked_sub(asked_ns) else { return };
        if late_ns > self.ns {
            self.ns = (self.ns + IN_TIME * STEP_NS).min(LONGEST_NS);
        } else {
            self.shorten();
        }
    }

    #[inline]
    fn shorten(&mut self) {
        self.ns = self.ns.saturating_sub(STEP_NS).max(SHORTEST_NS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between two sends of 20,000 a second.
    const INTERVAL_NS: u64 = 50_000;

    /// The lead after sleeps that end so late, again and again.
    fn lead_ns(late_ns: &[u64]) -> u64 {
        let mut lead = WakeLead::new();
        late_ns.iter().cycle().take(2_000).for_each(|late_ns| lead.woken(1_000_000, 1_000_000 + late_ns));
        lead.ns()
    }

    #[test]
    fn three_sleeps_in_four_end_in_time() {
        let late_ns: Vec<u64> = (0..20).map(|number| number * 7 % 20 * 1_000).collect();
        let lead_ns = lead_ns(&late_ns);
        assert!((13_000..=17_000).contains(&lead_ns), "{lead_ns}");
    }

    #[test]
    fn a_lead_is_neither_none_nor_long() {
        assert_eq!((lead_ns(&[0]), lead_ns(&[3_000_000])), (SHORTEST_NS, LONGEST_NS));
    }

    #[test]
    fn a_long_lead_is_tried_again_where_it_leaves_no_time_to_sleep() {
        let mut lead = WakeLead::new();
        (0..200).for_each(|_| lead.wait_begins(INTERVAL_NS));
        let before_ns = lead.ns();
        assert_eq!(before_ns, INTERVAL_NS - SHORTEST_SLEEP_NS - STEP_NS, "there is time, and no need for more");
        lead.wait_begins(SHORTEST_SLEEP_NS);
        assert_eq!(lead.ns(), before_ns, "no lead leaves time in so short a wait");
    }

    #[test]
    fn a_sleep_that_a_report_ended_tells_nothing() {
        let mut lead = WakeLead::new();
        lead.woken(1_000_000, 1_010_000);
        let before_ns = lead.ns();
        lead.woken(1_000_000, 400_000);
        assert_eq!(lead.ns(), before_ns);
    }
}
