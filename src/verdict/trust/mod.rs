//! Which figures are the cluster's own: for each latency and percentile what the generator itself can have added,
//! against its size.
//!
//! `bound` has the formula. What goes into it: what the broker took at least, which the loops record with each message;
//! `away`, for how long they can have kept messages; `waits`, what the library's threads waited for CPUs; the pacing
//! error; the error of the hosts' clocks. `rate` says whether the rate was offered as asked, `sentence` puts the answer
//! into words.
//!
//! Over 250 lines: the types of one answer, and the way to it.

mod away_shares;
mod bound;
mod level;
mod quantiles;
mod rate;
mod sentence;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;
mod waits;

pub use level::OwnLevel;
pub use rate::OfferedRate;

use super::context::Context;
use super::queue::BlockedTime;
use crate::plan::{DriverKind, MeasuredBy, Plan, Threshold};
use crate::stats::{Counter, Latency};
use crate::telemetry::Role;
use crate::worker::{ClientFacts, LatencySet, PeriodStats};
use crate::workload_generator::RunResult;
use away_shares::AwayShares;
use bound::{WaitSources, added_by_errors, added_to_actual};
use quantiles::TailQuantiles;
use waits::CpuWaits;

/// The answer for a run, or a period of it.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct Trust {
    /// The same in one sentence.
    pub sentence: String,
    /// The percentile (p50 … p99.99, max) up to which every latency, or this one, is the broker's own; null: not even
    /// the median is, or nobody could look.
    pub own_up_to: Option<OwnLevel>,
    /// Why nobody could look; null: somebody did.
    pub not_judged: Option<String>,
    /// What the generator can have added at most to a figure that is the broker's own, of the figure (a fraction).
    pub own_share: f64,
    /// The rate; null: none was asked for, or it was to change.
    pub rate: Option<OfferedRate>,
    /// Each latency that was measured.
    pub latencies: Vec<LatencyTrust>,
}

/// One latency.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct LatencyTrust {
    /// Which latency.
    pub latency: Latency,
    /// The percentile (p50 … p99.99, max) up to which every latency, or this one, is the broker's own; null: not even
    /// the median is, or nobody could look.
    pub own_up_to: Option<OwnLevel>,
    /// Percentiles, lowest first.
    pub figures: Vec<OwnFigure>,
}

/// One percentile of a latency.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct OwnFigure {
    /// Which percentile; max: the largest value.
    pub level: OwnLevel,
    /// What it is.
    pub latency_ns: u64,
    /// What the generator can have added to it, at most.
    pub added_at_most_ns: u64,
    /// True: it, and all below it, are the broker's own.
    pub own: bool,
    /// Pacing error at this percentile, sends behind the full queue of a slow broker not counted; 0 from the actual
    /// time.
    pub pacing_error_ns: u64,
    /// What the loop that picked messages up was away for, at this percentile, at most.
    pub loop_gap_ns: u64,
    /// What every message waited for CPUs on its way: means of schedstat.
    pub cpu_wait_ns: u64,
    /// What the clocks at both ends may be apart, at most.
    pub clock_error_ns: u64,
}

impl Default for OwnFigure {
    fn default() -> Self {
        Self {
            level: OwnLevel::P50,
            latency_ns: 0,
            added_at_most_ns: 0,
            own: true,
            pacing_error_ns: 0,
            loop_gap_ns: 0,
            cpu_wait_ns: 0,
            clock_error_ns: 0,
        }
    }
}

impl LatencyTrust {
    /// The lowest percentile that is not the cluster's own.
    pub fn first_not_own(&self) -> Option<&OwnFigure> {
        self.figures.iter().find(|figure| !figure.own)
    }
}

impl Trust {
    /// On the measurement so far.
    pub fn of_run(result: &RunResult<'_>) -> Option<Self> {
        let clients = result.periods.last()?.clients.iter().map(|client| &client.measured);
        let clock_ns = result.end.as_ref().and_then(|end| end.end_to_end_clock_error_ns).unwrap_or(0);
        Some(Self::of(result.cumulative.as_ref()?, &clients.collect::<Vec<_>>(), result.plan, clock_ns))
    }

    /// On one period; of clocks nothing is known yet.
    pub fn of_period(period: &PeriodStats, plan: &Plan) -> Self {
        let clients: Vec<_> = period.clients.iter().map(|client| &client.period).collect();
        Self::of(&period.latencies, &clients, plan, 0)
    }

    pub(super) fn of(latencies: &LatencySet, clients: &[&ClientFacts], plan: &Plan, clock_ns: u64) -> Self {
        let own_share = plan.thresholds[Threshold::OwnShare];
        let context = Context::new(plan);
        let rate = OfferedRate::of(clients.iter().copied(), &context);
        let mut trust =
            Self { sentence: String::new(), own_up_to: None, not_judged: None, own_share, rate, latencies: Vec::new() };
        if let Some(why) = nobody_could_look(plan, clients) {
            let of_latencies = format!("whose the latencies are was not judged: {why}");
            let of_rate = sentence::sentence(rate, &[]);
            trust.sentence = if of_rate.is_empty() { of_latencies } else { format!("{of_rate}; {of_latencies}") };
            trust.not_judged = Some(why.to_owned());
            return trust;
        }
        let sides = WaitsBySide::of(clients, &context, latencies, clock_ns as f64);
        for latency in Latency::ALL.into_iter().filter(|latency| latencies[*latency].count() > 0) {
            trust.latencies.extend(sides.judge(latency, latencies, own_share));
        }
        trust.own_up_to = trust.latencies.iter().map(|latency| latency.own_up_to).min().flatten();
        trust.sentence = sentence::sentence(rate, &trust.latencies);
        trust
    }

    /// Each latency that was judged, with the percentile up to which it is the cluster's own; 0: not even the median
    /// is.
    pub fn percentiles(&self) -> Vec<(Latency, f64)> {
        let of = |trust: &LatencyTrust| (trust.latency, trust.own_up_to.map_or(0.0, OwnLevel::percentile));
        self.latencies.iter().map(of).collect()
    }

    /// Are all latencies the cluster's own up to this percentile?
    pub fn reaches(&self, level: OwnLevel) -> bool {
        self.own_up_to >= Some(level)
    }

    /// Latencies of which not even the median is the cluster's own, with that.
    pub(super) fn medians_not_own(&self) -> impl Iterator<Item = (Latency, &OwnFigure)> {
        let none = self.latencies.iter().filter(|latency| latency.own_up_to.is_none());
        none.filter_map(|latency| Some((latency.latency, latency.first_not_own()?)))
    }
}

fn nobody_could_look(plan: &Plan, clients: &[&ClientFacts]) -> Option<&'static str> {
    if plan.measured_by == MeasuredBy::Omb {
        return Some("workers of OMB's do not tell of pacing, CPUs and stalls");
    }
    if plan.driver.kind == DriverKind::Null {
        return Some("there is no broker, all of them are the generator's");
    }
    clients.is_empty().then_some("nothing is known of the clients")
}

/// What can have kept messages on the way to acknowledgements, and to receivers.
struct WaitsBySide {
    acknowledge: WaitSources,
    end_to_end: WaitSources,
    pacing: TailQuantiles,
}

impl WaitsBySide {
    fn of(clients: &[&ClientFacts], context: &Context<'_>, latencies: &LatencySet, clock_ns: f64) -> Self {
        let of = |role| {
            let all = || clients.iter().copied();
            (AwayShares::picking_up(all(), role), CpuWaits::of(all(), role))
        };
        let ((sender_away, sender), (receiver_away, receiver)) = (of(Role::Producer), of(Role::Consumer));
        let sends = AwayShares::sending(clients.iter().copied());
        // On the way out the producer's library has a part in the end-to-end time too, its loop has none.
        let both = CpuWaits {
            each_ns: sender.each_ns + receiver.each_ns,
            unknown_share: sender.unknown_share + receiver.unknown_share,
            like_loop: sender.like_loop + receiver.like_loop,
        };
        let behind = clients.iter().map(|facts| behind_broker(facts, context)).sum();
        Self {
            acknowledge: WaitSources { away: sender_away, sends: sends.clone(), waits: sender, clock_ns: 0.0 },
            end_to_end: WaitSources { away: receiver_away, sends, waits: both, clock_ns },
            pacing: TailQuantiles::without_largest(&latencies[Latency::PublishDelay], behind),
        }
    }

    /// None: it is no latency of the cluster's.
    fn judge(&self, latency: Latency, latencies: &LatencySet, own_share: f64) -> Option<LatencyTrust> {
        let (keepers, pacing) = match latency {
            Latency::PublishDelay | Latency::AcknowledgeAtLeast | Latency::EndToEndAtLeast => return None,
            Latency::AcknowledgeActual => (&self.acknowledge, None),
            Latency::AcknowledgeIntended => (&self.acknowledge, Some(&self.pacing)),
            Latency::EndToEndActual => (&self.end_to_end, None),
            Latency::EndToEndIntended => (&self.end_to_end, Some(&self.pacing)),
        };
        let measured = TailQuantiles::of(&latencies[latency]);
        let at_least = match latency {
            Latency::EndToEndActual | Latency::EndToEndIntended => Latency::EndToEndAtLeast,
            _ => Latency::AcknowledgeAtLeast,
        };
        let at_least = TailQuantiles::at_least(&latencies[at_least]);
        let mut own_so_far = true;
        let figures = OwnLevel::ALL.map(|level| {
            let p = level.percentile() / 100.0;
            let size_ns = measured.at(p);
            let from_actual_ns = added_to_actual(&measured, &at_least, p, keepers);
            let added_ns = match pacing {
                None => from_actual_ns,
                Some(pacing) => from_actual_ns.min(added_by_errors(&measured, pacing, p, keepers)),
            };
            own_so_far &= added_ns <= own_share * size_ns;
            OwnFigure {
                level,
                latency_ns: whole(size_ns),
                added_at_most_ns: whole(added_ns),
                own: own_so_far,
                pacing_error_ns: pacing.map_or(0, |pacing| whole(pacing.at(p))),
                loop_gap_ns: whole(keepers.away.longest_but(1.0 - p).min(size_ns)),
                cpu_wait_ns: whole(keepers.waits.each_ns),
                clock_error_ns: whole(keepers.clock_ns),
            }
        });
        let own_up_to = figures.iter().take_while(|figure| figure.own).last().map(|figure| figure.level);
        Some(LatencyTrust { latency, own_up_to, figures: figures.to_vec() })
    }
}

/// Sends that a queue held up which was full for the broker.
fn behind_broker(facts: &ClientFacts, context: &Context<'_>) -> u64 {
    let behind = facts.counters[Counter::SendsBehindQueue];
    let BlockedTime { by_queue_ns, by_broker_ns } = BlockedTime::of(facts, context);
    if by_queue_ns > by_broker_ns { 0 } else { behind }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "latencies, at least 0 and far below 2^53")]
fn whole(ns: f64) -> u64 {
    ns.clamp(0.0, 1e18).round() as u64
}
