//! Means, differences and their intervals; `simulation` proves what they promise on series of known truth.

mod difference;
mod holm;
mod series_mean;
#[cfg(test)]
mod simulation;
mod trend;

pub use difference::{CERTAINTY, Difference};
pub use holm::holm;
pub use series_mean::{FEWEST, SeriesMean};
pub use trend::trend;
