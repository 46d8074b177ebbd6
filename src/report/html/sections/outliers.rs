//! Who differs from the others of its kind.

use super::super::words::percent;

/// One is named when it is this many median distances from the median …
const DISTANCES: f64 = 5.0;
/// … and this share of it.
const SHARE: f64 = 0.1;

/// The rule in words, without its subject: `by more than 10 % and …`.
pub(super) fn rule() -> String {
    format!("by more than {} and five times what is usual between them", percent(SHARE))
}

/// The median, and the places of those that are far from it. None: of two nobody can say which is the odd one.
pub(super) fn odd_ones(values: &[f64]) -> Option<(f64, Vec<usize>)> {
    let middle = median(values.to_vec()).filter(|_| values.len() > 2)?;
    let usual = median(values.iter().map(|value| (value - middle).abs()).collect()).unwrap_or(0.0);
    let odd = |(_, value): &(usize, &f64)| {
        let distance = (*value - middle).abs();
        distance > DISTANCES * usual && distance > SHARE * middle.abs()
    };
    Some((middle, values.iter().enumerate().filter(odd).map(|(at, _)| at).collect()))
}

/// The upper one of two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
