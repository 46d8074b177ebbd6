//! Does a series change while it is looked at? A straight line, and what is left around it.

use super::series_mean::{chance, quantile};
use super::{CERTAINTY, Difference, SeriesMean};

/// Shorter series have no trend.
const FEWEST: usize = 9;

/// The fitted change from the middle of the first third to the middle of the last, as a share of the former. Neighbours
/// that hang together widen its interval as they do that of a mean. None: too short, or not above 0.
pub fn trend(values: &[f64]) -> Option<Difference> {
    if values.len() < FEWEST {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let middle = (count - 1.0) / 2.0;
    let at = |position: usize| position as f64 - middle;
    let square: f64 = (0..values.len()).map(|position| at(position).powi(2)).sum();
    let slope = values.iter().enumerate().map(|(position, value)| at(position) * (value - mean)).sum::<f64>() / square;
    let rest: Vec<f64> = values.iter().enumerate().map(|(position, value)| value - slope * at(position)).collect();
    let around = SeriesMean::of_series(&rest)?;
    let reach = 2.0 * count / 3.0;
    let (change, first) = (slope * reach, mean - slope * reach / 2.0);
    if first <= 0.0 {
        return None;
    }
    // The error of a slope from that of the mean of as many values.
    let error = around.standard_error * count.sqrt() / square.sqrt() * reach;
    let freedom = (around.freedom - 1.0).max(1.0);
    let half = quantile(freedom, CERTAINTY) * error;
    let chance = if error > 0.0 { chance(change / error, freedom) } else { f64::from(u8::from(change == 0.0)) };
    Some(Difference {
        share: change / first,
        from_share: (change - half) / first,
        to_share: (change + half) / first,
        chance,
    })
}
