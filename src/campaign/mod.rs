//! Many runs as one question: is it better, and how sure is that; how much can it take.
//!
//! Pure: runs are made and files read by `cli`. `statistics` has the intervals, `compare` two sides of results, `capacity_search` the highest rate.

pub mod capacity_search;
pub mod compare;
pub mod statistics;
