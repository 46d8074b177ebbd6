//! End-to-end times between hosts are differences of two clocks: what they may be wrong by, and whether they are of
//! use.

use crate::plan::Threshold;
use crate::stats::Latency;
use crate::workload_generator::RunResult;

/// The error of end-to-end times for the clocks of the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct EndToEndClocks {
    /// Largest error of any pair of hosts in any comparison: difference of the clocks + uncertainty of both
    /// measurements + what they moved by between comparisons + stamp_clock_error_ns.
    pub clock_error_ns: u64,
    /// False: that error is more than the least that the median end-to-end time can be (as measured, less the error);
    /// the threshold clock-error-share sets how much more.
    pub usable: bool,
    /// That median, ns.
    #[serde(skip)]
    pub median_ns: Option<u64>,
}

impl EndToEndClocks {
    /// The least that the median can be in truth, ns: of a consumer whose clock is ahead the difference stands in every
    /// time that was measured. None: nothing is certain to be left of it.
    pub fn least_median_ns(&self) -> Option<u64> {
        self.median_ns?.checked_sub(self.clock_error_ns).filter(|least_ns| *least_ns > 0)
    }

    /// None: all clients ran on one host, or nothing was measured end to end.
    pub fn of(result: &RunResult<'_>) -> Option<Self> {
        let clock_error_ns = result.end.as_ref()?.end_to_end_clock_error_ns?;
        let measured = result.cumulative.as_ref().map(|latencies| &latencies[Latency::EndToEndActual]);
        let median_ns = measured.filter(|measured| measured.count() > 0).map(|measured| measured.percentile_ns(50.0));
        let share = result.plan.thresholds[Threshold::ClockErrorShare];
        let mut clocks = Self { clock_error_ns, usable: clock_error_ns == 0, median_ns };
        clocks.usable |=
            clocks.least_median_ns().is_some_and(|least_ns| clock_error_ns as f64 <= least_ns as f64 * share);
        // Of figures in whole ms nobody expects to tell less.
        clocks.usable |= measured.is_some_and(|measured| measured.count() > 0 && clock_error_ns < measured.unit_ns);
        Some(clocks)
    }
}

#[cfg(test)]
mod tests {
    use super::EndToEndClocks;
    use crate::workload_generator::for_tests::{completed_result, plan};

    #[test]
    fn figures_are_of_use_as_long_as_their_median_is_above_the_clocks_error() {
        let plan = plan();
        let mut result = completed_result(&plan);
        let mut usable = |error_ns| {
            result.end.iter_mut().for_each(|end| end.end_to_end_clock_error_ns = error_ns);
            EndToEndClocks::of(&result).map(|clocks| clocks.usable)
        };
        assert_eq!(usable(None), None, "one host");
        assert_eq!(usable(Some(0)), Some(true), "one clock");
        assert_eq!(usable(Some(1)), Some(true));
        assert_eq!(usable(Some(3_600_000_000_000)), Some(false));
        result.cumulative = None;
        let nothing = EndToEndClocks::of(&result).map(|clocks| clocks.usable);
        assert_eq!(nothing, Some(false), "other clocks, and nothing measured");
    }
}
