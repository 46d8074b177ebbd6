//! A producer's way along a rate curve: from which message on which schedule holds, and until when.

use crate::plan::curve::{RateCurve, RateSteps};
use crate::plan::schedule::{LONGEST_INTERVAL_Q32, interval_q32};
use crate::telemetry::RateOrder;
use crate::units::NS_PER_S;

/// Where one producer stands on a rate curve.
#[derive(Debug, Clone)]
pub(super) struct RateCursor {
    stairs: RateSteps,
    producers: f64,
    /// Messages of all before this producer's first: on an even schedule its number and half a message.
    first: f64,
    /// When the load begins: raw ns, seconds on the curve, and the messages that are past by then.
    epoch_ns: u64,
    begin_s: f64,
    past: f64,
}

impl RateCursor {
    /// One of `producers`; its first message is due when the rates add up to `first`. The load begins at `epoch`: raw
    /// ns, and the same moment as Unix time in ns.
    pub(super) fn new(curve: &RateCurve, first: f64, producers: u32, (epoch_ns, epoch_wall_ns): (u64, i128)) -> Self {
        let stairs = curve.stairs();
        let begin_s = curve.begin_s(epoch_wall_ns);
        let past = stairs.messages_until(begin_s);
        Self { stairs, producers: f64::from(producers.max(1)), first, epoch_ns, begin_s, past }
    }

    /// The schedule that holds after so many messages of this producer, and the raw time until which it does.
    pub(super) fn schedule_at(&self, own: f64) -> (RateOrder, u64) {
        let messages = self.past + self.first + own * self.producers;
        match self.stairs.stand(messages) {
            // Never: a schedule that begins at the end of time.
            None => (RateOrder { start_ns: u64::MAX, interval_q32: LONGEST_INTERVAL_Q32 }, u64::MAX),
            Some(stand) => {
                let interval_q32 = interval_q32(self.producers, stand.per_s);
                let order = RateOrder { start_ns: self.raw_ns(stand.at_s), interval_q32 };
                // At least the one message is on it.
                (order, self.raw_ns(stand.until_s).max(order.start_ns.saturating_add(1)))
            }
        }
    }

    fn raw_ns(&self, on_curve_s: f64) -> u64 {
        self.epoch_ns.saturating_add(whole((on_curve_s - self.begin_s) * NS_PER_S_F))
    }
}

#[expect(clippy::cast_precision_loss, reason = "10^9")]
const NS_PER_S_F: f64 = NS_PER_S as f64;

fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float to integer casts saturate")]
    let whole = number.round() as u64;
    whole
}

#[cfg(test)]
mod tests {
    use crate::load::pacer::{Due, Pacer};
    use crate::plan::curve::{RateCurve, RatePoint};
    use crate::plan::{Arrivals, LatePolicy};

    const S: u64 = 1_000_000_000;

    fn curve(points: &[(f64, f64)], slopes: bool, cycle_s: Option<f64>) -> RateCurve {
        let points = points.iter().map(|(at_s, per_s)| RatePoint { at_s: *at_s, per_s: *per_s }).collect();
        RateCurve { points, slopes, cycle_s, clock_offset_s: None }
    }

    /// Intended times of all messages of producer `index` within `length_s`, seen by a loop that looks every `step_ns`.
    fn sends(curve: &RateCurve, index: u32, producers: u32, length_s: u64, step_ns: u64) -> Vec<u64> {
        let mut pacer = Pacer::along(curve, (index, producers), (7 * S, 0), LatePolicy::CatchUp, Arrivals::Uniform);
        let (mut times, mut now) = (Vec::new(), 7 * S);
        while now <= (7 + length_s) * S {
            match pacer.due(now, 1_000) {
                Due::Now { count } => {
                    times.extend((0..count).map(|i| pacer.intended_ns(i) - 7 * S));
                    pacer.sent(count);
                }
                Due::At { .. } => now += step_ns,
            }
        }
        times
    }

    #[test]
    fn each_step_has_its_rate_to_the_message_however_many_producers_share_it() {
        let curve = curve(&[(0.0, 100.0), (2.0, 1_000.0), (3.0, 10.0)], false, None);
        for producers in [1, 3, 7] {
            let mut all: Vec<u64> =
                (0..producers).flat_map(|index| sends(&curve, index, producers, 10, 1_000_000)).collect();
            all.sort_unstable();
            let within = |from: u64, to: u64| all.iter().filter(|time| (from * S..to * S).contains(time)).count();
            assert_eq!((within(0, 2), within(2, 3), within(3, 10)), (200, 1_000, 70), "{producers}");
        }
    }

    #[test]
    fn who_is_late_catches_up_on_the_schedule_of_the_time_missed() {
        let curve = curve(&[(0.0, 100.0), (2.0, 1_000.0), (3.0, 10.0)], false, None);
        assert!(sends(&curve, 0, 1, 8, 1_000_000) == sends(&curve, 0, 1, 8, 4 * S), "a loop that looks every 4 s");
    }

    #[test]
    fn a_slow_rate_on_a_curve_is_kept_too() {
        let curve = curve(&[(0.0, 0.1)], false, None);
        assert_eq!(sends(&curve, 0, 1, 100, 1_000_000).len(), 10);
    }

    #[test]
    fn bursts_come_and_go_and_slopes_rise() {
        let bursts = sends(&curve(&[(0.0, 0.0), (8.0, 50.0)], false, Some(10.0)), 0, 1, 30, 1_000_000);
        assert_eq!(bursts.len(), 300);
        assert!(bursts.iter().all(|time| time % (10 * S) >= 8 * S));
        let slope = sends(&curve(&[(0.0, 0.0), (10.0, 100.0)], true, None), 0, 1, 10, 1_000_000);
        assert_eq!(slope.len(), 500);
        assert!(slope.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
