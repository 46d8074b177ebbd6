//! The built program where CPUs and moments are what is looked at: verdicts, placement, calibrations.

mod bench_self;
mod calibrate;
mod placement;
mod system_answer;
mod verdict;
mod verdict_clocks;
mod verdict_threads;
