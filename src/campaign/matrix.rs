//! The points of a campaign, and the order in which they are visited.

/// One run: which point, for which time. Both count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Visit {
    /// The point.
    pub point: usize,
    /// Its how-manieth run.
    pub repeat: u32,
}

/// Every choice of a step of each dimension, the last dimension changing fastest. Without dimensions there is one
/// point.
pub fn points(steps: &[usize]) -> Vec<Vec<usize>> {
    steps.iter().fold(vec![Vec::new()], |chosen, steps| {
        chosen.iter().flat_map(|chosen| (0..*steps).map(|step| [chosen.as_slice(), &[step]].concat())).collect()
    })
}

/// All runs in their order: every point once, then every point again. With a seed each round is shuffled; without one
/// it goes there and back, so that what changes slowly with time meets every point alike. Of an odd number of rounds
/// the last begins in the middle.
pub fn visits(points: usize, repeats: u32, seed: Option<u64>) -> Vec<Visit> {
    let mut dice = seed.map(fastrand::Rng::with_seed);
    let round = |repeat: u32| {
        let mut round: Vec<usize> = (0..points).collect();
        match &mut dice {
            Some(dice) => dice.shuffle(&mut round),
            None if repeat % 2 == 1 => round.reverse(),
            None if repeat > 0 && repeat + 1 == repeats => round.rotate_left(points / 2),
            None => {}
        }
        round.into_iter().map(move |point| Visit { point, repeat }).collect::<Vec<_>>()
    };
    (0..repeats).flat_map(round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_meets_every_other_and_the_last_dimension_changes_fastest() {
        assert_eq!(points(&[2, 3]), [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        assert_eq!(points(&[]), [Vec::<usize>::new()]);
    }

    /// The mean place of each point in the order.
    fn mean_places(visits: &[Visit], points: usize) -> Vec<f64> {
        let places = |point| {
            let places = visits.iter().enumerate().filter(move |(_, visit)| visit.point == point);
            places.map(|(place, _)| place as f64).collect::<Vec<_>>()
        };
        (0..points).map(|point| places(point).iter().sum::<f64>() / places(point).len() as f64).collect()
    }

    #[test]
    fn every_point_runs_once_in_each_round_and_none_is_always_early() {
        for (points, repeats) in [(1, 1), (4, 2), (6, 3), (5, 4), (12, 3), (7, 5)] {
            let visits = visits(points, repeats, None);
            assert_eq!(visits.len(), points * repeats as usize);
            for round in visits.chunks(points) {
                let mut seen: Vec<usize> = round.iter().map(|visit| visit.point).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..points).collect::<Vec<_>>());
                assert!(round.iter().all(|visit| visit.repeat == round[0].repeat));
            }
            let places = mean_places(&visits, points);
            let apart =
                places.iter().copied().fold(f64::MIN, f64::max) - places.iter().copied().fold(f64::MAX, f64::min);
            let most = if repeats % 2 == 0 { 0.0 } else { points as f64 / f64::from(repeats) };
            assert!(apart <= most + 1e-9, "{points} points, {repeats} rounds: {places:?}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_shuffled_order_every_time() {
        let order = visits(10, 2, Some(7));
        assert_eq!(order, visits(10, 2, Some(7)));
        assert_ne!(order, visits(10, 2, Some(8)));
        assert_ne!(order, visits(10, 2, None));
    }
}
