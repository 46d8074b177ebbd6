//! A rate that changes over time by plan: steps, bursts, AutoMQ's `producerRateList`.
//!
//! Every producer works the whole curve out by itself, so no order is on its way while the rate changes and all hosts
//! change together. Message `n` of all producers together is due when the rates until then add up to `n` + ½; producer
//! `p` of `P` sends the messages `p`, `p` + `P`, `p` + 2`P`, …

use crate::units::NS_PER_S;

/// A day, for curves by the clock.
pub const DAY_S: f64 = 86_400.0;
/// A slope is made of steps of this length, each with the rate of its middle: their messages add up to those of the
/// slope.
const STAIR_S: f64 = 1.0;

/// A rate at a time.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct RatePoint {
    /// From when on.
    ///
    /// Seconds since the load began (by the clock: since midnight).
    #[schemars(extend("unit" = "s since the load's epoch, by the clock since midnight"))]
    pub at_s: f64,
    /// Rate of all producers together.
    #[schemars(extend("unit" = "messages/s"))]
    pub per_s: f64,
}

/// Rates of all producers together, msg/s, over the time of the load.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct RateCurve {
    /// The rates of the curve in order of time.
    pub points: Vec<RatePoint>,
    /// True: the rate changes evenly from point to point; false: it holds until the next point.
    pub slopes: bool,
    /// After this the curve begins again; null: the last rate stays.
    pub cycle_s: Option<f64>,
    /// Local time minus UTC, for a curve by the clock; null: the curve begins with the load.
    pub clock_offset_s: Option<i32>,
}

impl RateCurve {
    /// The highest rate.
    pub fn highest_per_s(&self) -> f64 {
        self.points.iter().map(|point| point.per_s).fold(0.0, f64::max)
    }

    /// The lowest rate.
    pub fn lowest_per_s(&self) -> f64 {
        self.points.iter().map(|point| point.per_s).fold(f64::INFINITY, f64::min)
    }

    /// Time on the curve when the load begins at `epoch_wall_ns` (Unix time).
    pub fn begin_s(&self, epoch_wall_ns: i128) -> f64 {
        let Some(offset_s) = self.clock_offset_s else { return 0.0 };
        let local_ns = epoch_wall_ns + i128::from(offset_s) * i128::from(NS_PER_S);
        let day_ns = 86_400 * i128::from(NS_PER_S);
        #[expect(clippy::cast_precision_loss, reason = "below 2^47")]
        let since_midnight_ns = local_ns.rem_euclid(day_ns) as f64;
        since_midnight_ns / 1e9
    }

    /// Steps of constant rate, slopes cut into seconds.
    pub fn stairs(&self) -> RateSteps {
        let mut steps: Vec<Step> = Vec::new();
        let mut messages = 0.0;
        let mut push = |from_s: f64, to_s: f64, per_s: f64| {
            steps.push(Step { from_s, per_s, messages_before: messages });
            messages += per_s * (to_s - from_s).max(0.0);
        };
        let ends = self.points.iter().skip(1).map(|next| (next.at_s, next.per_s));
        let end = self.cycle_s.map(|cycle_s| (cycle_s, self.points[0].per_s));
        for (point, (to_s, to_per_s)) in self.points.iter().zip(ends.chain(end)) {
            if !self.slopes || (to_per_s - point.per_s).abs() < f64::EPSILON {
                push(point.at_s, to_s, point.per_s);
                continue;
            }
            let length_s = to_s - point.at_s;
            let mut from_s = point.at_s;
            while from_s < to_s {
                let until_s = (from_s + STAIR_S).min(to_s);
                let share = (f64::midpoint(from_s, until_s) - point.at_s) / length_s;
                push(from_s, until_s, point.per_s + (to_per_s - point.per_s) * share);
                from_s = until_s;
            }
        }
        if self.cycle_s.is_none()
            && let Some(last) = self.points.last()
        {
            push(last.at_s, last.at_s, last.per_s);
        }
        RateSteps { steps, cycle_s: self.cycle_s.unwrap_or(f64::INFINITY), cycle_messages: messages }
    }
}

#[derive(Debug, Clone, Copy)]
struct Step {
    from_s: f64,
    per_s: f64,
    /// Messages of the steps before it in the cycle.
    messages_before: f64,
}

/// A curve as steps.
#[derive(Debug, Clone)]
pub struct RateSteps {
    steps: Vec<Step>,
    cycle_s: f64,
    cycle_messages: f64,
}

/// Where a message stands on the stairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePosition {
    /// When it is due, seconds on the curve.
    pub at_s: f64,
    /// Rate of its step, messages per second.
    pub per_s: f64,
    /// End of its step.
    pub until_s: f64,
}

impl RateSteps {
    /// Messages due from the curve's beginning (and whole cycles) until `at_s`.
    pub fn messages_until(&self, at_s: f64) -> f64 {
        let (cycles, in_cycle_s) = if self.cycle_s.is_finite() {
            ((at_s / self.cycle_s).floor(), at_s.rem_euclid(self.cycle_s))
        } else {
            (0.0, at_s)
        };
        let step = self.steps.partition_point(|step| step.from_s <= in_cycle_s).saturating_sub(1);
        let Some(step) = self.steps.get(step) else { return 0.0 };
        let whole = if cycles > 0.0 { cycles * self.cycle_messages } else { 0.0 };
        whole + step.messages_before + step.per_s * (in_cycle_s - step.from_s)
    }

    /// When the rates add up to so many messages. None: never.
    pub fn stand(&self, messages: f64) -> Option<RatePosition> {
        if self.cycle_s.is_finite() && self.cycle_messages <= 0.0 {
            return None;
        }
        let cycles = if self.cycle_s.is_finite() { (messages / self.cycle_messages).floor() } else { 0.0 };
        let begin_s = if cycles > 0.0 { cycles * self.cycle_s } else { 0.0 };
        let rest = messages - cycles * self.cycle_messages * f64::from(u8::from(cycles > 0.0));
        // The last step that begins at or before it and has a rate: those without one have no messages.
        let number = self.steps.partition_point(|step| step.messages_before <= rest);
        let number = (0..number).rev().find(|number| self.steps[*number].per_s > 0.0)?;
        let step = self.steps[number];
        let until_s = self.steps.get(number + 1).map_or(self.cycle_s, |next| next.from_s);
        let at_s = step.from_s + (rest - step.messages_before) / step.per_s;
        // Rounding may put it on the very end of its step; behind a last step without a rate it is never due.
        let beyond =
            at_s > until_s + 1e-6 && number + 1 == self.steps.len().saturating_sub(1) && !self.cycle_s.is_finite();
        (!beyond).then_some(RatePosition {
            at_s: begin_s + at_s.min(until_s),
            per_s: step.per_s,
            until_s: begin_s + until_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)], slopes: bool, cycle_s: Option<f64>) -> RateCurve {
        let points = points.iter().map(|(at_s, per_s)| RatePoint { at_s: *at_s, per_s: *per_s }).collect();
        RateCurve { points, slopes, cycle_s, clock_offset_s: None }
    }

    #[test]
    fn steps_hold_until_the_next_and_the_last_one_stays() {
        let stairs = curve(&[(0.0, 10.0), (5.0, 100.0)], false, None).stairs();
        assert_eq!(stairs.messages_until(5.0), 50.0);
        assert_eq!(stairs.messages_until(7.0), 250.0);
        assert_eq!(stairs.stand(0.5), Some(RatePosition { at_s: 0.05, per_s: 10.0, until_s: 5.0 }));
        assert_eq!(stairs.stand(150.0), Some(RatePosition { at_s: 6.0, per_s: 100.0, until_s: f64::INFINITY }));
    }

    #[test]
    fn a_slope_has_as_many_messages_as_its_mean_rate() {
        let stairs = curve(&[(0.0, 0.0), (10.0, 100.0)], true, None).stairs();
        assert!((stairs.messages_until(10.0) - 500.0).abs() < 1e-9);
        assert!((stairs.messages_until(5.0) - 125.0).abs() < 1e-9);
        let stand = stairs.stand(125.0).unwrap();
        assert!((stand.at_s - 5.0).abs() < 1e-9 && stand.per_s > 50.0, "{stand:?}");
    }

    #[test]
    fn a_burst_comes_again_and_its_pauses_have_no_messages() {
        let stairs = curve(&[(0.0, 0.0), (8.0, 50.0)], false, Some(10.0)).stairs();
        assert_eq!(stairs.messages_until(10.0), 100.0);
        assert_eq!(stairs.messages_until(35.0), 300.0);
        assert_eq!(stairs.stand(0.5).map(|stand| stand.at_s), Some(8.01));
        let later = stairs.stand(200.5).unwrap();
        assert!((later.at_s - 28.01).abs() < 1e-9 && (later.until_s - 30.0).abs() < 1e-9, "{later:?}");
    }

    #[test]
    fn behind_a_last_rate_of_0_nothing_is_due() {
        let stairs = curve(&[(0.0, 10.0), (5.0, 0.0)], false, None).stairs();
        assert_eq!(stairs.stand(49.5).map(|stand| stand.at_s), Some(4.95));
        assert_eq!(stairs.stand(50.5), None);
    }

    #[test]
    fn the_clock_says_where_a_curve_by_the_clock_begins() {
        let mut curve = curve(&[(0.0, 1.0)], true, Some(DAY_S));
        curve.clock_offset_s = Some(3_600);
        assert_eq!(curve.begin_s(i128::from(NS_PER_S) * (86_400 * 10 + 7_200)), 10_800.0);
        assert_eq!(curve.begin_s(i128::from(NS_PER_S) * (86_400 - 1_800)), 1_800.0, "past midnight there");
    }
}
