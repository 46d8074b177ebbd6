//! Which rate is tried next, and in which stage: what is made of each step's result.

use super::{
    CLIMB_SHARE, CLIMB_SHARE_MOST, CLOSE, REFUTES, SAME, SETTLE_LIMIT_NS, SETTLE_SHARE, STEP_NS, TRIAL_NS, words,
};
use super::{RateSearch, SearchStage};
use crate::units::{NS_PER_S, format_rate};
use crate::worker::CountersStats;
use crate::workload_generator::ramp::{Decision, StepVerdict};

impl RateSearch {
    /// OMB's decision stands until the first time that something falls behind.
    pub(super) fn after_ramp(
        &mut self,
        decision: Decision,
        acknowledged_per_s: f64,
        nearly: bool,
        now_ns: u64,
    ) -> (f64, u64, u64, String) {
        let Decision { next_per_s, publish_backlog, receive_backlog, verdict } = decision;
        self.next_ns = now_ns + STEP_NS;
        if verdict == StepVerdict::Held {
            self.held_per_s = Some(self.rate_per_s);
            self.second_look = false;
            return (next_per_s, publish_backlog, receive_backlog, words(verdict).to_owned());
        }
        if nearly && !std::mem::replace(&mut self.second_look, true) {
            let reason = format!("{}, but little: once more", words(verdict));
            return (self.rate_per_s, publish_backlog, receive_backlog, reason);
        }
        self.failed_per_s = Some(self.rate_per_s);
        self.guess_per_s = Some(acknowledged_per_s);
        // Short steps prove little: a burst may pass where the rate does not.
        self.held_per_s = self.held_per_s.filter(|held| *held <= acknowledged_per_s);
        let reason = format!("{}: the search closes in from here", words(verdict));
        (self.settle(next_per_s), publish_backlog, receive_backlog, reason)
    }

    /// Down, until what has piled up is gone.
    fn settle(&mut self, at_most_per_s: f64) -> f64 {
        self.stage = SearchStage::Settle;
        let held = self.held_per_s.unwrap_or(at_most_per_s);
        let down = self.guess_per_s.map_or(held, |guess| guess.min(held)) * SETTLE_SHARE;
        down.min(at_most_per_s).max(self.limits.floor_per_s)
    }

    pub(super) fn after_settling(
        &mut self,
        now_ns: u64,
        stats: &CountersStats,
        receive_backlog: u64,
    ) -> (f64, u64, u64, String) {
        let told = stats.messages_sent + stats.message_send_errors;
        let outstanding = stats.messages_enqueued.saturating_sub(told);
        // Not yet sent and not yet received are both debts of the rate before.
        let quiet =
            outstanding <= self.limits.publish_backlog_limit && receive_backlog <= self.limits.receive_backlog_limit;
        if !quiet && now_ns - self.begun_ns < SETTLE_LIMIT_NS {
            self.next_ns = now_ns + NS_PER_S;
            let reason = "waiting until what has piled up is gone".to_owned();
            return (self.rate_per_s, outstanding, receive_backlog, reason);
        }
        if self.held_per_s.is_none() && quiet {
            self.held_per_s = Some(self.rate_per_s);
        }
        let (next_per_s, reason) = self.aim(now_ns);
        (next_per_s, outstanding, receive_backlog, reason)
    }

    /// The next rate to try: between the bounds, or the lower one when they are close.
    fn aim(&mut self, now_ns: u64) -> (f64, String) {
        self.next_ns = now_ns + TRIAL_NS;
        let held = self.held_per_s.unwrap_or(self.limits.floor_per_s);
        match self.failed_per_s {
            Some(failed) if failed > held * CLOSE => {
                self.stage = SearchStage::Trial;
                let bounds = format!("between {} and {}", format_rate(held), format_rate(failed));
                match self.guess_per_s {
                    Some(guess) if guess > held * CLOSE && guess * CLOSE < failed => {
                        (guess, format!("{bounds}, a guess"))
                    }
                    // The guess held: if it was right, a little more does not.
                    Some(_) => {
                        self.guess_per_s = None;
                        (held * CLOSE, format!("{bounds}, just above the guess"))
                    }
                    None => (f64::midpoint(held, failed), format!("{bounds}, the middle")),
                }
            }
            Some(failed) if !self.confirmed => {
                self.stage = SearchStage::Trial;
                (failed, format!("{} once more: it was missed only once", format_rate(failed)))
            }
            None => {
                self.stage = SearchStage::Trial;
                let share = self.climb_share;
                self.climb_share = (share * 2.0).min(CLIMB_SHARE_MOST);
                (held * (1.0 + share), format!("no bound above: {:.0} % more", share * 100.0))
            }
            Some(_) => {
                self.stage = SearchStage::Hold { since_ns: now_ns };
                (held, "both bounds are within 3 %: held from here on".to_owned())
            }
        }
    }

    pub(super) fn after_trial(
        &mut self,
        now_ns: u64,
        held: bool,
        acknowledged_per_s: f64,
        publish_backlog: u64,
        receive_backlog: u64,
    ) -> (f64, u64, u64, String) {
        let (next_per_s, reason) = match (held, &self.stage) {
            (true, SearchStage::Hold { .. }) => {
                self.next_ns = now_ns + TRIAL_NS;
                (self.rate_per_s, "held".to_owned())
            }
            (true, _) => {
                self.held_per_s = Some(self.rate_per_s);
                if self.failed_per_s.is_some_and(|failed| self.rate_per_s * SAME >= failed) {
                    self.failed_per_s = None;
                }
                let (next_per_s, reason) = self.aim(now_ns);
                (next_per_s, format!("held; {reason}"))
            }
            (false, _) => {
                self.confirmed = self
                    .failed_per_s
                    .is_some_and(|failed| self.rate_per_s <= failed * SAME && failed <= self.rate_per_s * SAME);
                self.failed_per_s = Some(self.rate_per_s);
                self.climb_share = CLIMB_SHARE;
                self.guess_per_s = Some(acknowledged_per_s);
                // What was acknowledged while more was asked for is what can be sustained, but for what the queues
                // took.
                let held_per_s = *self.held_per_s.get_or_insert(acknowledged_per_s);
                if held_per_s * SAME >= self.rate_per_s || acknowledged_per_s < held_per_s * REFUTES {
                    self.held_per_s = Some(acknowledged_per_s.min(held_per_s));
                }
                self.next_ns = now_ns + NS_PER_S;
                let reason = format!("not held ({} acknowledged)", format_rate(acknowledged_per_s));
                (self.settle(acknowledged_per_s), reason)
            }
        };
        (next_per_s, publish_backlog, receive_backlog, reason)
    }
}
