//! The built program where CPUs and moments are what is looked at: verdicts, placement, calibrations.

mod bench_self;
mod calibrate;
mod placement;
#[path = "../scene/mod.rs"]
mod scene;
mod system_answer;
mod verdict;
mod verdict_clocks;
mod verdict_threads;

/// Scenes at once. Thresholds and tolerances leave room for one neighbour; what takes whole CPUs plays alone.
const PLACES: usize = 2;
