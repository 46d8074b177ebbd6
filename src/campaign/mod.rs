//! Many runs as one question: is it better, and how sure is that; how much can it take.
//!
//! Pure: runs are made and files read by `cli`. `statistics` has the intervals, `compare` two sides of results,
//! `capacity_search` the highest rate, `matrix` the points of a campaign and their order, `sweep` what became of them.

pub mod capacity_search;
pub mod compare;
pub mod matrix;
pub mod statistics;
pub mod sweep;
