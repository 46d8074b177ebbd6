//! Several figures asked at once: Holm's step-down.
//!
//! Of twenty figures one looks different by chance in every comparison of equal things. Holm's rule keeps the chance of
//! any false alarm among all figures together at what is asked of one, and assumes nothing of how they hang together.

/// The chances as they count among all that were asked, in the order given: the smallest × n, the next × (n − 1), …,
/// none below one before it.
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut adjusted = vec![1.0; chances.len()];
    let mut highest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        let left = (chances.len() - rank) as f64;
        highest = highest.max((chances[index] * left).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_chance_is_weighed_by_all() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(adjusted.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{adjusted:?}");
        assert!(holm(&[]).is_empty());
        assert!((holm(&[0.7])[0] - 0.7).abs() < 1e-12);
    }
}
