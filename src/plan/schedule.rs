//! Rates: whose rate it is, how it is divided, and what happens to late sends.

use super::curve::RateCurve;
pub use crate::config::workload::RateScope;
use crate::telemetry::RateOrder;
use crate::units::{NS_PER_S, Rate, format_count};

/// The slowest schedule of one producer: below it the interval does not fit `RateOrder::interval_q32`.
pub const MIN_PER_PRODUCER_PER_S: f64 = 0.25;

/// What a producer does when it is behind its schedule.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatePolicy {
    /// Catches up at no more than `multiple` × the rate; intended times stay on the schedule.
    Bounded {
        /// At least 1.01.
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
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RatePlan {
    /// Of all producers together.
    pub total: Rate,
    /// Of each producer.
    pub per_producer: Rate,
    /// How the file's number was read.
    pub scope: RateScope,
    /// Why: "driverClass is OMB's", "--rate-scope", …
    pub scope_reason: String,
    /// What late producers do.
    pub late: LatePolicy,
    /// Number of producers the total is divided by.
    pub producers: u32,
    /// A rate that changes over time by plan; `total` is then its highest.
    pub curve: Option<RateCurve>,
}

impl RatePlan {
    /// Reads `rate` under `scope` for so many producers (at least 1).
    pub fn new(rate: Rate, scope: RateScope, scope_reason: String, late: LatePolicy, producers: u32) -> Self {
        let n = f64::from(producers.max(1));
        let (total, per_producer) = match (rate, scope) {
            (Rate::Unlimited, _) => (Rate::Unlimited, Rate::Unlimited),
            (Rate::PerSecond(rate), RateScope::PerProducer) => (Rate::PerSecond(rate * n), Rate::PerSecond(rate)),
            (Rate::PerSecond(rate), RateScope::Total) => (Rate::PerSecond(rate), Rate::PerSecond(rate / n)),
        };
        Self { total, per_producer, scope, scope_reason, late, producers, curve: None }
    }

    /// The order for producer `index` (0 … producers−1) when the load begins at `epoch_ns`: interval = 1 / per-producer rate,
    /// first send at epoch + (index + ½)/producers × interval, so that producers do not fire on the same tick. The half keeps sends off the
    /// epoch and, at rates that divide them evenly, off the whole seconds after it: periods of n × interval then hold n messages, where
    /// fence posts at both ends would make it n + 1, and a telemetry slot is not cut at the very moment of a send.
    ///
    /// The interval is `producers ÷ total` and not `1 ÷ per_producer`: the total is the number the user gave (or an exact
    /// multiple of it), while its division by 3 producers is already rounded.
    pub fn order(&self, index: u32, epoch_ns: u64) -> RateOrder {
        if self.curve.is_some() {
            // The client works out the rest.
            return RateOrder { start_ns: epoch_ns, interval_q32: 1 };
        }
        let Rate::PerSecond(total_per_s) = self.total else {
            return RateOrder { start_ns: epoch_ns, interval_q32: 0 };
        };
        let producers = u128::from(self.producers.max(1));
        // Both sides × 10⁹, so that fractions of a message per second count: 10⁹ ns × 10⁹ × 2³² × producers < 2¹²⁸ holds for any u32.
        let total_nano = nano(total_per_s).max(1);
        let numerator = (producers * u128::from(NS_PER_S) * u128::from(NS_PER_S)) << 32;
        let interval_q32 = ((numerator + total_nano / 2) / total_nano).clamp(1, u128::from(u64::MAX));
        let phase_ns = (interval_q32 * (2 * u128::from(index) + 1) / (2 * producers)) >> 32;
        let narrow = |wide: u128| u64::try_from(wide).unwrap_or(u64::MAX);
        RateOrder { start_ns: epoch_ns.saturating_add(narrow(phase_ns)), interval_q32: narrow(interval_q32) }
    }
}

/// Messages per second as billionths, rounded.
fn nano(per_s: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float to integer casts saturate, and plan refuses rates that are not above 0"
    )]
    let nano = (per_s * 1e9).round() as u128;
    nano
}

impl std::fmt::Display for RatePlan {
    /// "2 producers × 10,000 = 20,000 msg/s"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.producers == 1 { "" } else { "s" };
        if let Some(curve) = &self.curve {
            let (low, high) = (format_per_s(curve.lowest_per_s()), format_per_s(curve.highest_per_s()));
            return write!(f, "{} producer{plural} together {low} … {high} msg/s, changing over time", self.producers);
        }
        write!(f, "{} producer{plural} × ", self.producers)?;
        match (self.per_producer, self.total) {
            (Rate::PerSecond(each), Rate::PerSecond(total)) => {
                write!(f, "{} = {} msg/s", format_per_s(each), format_per_s(total))
            }
            _ => f.write_str("unlimited (as fast as its queue takes them)"),
        }
    }
}

/// `10,000`, `333.33`, `0.5`: grouped, with at most two decimals (three digits below 1).
fn format_per_s(per_s: f64) -> String {
    let decimals = if per_s < 1.0 { 3 } else { 2 };
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

    const MS_Q32: u64 = 1_000_000 << 32;

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
                    let times = (0..sends)
                        .map(|i| order.start_ns + u64::try_from((i * u128::from(order.interval_q32)) >> 32).unwrap());
                    seen += times.filter(|time| *time < 10 * NS_PER_S).inspect(|time| assert!(*time > 0)).count();
                    let last =
                        order.start_ns + u64::try_from(((sends - 1) * u128::from(order.interval_q32)) >> 32).unwrap();
                    assert_ne!(last, 10 * NS_PER_S);
                }
                assert_eq!(seen, usize::try_from(sends).unwrap(), "{rate} msg/s of {producers}");
            }
        }
    }

    #[test]
    fn after_a_day_a_third_of_a_rate_has_not_drifted() {
        let order = plan(20_000.0, RateScope::Total, 3).order(0, 0);
        let sends_a_day: u128 = 20_000 * 86_400 / 3;
        let end_ns = (u128::from(order.interval_q32) * sends_a_day) >> 32;
        let day_ns = 86_400 * u128::from(NS_PER_S);
        assert!(end_ns.abs_diff(day_ns) <= 1, "{end_ns}");
    }

    #[test]
    fn the_slowest_and_the_fastest_rates_fit() {
        let slow = plan(MIN_PER_PRODUCER_PER_S, RateScope::PerProducer, 1).order(0, 0);
        assert_eq!(slow.interval_q32, (4 * NS_PER_S) << 32);
        let fast = plan(1e30, RateScope::Total, 1).order(0, 5);
        assert_eq!(fast, RateOrder { start_ns: 5, interval_q32: 1 });
        let many = plan(0.25, RateScope::PerProducer, u32::MAX).order(u32::MAX - 1, 0);
        assert!(many.interval_q32.abs_diff((4 * NS_PER_S) << 32) < 1 << 32);
        assert!(many.start_ns < 4 * NS_PER_S);
    }

    #[test]
    fn unlimited_has_no_interval() {
        let plan = RatePlan::new(Rate::Unlimited, RateScope::Total, String::new(), LatePolicy::CatchUp, 2);
        assert_eq!(plan.order(1, 9), RateOrder { start_ns: 9, interval_q32: 0 });
        assert_eq!(plan.to_string(), "2 producers × unlimited (as fast as its queue takes them)");
    }

    #[test]
    fn rates_are_printed_with_groups_and_no_useless_decimals() {
        assert_eq!(plan(1_000_000.0, RateScope::Total, 3).to_string(), "3 producers × 333,333.33 = 1,000,000 msg/s");
        assert_eq!(plan(0.5, RateScope::Total, 1).to_string(), "1 producer × 0.5 = 0.5 msg/s");
    }
}
