//! Until when consumers of OMB's workers are waited for: producers go on at a slow rate (`run_out`) until everything
//! has come, so that what is missing then is missing.

use crate::units::NS_PER_S;
use crate::worker::catching_up::LONGER_WHILE_COMING;
use crate::worker::fleet::protocol::CatchUpState;
use std::time::Duration;

/// Consumers that have come no closer for so long have nothing more to come.
const NO_CLOSER_NS: u64 = 5 * NS_PER_S;

/// Receipts catching up with what was acknowledged × subscriptions.
#[derive(Debug)]
pub(in crate::worker::fleet) struct ReceiptsCatchUp {
    limit: Duration,
    limit_ns: u64,
    /// The smallest distance so far, messages.
    closest: u64,
    closer_ns: u64,
}

impl ReceiptsCatchUp {
    /// The wait begins. Whoever comes no closer for some seconds is not waited for; whoever does, has time.
    pub(super) fn begin(now_ns: u64, limit: Duration) -> Self {
        let limit = limit.saturating_mul(LONGER_WHILE_COMING);
        let limit_ns = now_ns + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        Self { limit, limit_ns, closest: u64::MAX, closer_ns: now_ns }
    }

    /// One look at the counters.
    pub(super) fn look(&mut self, expected_receipts: u64, receipts: u64, now_ns: u64) -> CatchUpState {
        let gap = expected_receipts.abs_diff(receipts);
        if gap < self.closest {
            (self.closest, self.closer_ns) = (gap, now_ns);
        }
        if gap == 0 || expected_receipts == 0 || now_ns.saturating_sub(self.closer_ns) >= NO_CLOSER_NS {
            return CatchUpState::Over;
        }
        if now_ns >= self.limit_ns {
            let s = self.limit.as_secs();
            return CatchUpState::GivenUp(format!("consumers were still receiving after {s} s of catching up"));
        }
        CatchUpState::Waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second at which a wait for 1,000 messages of which `per_s` come each second ends, and how.
    fn ends(per_s: u64) -> (u64, CatchUpState) {
        let mut catch_up = ReceiptsCatchUp::begin(0, Duration::from_secs(1));
        let looks = (1..).map(|s| (s, catch_up.look(1_000, (s * per_s).min(1_000), s * NS_PER_S)));
        let mut ends = looks.skip_while(|(_, state)| matches!(state, CatchUpState::Waiting));
        ends.next().expect("an end")
    }

    #[test]
    fn receipts_that_still_come_are_waited_for_ten_times_the_limit() {
        assert!(matches!(ends(200), (5, CatchUpState::Over)));
        let (s, CatchUpState::GivenUp(why)) = ends(1) else { panic!("no end") };
        assert!(s == 10 && why.contains("still receiving after 10 s"), "{s}: {why}");
    }

    #[test]
    fn receipts_that_come_no_closer_end_the_wait() {
        assert!(matches!(ends(0), (6, CatchUpState::Over)));
    }
}
