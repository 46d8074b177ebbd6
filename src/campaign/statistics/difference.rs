//! How much larger one side is than the other, as a share, with its interval.

use super::series_mean::{SeriesMean, chance, quantile};

/// New against base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// new ÷ base − 1.
    pub share: f64,
    /// The lower end of its interval.
    pub from_share: f64,
    /// The upper end.
    pub to_share: f64,
    /// The chance of such a difference, if there is none.
    pub chance: f64,
}

/// Certainty of intervals.
pub const CERTAINTY: f64 = 0.95;

impl Difference {
    /// Of two means above 0; on the scale of ratios, with the degrees of freedom of Welch and Satterthwaite. None: a
    /// mean is not above 0.
    pub fn of(base: &SeriesMean, new: &SeriesMean) -> Option<Self> {
        if base.mean <= 0.0 || new.mean <= 0.0 {
            return None;
        }
        let part = |side: &SeriesMean| (side.standard_error / side.mean).powi(2);
        let (base_part, new_part) = (part(base), part(new));
        let error = (base_part + new_part).sqrt();
        let ratio = (new.mean / base.mean).ln();
        let share = ratio.exp_m1();
        if error <= 0.0 {
            let chance = if ratio.abs() < 1e-12 { 1.0 } else { 0.0 };
            return Some(Self { share, from_share: share, to_share: share, chance });
        }
        let freedom = error.powi(4) / (base_part.powi(2) / base.freedom + new_part.powi(2) / new.freedom);
        let reach = quantile(freedom, CERTAINTY) * error;
        Some(Self {
            share,
            from_share: (ratio - reach).exp_m1(),
            to_share: (ratio + reach).exp_m1(),
            chance: chance(ratio / error, freedom),
        })
    }
}
