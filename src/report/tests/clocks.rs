//! When end-to-end times between hosts are of use.

use super::fixture::{completed_series, plan};
use crate::report::clocks::EndToEndClocks;

#[test]
fn figures_are_of_use_as_long_as_their_median_is_above_the_clocks_error() {
    let plan = plan();
    let mut series = completed_series(&plan);
    let mut usable = |error_ns| {
        series.end.iter_mut().for_each(|end| end.end_to_end_clock_error_ns = error_ns);
        EndToEndClocks::of(&series).map(|clocks| clocks.usable)
    };
    assert_eq!(usable(None), None, "one host");
    assert_eq!(usable(Some(0)), Some(true), "one clock");
    assert_eq!(usable(Some(1)), Some(true));
    assert_eq!(usable(Some(3_600_000_000_000)), Some(false));
    series.cumulative = None;
    let nothing = EndToEndClocks::of(&series).map(|clocks| clocks.usable);
    assert_eq!(nothing, Some(false), "other clocks, and nothing measured");
}
