//! The search for the highest sustainable rate (`producerRate: 0`).
//!
//! OMB's ramp goes on for ever and reports no rate. Ours is OMB's until something falls behind for the first time. Then
//! the rate goes down until what has piled up is gone, and the truth is closed in between the highest rate that held
//! and the lowest that did not, in steps long enough for queues in between to show (a broker that throttles by quota
//! lets a second's burst pass). A bound that was missed only once is tried again: it may have failed for a debt of the
//! rate before, or for a hiccup (in the ramp too, where it was missed by little). If it holds, the rate climbs in steps
//! that double until there is a bound again. What is left is held to the end: a rate that cannot be held is corrected
//! by what was acknowledged meanwhile. The guide's rule goes by its own steps to the end; its rate is the mean of what
//! was acknowledged over the last steps.

mod rules;

use super::load_phase::{LoadPhase, PhaseStatus};
use super::ramp::{Decision, GuideRule, Ramp, StepTotals, StepVerdict, number};
use super::result::{Observer, RunResult, SearchReport, SearchStep};
use crate::plan::{RatePlan, SearchPlan, SearchRule};
use crate::units::{NS_PER_S, Rate};
use crate::worker::{CountersStats, Worker, WorkerError};

/// OMB's and the guide's step.
const STEP_NS: u64 = 3 * NS_PER_S;
/// A rate on trial is judged after this: longer than the window over which Kafka averages for its quotas (11 s).
const TRIAL_NS: u64 = 12 * NS_PER_S;
/// What has piled up is waited for at this share of the highest rate that held …
const SETTLE_SHARE: f64 = 0.5;
/// … for so long at most.
const SETTLE_LIMIT_NS: u64 = 30 * NS_PER_S;
/// Both bounds this close together are one rate.
const CLOSE: f64 = 1.03;
/// A trial holds when this share of it was acknowledged.
const HOLDS: f64 = 0.99;
/// The guide's rate: the mean over so many of the last steps.
const LAST_STEPS: usize = 10;
/// Where no rate is known that cannot be held: so much more at first, and twice as much more with every rate that holds
/// …
const CLIMB_SHARE: f64 = 0.1;
/// … up to doubling, as in the ramp: a hiccup that made a far too low bound must not cost the rest of the run.
const CLIMB_SHARE_MOST: f64 = 1.0;
/// In the ramp a step that acknowledges at least this share of what was due is looked at twice: it may have been a
/// hiccup.
const NEARLY: f64 = 0.8;
/// So much less acknowledged than what is believed to hold: it does not.
const REFUTES: f64 = 0.9;
/// Trials this close together are of the same rate.
const SAME: f64 = 1.001;

#[derive(Debug)]
enum SearchStage {
    Ramp(Ramp),
    Guide(GuideRule),
    Settle,
    Trial,
    Hold { since_ns: u64 },
}

/// A search under way: the rates tried, msg/s, and what is known of them.
#[derive(Debug)]
pub(super) struct RateSearch {
    limits: SearchPlan,
    stage: SearchStage,
    rate_per_s: f64,
    held_per_s: Option<f64>,
    failed_per_s: Option<f64>,
    /// What was acknowledged while more was asked for: a guess at the truth, until a trial has shown that more is
    /// possible.
    guess_per_s: Option<f64>,
    /// The lowest rate that was not held has failed twice.
    confirmed: bool,
    /// The ramp's rate was nearly held and is looked at once more.
    second_look: bool,
    /// By what share of itself the rate is raised next where there is no bound above.
    climb_share: f64,
    begun_ns: u64,
    next_ns: u64,
    before: CountersStats,
    steps: Vec<SearchStep>,
}

impl RateSearch {
    /// The load begins at `epoch_ns` with the rate of the plan.
    pub(super) fn begin(plan: &SearchPlan, rate: &RatePlan, epoch_ns: u64) -> Self {
        let rate_per_s = match rate.total {
            Rate::PerSecond(per_s) => per_s,
            Rate::Unlimited => plan.floor_per_s,
        };
        Self {
            limits: plan.clone(),
            stage: match plan.rule {
                SearchRule::Omb => SearchStage::Ramp(Ramp::new(plan)),
                SearchRule::Guide => SearchStage::Guide(GuideRule::new(plan)),
            },
            rate_per_s,
            held_per_s: None,
            failed_per_s: None,
            guess_per_s: None,
            confirmed: false,
            second_look: false,
            climb_share: CLIMB_SHARE,
            begun_ns: epoch_ns,
            next_ns: epoch_ns + STEP_NS,
            before: CountersStats::default(),
            steps: Vec::new(),
        }
    }

    fn decide(&mut self, now_ns: u64, stats: &CountersStats) -> (f64, u64, u64, String) {
        let step_s = seconds(now_ns - self.begun_ns);
        let totals = StepTotals {
            published: stats.messages_sent,
            expected_receipts: stats.expected_receipts,
            receipts: stats.receipts,
        };
        let receive_backlog = stats.expected_receipts.saturating_sub(stats.receipts);
        let acknowledged = number(stats.messages_sent.saturating_sub(self.before.messages_sent));
        let expected = self.rate_per_s * step_s;
        match &mut self.stage {
            SearchStage::Ramp(ramp) => {
                let decision = ramp.next(self.rate_per_s, step_s, totals);
                self.after_ramp(decision, acknowledged / step_s, acknowledged >= NEARLY * expected, now_ns)
            }
            SearchStage::Guide(rule) => {
                let Decision { next_per_s, publish_backlog, receive_backlog, verdict } =
                    rule.next(self.rate_per_s, step_s, totals);
                match verdict {
                    StepVerdict::Held => self.held_per_s = Some(self.rate_per_s),
                    _ => self.failed_per_s = Some(self.rate_per_s),
                }
                self.next_ns = now_ns + STEP_NS;
                (next_per_s, publish_backlog, receive_backlog, words(verdict).to_owned())
            }
            SearchStage::Settle => self.after_settling(now_ns, stats, receive_backlog),
            SearchStage::Trial | SearchStage::Hold { .. } => {
                let missing = (expected - acknowledged).max(0.0);
                let in_time =
                    acknowledged >= HOLDS * expected || missing <= number(self.limits.publish_backlog_limit) / 10.0;
                let received = receive_backlog <= self.limits.receive_backlog_limit.max(whole(self.rate_per_s / 10.0));
                self.after_trial(now_ns, in_time && received, acknowledged / step_s, whole(missing), receive_backlog)
            }
        }
    }

    fn report(&self, now_ns: u64) -> SearchReport {
        let held_s = match self.stage {
            SearchStage::Hold { since_ns } => seconds(now_ns.saturating_sub(since_ns)),
            _ => 0.0,
        };
        let found_per_s = match self.limits.rule {
            SearchRule::Omb => self.held_per_s,
            SearchRule::Guide => {
                let last = &self.steps[self.steps.len().saturating_sub(LAST_STEPS)..];
                let sum: f64 = last.iter().map(|step| step.acknowledged_per_s).sum();
                (!last.is_empty()).then(|| sum / number(last.len() as u64))
            }
        };
        SearchReport {
            found_per_s,
            not_sustained_per_s: self.failed_per_s,
            held_s,
            settled: held_s * 1e9 >= number(TRIAL_NS) * 0.99,
            steps: self.steps.clone(),
        }
    }
}

fn words(verdict: StepVerdict) -> &'static str {
    match verdict {
        StepVerdict::Held => "nothing fell behind",
        StepVerdict::ReceiversBehind => "consumers fell behind",
        StepVerdict::PublishersBehind => "less was acknowledged than was due",
    }
}

fn seconds(ns: u64) -> f64 {
    number(ns) / number(NS_PER_S)
}

fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
    let whole = number as u64;
    whole
}

impl LoadPhase for RateSearch {
    fn next_ns(&self) -> u64 {
        self.next_ns
    }

    fn look(
        &mut self,
        now_ns: u64,
        worker: &mut dyn Worker,
        _observer: &mut dyn Observer,
    ) -> Result<PhaseStatus, WorkerError> {
        let stats = worker.counters_stats()?;
        let waited_on = matches!(self.stage, SearchStage::Settle);
        let acknowledged_per_s = number(stats.messages_sent.saturating_sub(self.before.messages_sent))
            / seconds(now_ns - self.begun_ns).max(f64::EPSILON);
        let (next_rate_per_s, publish_backlog, receive_backlog, reason) = self.decide(now_ns, &stats);
        let goes_on = waited_on && matches!(self.stage, SearchStage::Settle);
        if !goes_on {
            self.steps.push(SearchStep {
                at_ns: now_ns,
                rate_per_s: self.rate_per_s,
                acknowledged_per_s,
                publish_backlog,
                receive_backlog,
                next_rate_per_s,
                reason,
            });
            self.before = stats;
            self.begun_ns = now_ns;
        }
        if (next_rate_per_s - self.rate_per_s).abs() > f64::EPSILON {
            worker.adjust_publish_rate(next_rate_per_s)?;
            self.rate_per_s = next_rate_per_s;
        }
        Ok(PhaseStatus::GoesOn)
    }

    fn end(&mut self, now_ns: u64, _worker: &mut dyn Worker, result: &mut RunResult<'_>) {
        result.search = Some(self.report(now_ns));
    }
}

#[cfg(test)]
mod tests;
