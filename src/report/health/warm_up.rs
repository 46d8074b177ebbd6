//! Was the warm-up long enough? While a system warms up its acknowledgements become faster; the second half of the
//! measurement shows where they end.

use super::seconds::{RoleSecond, median, median_over_time};

/// Shorter measurements have no second half to compare with.
const LEAST_SECONDS: usize = 6;
/// Differences below this are the machine's, not a warm-up's.
const LEAST_NS: f64 = 50_000.0;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct WarmUp {
    /// Median acknowledgement time in the first second of the measurement.
    pub first_p50_ns: u64,
    /// The same in its second half.
    pub settled_p50_ns: u64,
    /// The system was still warming up so long; null: longer than half of the measurement.
    pub settled_after_s: Option<u32>,
}

impl WarmUp {
    /// `share`: deviation at which a second still belongs to the warm-up.
    pub(super) fn of(seconds: &[RoleSecond], share: f64) -> Option<Self> {
        let medians: Vec<(u64, u64)> =
            seconds.iter().filter_map(|second| Some((median(second.p50_ns.clone())?, second.span_s))).collect();
        if medians.len() < LEAST_SECONDS {
            return None;
        }
        let all_s: u64 = medians.iter().map(|(_, span_s)| span_s).sum();
        let begin_s = |row: usize| medians[..row].iter().map(|(_, span_s)| span_s).sum::<u64>();
        let half = (0..medians.len()).rev().find(|row| 2 * begin_s(*row) <= all_s)?;
        let settled_p50_ns = median_over_time(medians[half..].to_vec())?;
        let highest = settled_p50_ns as f64 + (settled_p50_ns as f64 * share).max(LEAST_NS);
        // Two in a row, so that one quiet second in the middle of it ends nothing.
        let settled = medians[..=half].windows(2).position(|two| two.iter().all(|(ns, _)| *ns as f64 <= highest));
        // One second alone is what any machine does now and then.
        let settled_after_s = settled
            .map(|at| u32::try_from(begin_s(at)).unwrap_or(u32::MAX))
            .map(|at_s| if at_s < 2 { 0 } else { at_s });
        Some(Self { first_p50_ns: medians[0].0, settled_p50_ns, settled_after_s })
    }

    /// Was it too short?
    pub fn too_short(&self) -> bool {
        self.settled_after_s != Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(p50_us: &[u64]) -> Option<WarmUp> {
        let seconds: Vec<RoleSecond> = p50_us
            .iter()
            .map(|us| RoleSecond { span_s: 1, p50_ns: vec![us * 1_000], ..RoleSecond::default() })
            .collect();
        WarmUp::of(&seconds, 0.25)
    }

    #[test]
    fn seconds_that_are_slower_than_the_second_half_still_warm_up() {
        let found = of(&[9_000, 5_000, 2_500, 1_100, 1_000, 1_050, 1_000, 990, 1_010, 1_000]).unwrap();
        assert_eq!((found.settled_after_s, found.settled_p50_ns), (Some(3), 1_000_000));
        assert!(found.too_short());
        let never = of(&[9_000, 9_000, 9_000, 9_000, 9_000, 1_000, 1_000, 1_000, 1_000, 1_000]).unwrap();
        assert_eq!((never.settled_after_s, never.too_short()), (None, true));
    }

    #[test]
    fn a_level_run_or_one_slow_second_or_some_microseconds_are_no_warm_up() {
        for level in
            [[1_000; 8], [1_800, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000], [60, 60, 60, 20, 20, 20, 20, 20]]
        {
            assert_eq!(of(&level).unwrap().settled_after_s, Some(0), "{level:?}");
        }
        assert_eq!(of(&[1_000; 5]), None);
    }
}
