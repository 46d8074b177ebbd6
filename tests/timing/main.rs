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

/// Scenes at once. Tolerances leave room for one neighbour; a single client, whose loop spins, plays alone.
const PLACES: usize = 2;
