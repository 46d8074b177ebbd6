//! The next rate by OMB's RateController (`BF/RateController.java`) and by the guide's rule. Pure.
//!
//! Where OMB's differs: a backlog of receipts counts with the number of subscriptions (OMB's goes negative with two,
//! and then never limits), and the rate never falls below a floor (OMB's sticks at 0).

use crate::plan::SearchPlan;

/// Totals of counters at the end of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StepTotals {
    /// Acknowledged.
    pub(super) published: u64,
    /// What subscriptions should have received.
    pub(super) expected_receipts: u64,
    /// What they have.
    pub(super) receipts: u64,
}

impl StepTotals {
    /// What came since an earlier moment, as numbers to calculate with.
    fn since(self, earlier: Self) -> StepCounts {
        let Self { published, expected_receipts, receipts } = earlier;
        StepCounts {
            published: number(self.published.saturating_sub(published)),
            expected_receipts: number(self.expected_receipts.saturating_sub(expected_receipts)),
            receipts: number(self.receipts.saturating_sub(receipts)),
        }
    }
}

/// The same of one step.
struct StepCounts {
    published: f64,
    expected_receipts: f64,
    receipts: f64,
}

/// What a rule decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decision {
    pub(super) next_per_s: f64,
    pub(super) publish_backlog: u64,
    pub(super) receive_backlog: u64,
    pub(super) verdict: StepVerdict,
}

/// How the step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepVerdict {
    /// Nothing fell behind.
    Held,
    /// Consumers fell behind.
    ReceiversBehind,
    /// Producers sent less than they should.
    PublishersBehind,
}

/// OMB's ramp.
#[derive(Debug, Clone)]
pub(super) struct Ramp {
    limits: SearchPlan,
    factor: f64,
    before: StepTotals,
}

impl Ramp {
    pub(super) fn new(limits: &SearchPlan) -> Self {
        Self { limits: limits.clone(), factor: limits.max_ramping_factor, before: StepTotals::default() }
    }

    /// After a step of `period_s` at `rate_per_s`, with these totals at its end.
    pub(super) fn next(&mut self, rate_per_s: f64, period_s: f64, totals: StepTotals) -> Decision {
        let before = std::mem::replace(&mut self.before, totals);
        let expected = (rate_per_s * period_s).trunc();
        let StepCounts { published, expected_receipts, receipts } = totals.since(before);
        // Messages of one subscription, so that they compare with messages sent.
        let subscriptions = if published > 0.0 { (expected_receipts / published).max(1.0) } else { 1.0 };
        let received = receipts / subscriptions;
        let receive_backlog = totals.expected_receipts.saturating_sub(totals.receipts);
        let publish_backlog = whole(expected - published);
        let (next_per_s, verdict) = if receive_backlog > self.limits.receive_backlog_limit {
            (self.less(received, expected, number(receive_backlog), period_s), StepVerdict::ReceiversBehind)
        } else if publish_backlog > self.limits.publish_backlog_limit {
            (self.less(published, expected, number(publish_backlog), period_s), StepVerdict::PublishersBehind)
        } else {
            self.factor = (self.factor * 2.0).min(self.limits.max_ramping_factor);
            (rate_per_s + rate_per_s * self.factor, StepVerdict::Held)
        };
        Decision { next_per_s: next_per_s.max(self.limits.floor_per_s), publish_backlog, receive_backlog, verdict }
    }

    fn less(&mut self, actual: f64, expected: f64, backlog: f64, period_s: f64) -> f64 {
        self.factor = (self.factor / 2.0).max(self.limits.min_ramping_factor);
        (actual / period_s).min((expected - backlog).max(0.0) / period_s)
    }
}

/// The guide's rule: consumers that received less than 95 % of what they should (or producers that sent less) cost a
/// tenth.
#[derive(Debug, Clone)]
pub(super) struct GuideRule {
    limits: SearchPlan,
    before: StepTotals,
}

impl GuideRule {
    pub(super) fn new(limits: &SearchPlan) -> Self {
        Self { limits: limits.clone(), before: StepTotals::default() }
    }

    /// After a step of `period_s` at `rate_per_s`, with these totals at its end.
    pub(super) fn next(&mut self, rate_per_s: f64, period_s: f64, totals: StepTotals) -> Decision {
        const KEEPS_UP: f64 = 0.95;
        const STEP: f64 = 0.1;
        let before = std::mem::replace(&mut self.before, totals);
        let expected = rate_per_s * period_s;
        let StepCounts { published, expected_receipts, receipts } = totals.since(before);
        let verdict = if receipts < KEEPS_UP * expected_receipts {
            StepVerdict::ReceiversBehind
        } else if published < KEEPS_UP * expected {
            StepVerdict::PublishersBehind
        } else {
            StepVerdict::Held
        };
        let factor = if verdict == StepVerdict::Held { 1.0 + STEP } else { 1.0 - STEP };
        Decision {
            next_per_s: (rate_per_s * factor).max(self.limits.floor_per_s),
            publish_backlog: whole(expected - published),
            receive_backlog: totals.expected_receipts.saturating_sub(totals.receipts),
            verdict,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// At least 0.
fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
    let whole = number as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::SearchRule;

    fn limits() -> SearchPlan {
        SearchPlan {
            rule: SearchRule::Omb,
            publish_backlog_limit: 1_000,
            receive_backlog_limit: 1_000,
            min_ramping_factor: 0.01,
            max_ramping_factor: 1.0,
            floor_per_s: 1.0,
        }
    }

    fn totals(published: u64, received: u64) -> StepTotals {
        StepTotals { published, expected_receipts: published, receipts: received }
    }

    /// OMB's own test vectors, steps of a second.
    #[test]
    fn the_ramp_decides_as_ombs_does() {
        let mut receive = Ramp::new(&limits());
        let first = receive.next(10_000.0, 1.0, totals(10_000, 10_000));
        assert_eq!((first.next_per_s, receive.factor, first.verdict), (20_000.0, 1.0, StepVerdict::Held));
        let mut publish = receive.clone();
        let second = receive.next(20_000.0, 1.0, totals(20_000, 15_000));
        assert_eq!((second.next_per_s, receive.factor, second.verdict), (5_000.0, 0.5, StepVerdict::ReceiversBehind));
        let second = publish.next(20_000.0, 1.0, totals(15_000, 20_000));
        assert_eq!((second.next_per_s, publish.factor, second.verdict), (5_000.0, 0.5, StepVerdict::PublishersBehind));
        let mut ramp = Ramp::new(&limits());
        assert_eq!((ramp.next(10_000.0, 1.0, totals(10_000, 5_000)).next_per_s, ramp.factor), (5_000.0, 0.5));
        assert_eq!((ramp.next(5_000.0, 1.0, totals(20_000, 20_000)).next_per_s, ramp.factor), (10_000.0, 1.0));
    }

    #[test]
    fn a_stall_does_not_end_the_search_at_0() {
        let mut ramp = Ramp::new(&limits());
        let stalled = ramp.next(10_000.0, 3.0, totals(0, 0));
        assert_eq!((stalled.next_per_s, stalled.verdict), (1.0, StepVerdict::PublishersBehind));
        let next = ramp.next(1.0, 3.0, totals(20_000, 20_000));
        assert_eq!(next.next_per_s, 2.0);
    }

    #[test]
    fn two_subscriptions_count_twice_and_none_does_not_count() {
        let mut ramp = Ramp::new(&limits());
        let fan_out = StepTotals { published: 10_000, expected_receipts: 20_000, receipts: 12_000 };
        let behind = ramp.next(10_000.0, 1.0, fan_out);
        assert_eq!((behind.verdict, behind.receive_backlog), (StepVerdict::ReceiversBehind, 8_000));
        assert_eq!(behind.next_per_s, 2_000.0, "min(6,000 received for each subscription, 10,000 − 8,000)");
        let mut ramp = Ramp::new(&limits());
        let produce_only = StepTotals { published: 10_000, expected_receipts: 0, receipts: 0 };
        assert_eq!(ramp.next(10_000.0, 1.0, produce_only).next_per_s, 20_000.0);
    }

    #[test]
    fn the_guides_rule_goes_by_tenths() {
        let mut rule = GuideRule::new(&limits());
        assert!((rule.next(10_000.0, 3.0, totals(30_000, 29_000)).next_per_s - 11_000.0).abs() < 1e-6);
        assert!((rule.next(11_000.0, 3.0, totals(63_000, 60_000)).next_per_s - 9_900.0).abs() < 1e-6);
        assert_eq!(rule.next(9_900.0, 3.0, totals(80_000, 80_000)).verdict, StepVerdict::PublishersBehind);
    }
}
