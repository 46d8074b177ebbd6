//! The mean of a series whose values hang together: batch means.
//!
//! Neighbouring periods of a run resemble each other; taken as independent they would promise more than they hold.
//! Batches of neighbours are averaged instead, as long as needed for their means to be nearly independent, and the
//! interval is that of the batch means (Student's t). What dependence the batches still show widens it as for a
//! first-order autoregression.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesMean {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of that error.
    pub freedom: f64,
    /// How many independent values would tell as much.
    pub effective_count: f64,
}

/// Fewer values have no interval.
pub const FEWEST: usize = 4;
/// Fewer batches are not made.
const FEWEST_BATCHES: usize = 10;

impl SeriesMean {
    /// Of repeats, or of other values that have nothing to do with each other. None: fewer than two.
    pub fn of_independent(values: &[f64]) -> Option<Self> {
        let (mean, variance) = moments(values)?;
        let count = values.len() as f64;
        let standard_error = (variance / count).sqrt();
        Some(Self { mean, standard_error, freedom: count - 1.0, effective_count: count })
    }

    /// Of the values of one run in their order. None: too few.
    pub fn of_series(values: &[f64]) -> Option<Self> {
        if values.len() < FEWEST {
            return None;
        }
        let (_, variance) = moments(values)?;
        let (mut size, mut best) = (1, values.to_vec());
        while dependence(&best) > 2.0 / (best.len() as f64).sqrt() && values.len() / (size + 1) >= FEWEST_BATCHES {
            size += 1 + size / 4;
            size = size.min(values.len() / FEWEST_BATCHES);
            best = batches(values, size);
        }
        let (_, between) = moments(&best)?;
        let count = best.len() as f64;
        // Short series hide dependence: the estimate is low by about (1 + 4 r) / n.
        let seen = dependence(&best);
        let left = if size == 1 && seen <= 0.0 { 0.0 } else { (seen + (1.0 + 4.0 * seen) / count).clamp(0.0, 0.9) };
        let left = if seen > 1.0 / count.sqrt() { left } else { 0.0 };
        let inflation = (1.0 + left) / (1.0 - left);
        let standard_error = (between * inflation / count).sqrt();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let freedom = ((count / inflation).max(2.0) - 1.0).max(1.0);
        let effective_count =
            if standard_error > 0.0 { variance / standard_error.powi(2) } else { values.len() as f64 };
        Some(Self { mean, standard_error, freedom, effective_count: effective_count.min(values.len() as f64) })
    }

    /// Half of the interval that holds the true mean with this certainty (0.95).
    pub fn half_width(&self, certainty: f64) -> f64 {
        quantile(self.freedom, certainty) * self.standard_error
    }
}

/// How many standard errors an interval of this certainty reaches to either side.
pub(super) fn quantile(freedom: f64, certainty: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom.max(1.0)) {
        Ok(student) => student.inverse_cdf(0.5 + certainty / 2.0),
        Err(_) => f64::INFINITY,
    }
}

/// The chance of a value this far from 0, in standard errors, if nothing is there.
pub(super) fn chance(errors: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom.max(1.0)) {
        Ok(student) => 2.0 * student.sf(errors.abs()),
        Err(_) => 1.0,
    }
}

fn moments(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((mean, variance))
}

/// Means of `size` neighbours each; what is left over at the beginning is not used for the spread.
fn batches(values: &[f64], size: usize) -> Vec<f64> {
    let left_over = values.len() % size;
    values[left_over..].chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect()
}

/// Correlation of neighbours.
fn dependence(values: &[f64]) -> f64 {
    let Some((mean, variance)) = moments(values) else { return 0.0 };
    if variance <= 0.0 {
        return 0.0;
    }
    let together: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    together / (variance * (values.len() as f64 - 1.0))
}
