//! Windows: whole periods put together, one window behind the other.

use super::{Distribution, GoalFigure, GoalUnit, Latency, PeriodStats, format_ns, of_latency};
use crate::plan::goal::Goal;
use std::time::Duration;

/// A period may be cut some ms early: a window that lacks no more than this share is whole.
const CUT_SHARE: f64 = 0.01;

/// The windows of one goal.
#[derive(Debug)]
pub(super) struct Windows {
    length_ns: u64,
    open: OpenWindow,
    count: u32,
    held: u32,
    worst: Option<WorstWindow>,
}

/// The window that is not whole yet.
#[derive(Debug, Default)]
struct OpenWindow {
    begin_ns: Option<u64>,
    span_ns: u64,
    latencies: Option<Distribution>,
    weighted: f64,
    highest: f64,
}

/// The worst of the whole ones; without a value it had none.
#[derive(Debug, Clone, Copy)]
struct WorstWindow {
    begin_ns: u64,
    value: Option<f64>,
}

impl Windows {
    pub(super) fn new(length: Duration) -> Self {
        let length_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        Self { length_ns, open: OpenWindow::default(), count: 0, held: 0, worst: None }
    }

    pub(super) fn add(&mut self, period: &PeriodStats, goal: &Goal, bound: Option<f64>) {
        let span_ns = period.end_ns.saturating_sub(period.start_ns);
        let begin_ns = *self.open.begin_ns.get_or_insert(period.start_ns);
        self.open.span_ns += span_ns;
        match goal.figure {
            GoalFigure::Latency(family, _) => self.open.add_latencies(family, period),
            GoalFigure::Backlog => self.open.highest = self.open.highest.max(period.backlog as f64),
            figure => self.open.weighted += rate(figure, period) * span_ns as f64,
        }
        if (self.open.span_ns as f64) < self.length_ns as f64 * (1.0 - CUT_SHARE) {
            return;
        }
        let open = std::mem::take(&mut self.open);
        let value = match goal.figure {
            GoalFigure::Latency(_, level) => open.latencies.as_ref().and_then(|found| of_latency(found, level)),
            GoalFigure::Backlog => Some(open.highest),
            _ => Some(open.weighted / open.span_ns.max(1) as f64),
        };
        self.count += 1;
        // Nobody was answered in it: no latency is below its bound.
        let held = value.zip(bound).is_some_and(|(value, bound)| goal.comparison.holds(value, bound));
        self.held += u32::from(held);
        let worse = |than: WorstWindow| match (value, than.value) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(value), Some(than)) => (value > than) == goal.comparison.is_upper(),
        };
        if self.worst.is_none_or(worse) {
            self.worst = Some(WorstWindow { begin_ns, value });
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn held(&self) -> u32 {
        self.held
    }

    /// None: there was no whole window.
    pub(super) fn share_held(&self) -> Option<f64> {
        (self.count > 0).then(|| f64::from(self.held) / f64::from(self.count))
    }

    pub(super) fn worst(&self) -> Option<f64> {
        self.worst.and_then(|worst| worst.value)
    }

    pub(super) fn worst_begin_s(&self, epoch_ns: u64) -> Option<f64> {
        self.worst.map(|worst| worst.begin_ns.saturating_sub(epoch_ns) as f64 / 1e9)
    }

    pub(super) fn told(&self, unit: GoalUnit, epoch_ns: u64) -> String {
        let Some(worst) = self.worst else { return "no window is whole".to_owned() };
        let value = worst.value.map_or_else(|| "without any value".to_owned(), |value| unit.told(value));
        let at = format_ns(worst.begin_ns.saturating_sub(epoch_ns));
        format!("held in {} of {} windows, the worst {value} (from {at} on)", self.held, self.count)
    }
}

impl OpenWindow {
    fn add_latencies(&mut self, family: Latency, period: &PeriodStats) {
        let found = &period.latencies[family];
        match &mut self.latencies {
            Some(all) => all.add(found),
            None => self.latencies = Some(found.clone()),
        }
    }
}

fn rate(figure: GoalFigure, period: &PeriodStats) -> f64 {
    match figure {
        GoalFigure::PublishRate => period.publish_rate_per_s,
        GoalFigure::SendRate => period.send_rate_per_s,
        GoalFigure::ConsumeRate => period.consume_rate_per_s,
        GoalFigure::PublishErrorRate => period.publish_error_rate_per_s,
        GoalFigure::PublishBytes => period.publish_bytes_per_s,
        GoalFigure::ConsumeBytes => period.consume_bytes_per_s,
        // These have no windows, or were looked at above.
        GoalFigure::Latency(..)
        | GoalFigure::Backlog
        | GoalFigure::ErrorShare
        | GoalFigure::Lost
        | GoalFigure::Duplicated
        | GoalFigure::Reordered
        | GoalFigure::Failed
        | GoalFigure::Unknown => 0.0,
    }
}
