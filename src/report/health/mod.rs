//! How the system under test was: steady throughput, a backlog near 0, latencies in bands, no errors, a warm-up that
//! was long enough.
//!
//! The guide's "how to judge a result", as a section of the detail file and a line of the table. It judges the system;
//! whether the generator can be believed is the verdict.

mod seconds;
mod trend;
mod warm_up;

use crate::caveat::{Caveat, Subject};
use crate::plan::{Plan, Threshold};
use crate::stats::{Counter, Latency};
use crate::telemetry::Role;
use crate::units::{format_count, format_difference, format_ns, whole_ns};
use crate::worker::PeriodStats;
use crate::workload_generator::RunResult;
use crate::workload_generator::totals::{MeasuredRun, measured};
use trend::Trend;
use warm_up::WarmUp;

const NS_PER_MS: f64 = 1e6;

/// Steadiness, backlog, latencies and errors of the system under test. What does not apply (a rate that was to change,
/// a run without producers) or cannot be told yet is null.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct Health {
    /// True: nothing to complain of.
    pub healthy: bool,
    /// What there is to complain of, in words.
    pub complaints: Vec<Caveat>,
    /// Acknowledged messages per second over the measurement; null: too short, or meant to change.
    pub publish_trend: Option<Trend>,
    /// Received messages per second over the measurement; null likewise.
    pub consume_trend: Option<Trend>,
    /// Was the warm-up long enough; null: too short to tell.
    pub warm_up: Option<WarmUp>,
    /// The backlog over the measurement; null: there is none.
    pub backlog_trend: Option<BacklogTrend>,
    /// Failed messages of the measurement, of all that were acknowledged or failed.
    pub error_share: Option<f64>,
    /// Acknowledgement times (from the actual time) and their bands.
    pub latency_bands: Option<Vec<PercentileBand>>,
}

/// The backlog over the measurement.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct BacklogTrend {
    /// Backlog at the end of the measurement.
    pub end_messages: u64,
    /// The same in seconds of the rate received; null: nothing was received.
    pub end_s: Option<f64>,
    /// Growth from the first to the last period; null: one period.
    pub growth_per_s: Option<f64>,
}

/// One percentile and its band.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct PercentileBand {
    /// Which percentile.
    #[schemars(extend("unit" = "%"))]
    pub percentile: f64,
    /// What it is.
    pub latency_ns: u64,
    /// What it may be.
    pub band_ns: u64,
}

impl Health {
    /// None: nothing was measured.
    pub fn of(result: &RunResult<'_>) -> Option<Self> {
        result.periods.last()?;
        let plan = result.plan;
        let limit = |threshold| plan.thresholds[threshold];
        let producing = seconds::of_measurement(result, Role::Producer);
        let mut health = Self {
            healthy: false,
            complaints: Vec::new(),
            publish_trend: trend(result, &producing, |period| period.publish_rate_per_s),
            consume_trend: trend(result, &seconds::of_measurement(result, Role::Consumer), |period| {
                period.consume_rate_per_s
            }),
            warm_up: WarmUp::of(&producing, limit(Threshold::SettledShare)).filter(|_| constant(plan)),
            backlog_trend: backlog(result),
            error_share: errors(result),
            latency_bands: bands(result),
        };
        let messages = measured(result).counters[Counter::MessagesAcknowledged];
        health.complaints = health.complain(plan, messages);
        health.healthy = health.complaints.is_empty();
        Some(health)
    }

    fn complain(&self, plan: &Plan, messages: u64) -> Vec<Caveat> {
        let limit = |threshold| plan.thresholds[threshold];
        let complaint = |code, text: String| Caveat::warning(code, Subject::System, text);
        let mut complaints = Vec::new();
        let steady = limit(Threshold::SteadyChangeShare) + plan.rate.arrivals.trend_by_chance(messages as f64);
        for (what, trend) in [("publish", self.publish_trend), ("consume", self.consume_trend)] {
            if let Some(trend) = trend.filter(|trend| trend.change_share.abs() > steady) {
                let change = format_difference(trend.change_share);
                let text = format!("not steady: the {what} rate went by {change}");
                complaints.push(complaint("not_steady", text).with("change_share", trend.change_share));
            }
        }
        if let Some(warm_up) = self.warm_up.filter(WarmUp::too_short) {
            let (first, settled) = (format_ns(warm_up.first_p50_ns), format_ns(warm_up.settled_p50_ns));
            let text = match warm_up.settled_after_s {
                Some(s) => format!(
                    "warm-up too short by about {s} s: the median acknowledgement went from {first} to \
                    {settled}"
                ),
                None => format!(
                    "warm-up too short by more than half of the measurement: the median acknowledgement \
                    went from {first} to {settled}"
                ),
            };
            complaints.push(complaint("warm_up_too_short", text));
        }
        if let Some(backlog) = self.backlog_trend {
            let messages = format_count(backlog.end_messages);
            let text = match backlog.end_s {
                Some(s) if s <= limit(Threshold::BacklogS) => None,
                None if backlog.end_messages == 0 => None,
                Some(s) => Some(format!("backlog of {messages} messages ({s:.1} s) at the end{}", backlog.growing())),
                None => Some(format!("backlog of {messages} messages at the end: nothing was received")),
            };
            let left = |text| complaint("backlog_left", text).with("end_messages", backlog.end_messages);
            complaints.extend(text.map(left));
        }
        if let Some(share) = self.error_share.filter(|share| *share > limit(Threshold::ErrorShare)) {
            let text = format!("errors: {:.3} % of the messages failed", share * 100.0);
            complaints.push(complaint("messages_failed", text).with("error_share", share));
        }
        for band in self.latency_bands.iter().flatten().filter(|band| band.latency_ns > band.band_ns) {
            let (found, allowed) = (format_ns(band.latency_ns), format_ns(band.band_ns));
            let text = format!("acknowledgement p{} is {found}, its band ends at {allowed}", band.percentile);
            complaints.push(complaint("latency_above_band", text).with("latency_ns", band.latency_ns));
        }
        complaints
    }

    /// One line for the table.
    pub fn line(&self) -> String {
        if !self.healthy {
            let complaints: Vec<&str> = self.complaints.iter().map(|complaint| complaint.text.as_str()).collect();
            return format!("health: {}", complaints.join(" · "));
        }
        let mut parts = Vec::new();
        let trends = [("publish", self.publish_trend), ("consume", self.consume_trend)];
        let trends: Vec<String> = trends
            .into_iter()
            .filter_map(|(what, trend)| Some(format!("{what} {}", format_difference(trend?.change_share))))
            .collect();
        if !trends.is_empty() {
            parts.push(format!("steady ({})", trends.join(", ")));
        }
        parts.extend(self.backlog_trend.map(|_| "backlog near 0".to_owned()));
        parts.extend(self.latency_bands.as_ref().map(|_| "acknowledgements within their bands".to_owned()));
        parts.extend(self.error_share.map(|_| "no errors".to_owned()));
        format!("health: good · {}", parts.join(" · "))
    }
}

impl BacklogTrend {
    fn growing(&self) -> String {
        match self.growth_per_s {
            Some(growth) if growth > 0.0 => format!(", it grew by {growth:.0} messages/s"),
            Some(growth) => format!(", it shrank by {:.0} messages/s", -growth),
            None => String::new(),
        }
    }
}

/// Is the rate meant to stay as it is?
fn constant(plan: &Plan) -> bool {
    plan.search.is_none() && plan.rate.curve.is_none() && plan.backlog.is_none()
}

/// By the second, where seconds are known; by the period otherwise.
fn trend(result: &RunResult<'_>, seconds: &[seconds::RoleSecond], rate: fn(&PeriodStats) -> f64) -> Option<Trend> {
    if !constant(result.plan) {
        return None;
    }
    let points: Vec<(f64, f64)> = if seconds.len() >= trend::LEAST_POINTS {
        seconds.iter().map(|second| (second.per_s, second.span_s as f64)).collect()
    } else {
        let span_s = |period: &PeriodStats| period.end_ns.saturating_sub(period.start_ns) as f64 / 1e9;
        result.periods.iter().map(|period| (rate(period), span_s(period))).collect()
    };
    Trend::of(&points)
}

fn backlog(result: &RunResult<'_>) -> Option<BacklogTrend> {
    let (first, last) = (result.periods.first()?, result.periods.last()?);
    let span_s = last.end_ns.saturating_sub(first.end_ns) as f64 / 1e9;
    let rate = measured(result).rates.received_per_s;
    result.plan.has_backlog().then(|| BacklogTrend {
        end_messages: last.backlog,
        end_s: (rate > 0.0).then(|| last.backlog as f64 / rate),
        growth_per_s: (span_s > 0.0).then(|| (last.backlog as f64 - first.backlog as f64) / span_s),
    })
}

fn errors(result: &RunResult<'_>) -> Option<f64> {
    let MeasuredRun { counters, .. } = measured(result);
    let failed = counters[Counter::MessagesFailed];
    let told = failed + counters[Counter::MessagesAcknowledged];
    (told > 0).then(|| failed as f64 / told as f64)
}

fn bands(result: &RunResult<'_>) -> Option<Vec<PercentileBand>> {
    let latencies = &result.cumulative.as_ref()?[Latency::AcknowledgeActual];
    let band = |(percentile, threshold): (f64, Threshold)| PercentileBand {
        percentile,
        latency_ns: latencies.percentile_ns(percentile),
        band_ns: whole_ns(result.plan.thresholds[threshold] * NS_PER_MS),
    };
    let bands = [(50.0, Threshold::LatencyP50Ms), (99.0, Threshold::LatencyP99Ms), (99.9, Threshold::LatencyP999Ms)];
    (latencies.count() > 0).then(|| bands.map(band).to_vec())
}
