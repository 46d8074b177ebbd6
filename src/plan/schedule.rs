//! Rates: whose rate it is, how it is divided, and what happens to late sends.
//!
//! Over 250 lines: its tests stand in it.

use super::arrivals::Arrivals;
use super::curve::RateCurve;
pub use crate::config::workload::RateScope;
use crate::telemetry::RateOrder;
use crate::units::{NS_PER_S, Rate, counted, format_count};

/// The slowest schedule of one producer: a message in 116 days.
pub const MIN_PER_PRODUCER_PER_S: f64 = 1e-7;

/// The longest interval of a schedule, 32 binary places: 146 years.
pub const LONGEST_INTERVAL_Q32: u128 = 1 << 94;

/// Time between two messages of each of `producers` producers that together send `total_per_s`: ns with 32 binary
/// places. A float is
/// exact enough: its 53 places put a schedule off by less than 0.03 ns after a day.
pub fn interval_q32(producers: f64, total_per_s: f64) -> u128 {
    const Q32: f64 = 4_294_967_296.0;
    #[expect(clippy::cast_precision_loss, reason = "10^9")]
    let exact = producers / total_per_s * NS_PER_S as f64 * Q32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
    let whole = exact.round() as u128;
    whole.clamp(1, LONGEST_INTERVAL_Q32)
}

/// What a producer does when it is behind its schedule.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatePolicy {
    /// Catches up at no more than `multiple` × the rate; intended times stay on the schedule.
    Bounded {
        /// That bound.
        #[schemars(extend("unit" = "× the rate"))]
        multiple: f64,
    },
    /// Catches up as fast as it can (OMB).
    CatchUp,
    /// Leaves out sends whose time has passed by more than an interval; counted as missed.
    Skip,
    /// Moves the rest of the schedule back by the delay (the guide's limiter in its prose form); the debt is counted.
    Shift,
}

impl Default for LatePolicy {
    /// Bounded by twice the rate.
    fn default() -> Self {
        Self::Bounded { multiple: 2.0 }
    }
}

impl std::fmt::Display for LatePolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bounded { multiple } => write!(f, "bounded (catch up at no more than {multiple} × the rate)"),
            Self::CatchUp => f.write_str("catch-up (as fast as it can, as OMB does)"),
            Self::Skip => f.write_str("skip (late sends are left out and counted; not open-loop)"),
            Self::Shift => f.write_str("shift (the schedule moves back by the delay; not open-loop)"),
        }
    }
}

/// Rates, decided.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct RatePlan {
    /// Rate of all producers together: per_second or unlimited.
    pub total: Rate,
    /// Rate of each producer: per_second or unlimited.
    pub per_producer: Rate,
    /// How the file's number was read: of each producer, or of all.
    pub scope: RateScope,
    /// Why it was read so.
    pub scope_reason: String,
    /// What late producers do: bounded, catch-up, skip or shift.
    pub late: LatePolicy,
    /// Producers that share the total.
    #[schemars(extend("unit" = "clients"))]
    pub producers: u32,
    /// A rate that changes over time by plan (rate.total is then its highest); null: one rate.
    pub curve: Option<RateCurve>,
    /// How messages come at this rate: uniform, dithered, poisson or burst.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// A closed loop: so many are on their way of each producer, and the next is sent when one comes back (not
    /// open-loop); null: none.
    #[serde(default)]
    pub outstanding_messages: Option<u32>,
    /// Without a rate: so many are on their way of each producer at first, more as long as that brings more (counter
    /// window_messages); null: as many as its queue takes.
    #[serde(default)]
    pub first_window_messages: Option<u32>,
}

impl RatePlan {
    /// Reads `rate` under `scope` for so many producers (at least 1); messages come evenly.
    pub fn new(rate: Rate, scope: RateScope, scope_reason: String, late: LatePolicy, producers: u32) -> Self {
        let n = f64::from(producers.max(1));
        let (total, per_producer) = match (rate, scope) {
            (Rate::Unlimited, _) => (Rate::Unlimited, Rate::Unlimited),
            (Rate::PerSecond(rate), RateScope::PerProducer) => (Rate::PerSecond(rate * n), Rate::PerSecond(rate)),
            (Rate::PerSecond(rate), RateScope::Total) => (Rate::PerSecond(rate), Rate::PerSecond(rate / n)),
        };
        Self {
            total,
            per_producer,
            scope,
            scope_reason,
            late,
            producers,
            curve: None,
            arrivals: Arrivals::Uniform,
            outstanding_messages: None,
            first_window_messages: None,
        }
    }

    /// The order for producer `index` (0 … producers−1) when the load begins at `epoch_ns`: interval = 1 / per-producer
    /// rate, first send at epoch + (index + ½)/producers × interval, so that producers do not fire on the same tick.
    /// The half keeps sends off the epoch and, at rates that divide them evenly, off the whole seconds after it:
    /// periods of n × interval then hold n messages, where fence posts at both ends would make it n + 1, and a
    /// telemetry slot is not cut at the very moment of a send.
    ///
    /// Bursts are staggered in the same way: a producer's come as many intervals apart as they have messages.
    ///
    /// The interval is `producers ÷ total` and not `1 ÷ per_producer`: the total is the number the user gave (or an
    /// exact multiple of it), while its division by 3 producers is already rounded.
    pub fn order(&self, index: u32, epoch_ns: u64) -> RateOrder {
        if self.curve.is_some() {
            // The client works out the rest.
            return RateOrder { start_ns: epoch_ns, interval_q32: 1 };
        }
        let Rate::PerSecond(total_per_s) = self.total else {
            return RateOrder { start_ns: epoch_ns, interval_q32: 0 };
        };
        let producers = self.producers.max(1);
        let interval_q32 = interval_q32(f64::from(producers), total_per_s);
        // Below 2⁹⁴ × 2³³; of bursts as far as it fits, which is farther than any clock goes.
        let phase_q32 = interval_q32 * (2 * u128::from(index) + 1) / (2 * u128::from(producers));
        let phase_ns = phase_q32.saturating_mul(self.arrivals.at_once().into()) >> 32;
        let phase_ns = u64::try_from(phase_ns).unwrap_or(u64::MAX);
        RateOrder { start_ns: epoch_ns.saturating_add(phase_ns), interval_q32 }
    }
}

impl std::fmt::Display for RatePlan {
    /// "2 producers × 10,000 = 20,000 msg/s"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.producers == 1 { "" } else { "s" };
        if let Some(curve) = &self.curve {
            let (low, high) = (format_per_s(curve.lowest_per_s()), format_per_s(curve.highest_per_s()));
            let arrivals = self.arrivals.suffix();
            return write!(
                f,
                "{} producer{plural} together {low} … {high} msg/s, changing over time{arrivals}",
                self.producers
            );
        }
        write!(f, "{} producer{plural} × ", self.producers)?;
        if let Some(outstanding) = self.outstanding_messages {
            let outstanding = counted(outstanding, "message");
            return write!(f, "{outstanding} outstanding (closed loop)");
        }
        if let Some(first) = self.first_window_messages {
            let first = counted(first, "message");
            return write!(f, "unlimited ({first} outstanding at first, more as long as that brings more)");
        }
        match (self.per_producer, self.total) {
            (Rate::PerSecond(each), Rate::PerSecond(total)) => {
                write!(f, "{} = {} msg/s{}", format_per_s(each), format_per_s(total), self.arrivals.suffix())
            }
            _ => f.write_str("unlimited (as fast as its queue takes them)"),
        }
    }
}

/// Decimals that show three digits of a number between 0 and 1.
fn small_decimals(per_s: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 … 9 before")]
    let zeros = (-per_s.log10()).floor().clamp(0.0, 9.0) as usize;
    3 + zeros
}

/// `10,000`, `333.33`, `0.5`, `0.000278`: grouped, with at most two decimals (three digits below 1).
fn format_per_s(per_s: f64) -> String {
    let decimals = if per_s >= 1.0 || per_s <= 0.0 { 2 } else { small_decimals(per_s) };
    let text = format!("{per_s:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let grouped = whole.parse().map_or_else(|_| whole.to_owned(), format_count);
    match fraction.trim_end_matches('0') {
        "" => grouped,
        fraction => format!("{grouped}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS_Q32: u128 = 1_000_000 << 32;

    fn plan(rate: f64, scope: RateScope, producers: u32) -> RatePlan {
        RatePlan::new(Rate::PerSecond(rate), scope, String::new(), LatePolicy::default(), producers)
    }

    #[test]
    fn the_same_number_means_four_times_as_much_per_producer_as_in_total() {
        let total = plan(1000.0, RateScope::Total, 4);
        assert_eq!((total.total, total.per_producer), (Rate::PerSecond(1000.0), Rate::PerSecond(250.0)));
        assert_eq!(total.to_string(), "4 producers × 250 = 1,000 msg/s");
        let each = plan(1000.0, RateScope::PerProducer, 4);
        assert_eq!((each.total, each.per_producer), (Rate::PerSecond(4000.0), Rate::PerSecond(1000.0)));
        assert_eq!(each.to_string(), "4 producers × 1,000 = 4,000 msg/s");
    }

    #[test]
    fn intervals_are_exact_and_producers_are_staggered_over_one_interval() {
        let plan = plan(4000.0, RateScope::Total, 4);
        for index in 0..4 {
            let order = plan.order(index, 7_000);
            assert_eq!(
                order,
                RateOrder { start_ns: 7_000 + 125_000 + u64::from(index) * 250_000, interval_q32: MS_Q32 }
            );
        }
    }

    #[test]
    fn ten_seconds_hold_ten_times_the_rate_and_no_send_falls_on_either_end() {
        for (rate, sends) in [(1.0, 10), (7.0, 70), (1_000.0, 10_000)] {
            for producers in [1, 2, 3] {
                let plan = plan(rate, RateScope::Total, producers);
                let mut seen = 0;
                for index in 0..producers {
                    let order = plan.order(index, 0);
                    let times =
                        (0..sends).map(|i| order.start_ns + u64::try_from((i * order.interval_q32) >> 32).unwrap());
                    seen += times.filter(|time| *time < 10 * NS_PER_S).inspect(|time| assert!(*time > 0)).count();
                    let last = order.start_ns + u64::try_from(((sends - 1) * order.interval_q32) >> 32).unwrap();
                    assert_ne!(last, 10 * NS_PER_S);
                }
                assert_eq!(seen, usize::try_from(sends).unwrap(), "{rate} msg/s of {producers}");
            }
        }
    }

    #[test]
    fn bursts_are_staggered_like_messages_and_poisson_begins_at_once() {
        let mut plan = plan(4000.0, RateScope::Total, 4);
        plan.arrivals = Arrivals::Burst { burst_messages: 100 };
        assert_eq!(plan.order(1, 7_000).start_ns, 7_000 + 12_500_000 + 25_000_000);
        assert_eq!(plan.to_string(), "4 producers × 1,000 = 4,000 msg/s (bursts of 100)");
        plan.arrivals = Arrivals::Poisson { arrival_seed: 3 };
        assert_eq!(plan.order(1, 7_000), RateOrder { start_ns: 7_000, interval_q32: MS_Q32 });
        assert_eq!(plan.to_string(), "4 producers × 1,000 = 4,000 msg/s (Poisson, seed 3)");
    }

    #[test]
    fn after_a_day_a_third_of_a_rate_has_not_drifted() {
        let order = plan(20_000.0, RateScope::Total, 3).order(0, 0);
        let sends_a_day: u128 = 20_000 * 86_400 / 3;
        let end_ns = (order.interval_q32 * sends_a_day) >> 32;
        let day_ns = 86_400 * u128::from(NS_PER_S);
        assert!(end_ns.abs_diff(day_ns) <= 1, "{end_ns}");
    }

    #[test]
    fn the_slowest_and_the_fastest_rates_fit() {
        let slow = plan(MIN_PER_PRODUCER_PER_S, RateScope::PerProducer, 1).order(0, 0);
        assert_eq!(slow.interval_q32 >> 32, 10_000_000 * u128::from(NS_PER_S));
        let fast = plan(1e30, RateScope::Total, 1).order(0, 5);
        assert_eq!(fast, RateOrder { start_ns: 5, interval_q32: 1 });
        let many = plan(0.25, RateScope::PerProducer, u32::MAX).order(u32::MAX - 1, 0);
        assert!(many.interval_q32.abs_diff(u128::from(4 * NS_PER_S) << 32) < 1 << 32);
        assert!(many.start_ns < 4 * NS_PER_S);
        let never = plan(1e-300, RateScope::Total, u32::MAX).order(u32::MAX - 1, u64::MAX);
        assert_eq!(never, RateOrder { start_ns: u64::MAX, interval_q32: LONGEST_INTERVAL_Q32 });
    }

    #[test]
    fn many_producers_of_a_slow_total_and_one_message_an_hour_are_kept_to_the_nanosecond() {
        for (total, producers, seconds) in
            [(50.0, 400, 8), (1.0, 100, 100), (1_000.0, 8_000, 8), (1.0 / 3_600.0, 1, 3_600)]
        {
            let plan = plan(total, RateScope::Total, producers);
            for index in [0, producers - 1] {
                let order = plan.order(index, 7);
                assert!(order.interval_q32.abs_diff(u128::from(seconds * NS_PER_S) << 32) <= 1 << 32, "{total}");
                assert!(order.start_ns < 7 + seconds * NS_PER_S);
            }
        }
    }

    #[test]
    fn unlimited_has_no_interval() {
        let mut plan = RatePlan::new(Rate::Unlimited, RateScope::Total, String::new(), LatePolicy::CatchUp, 2);
        assert_eq!(plan.order(1, 9), RateOrder { start_ns: 9, interval_q32: 0 });
        assert_eq!(plan.to_string(), "2 producers × unlimited (as fast as its queue takes them)");
        plan.first_window_messages = Some(4_000);
        let text = "2 producers × unlimited (4,000 messages outstanding at first, more as long as that brings more)";
        assert_eq!(plan.to_string(), text);
        plan.outstanding_messages = Some(16);
        assert_eq!(plan.to_string(), "2 producers × 16 messages outstanding (closed loop)");
    }

    #[test]
    fn rates_are_printed_with_groups_and_no_useless_decimals() {
        assert_eq!(plan(1_000_000.0, RateScope::Total, 3).to_string(), "3 producers × 333,333.33 = 1,000,000 msg/s");
        assert_eq!(plan(0.5, RateScope::Total, 1).to_string(), "1 producer × 0.5 = 0.5 msg/s");
        assert_eq!(plan(1.0, RateScope::Total, 3_600).to_string(), "3600 producers × 0.000278 = 1 msg/s");
    }
}
