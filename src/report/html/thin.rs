//! Long columns made short enough to draw, with every extreme kept.

/// Columns over one axis of times, as the page draws them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct Thinned {
    /// s since the load's epoch.
    pub(super) at_s: Vec<f64>,
    /// As many values each; None: not known.
    pub(super) columns: Vec<Vec<Option<f64>>>,
    /// How many rows stand behind two that are drawn; 0: all are drawn.
    pub(super) rows_of_two: usize,
}

/// Keeps `at_most` rows: each stretch of rows becomes two, which hold each column's smallest and largest value of the
/// stretch in the order in which they came. Columns must be as long as `at_s`.
pub(super) fn thinned(at_s: Vec<f64>, columns: Vec<Vec<Option<f64>>>, at_most: usize) -> Thinned {
    let stretches = (at_most / 2).max(1);
    if at_s.len() <= stretches * 2 {
        return Thinned { at_s, columns, rows_of_two: 0 };
    }
    let rows = at_s.len().div_ceil(stretches);
    let times = at_s.chunks(rows).flat_map(|times| [times[0], times[times.len() / 2]]).collect();
    let columns = columns.iter().map(|column| column.chunks(rows).flat_map(extremes).collect()).collect();
    Thinned { at_s: times, columns, rows_of_two: rows }
}

/// Smallest and largest, the earlier first.
fn extremes(stretch: &[Option<f64>]) -> [Option<f64>; 2] {
    let known = || stretch.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at, value)));
    let least = known().min_by(|a, b| a.1.total_cmp(&b.1));
    let most = known().max_by(|a, b| a.1.total_cmp(&b.1));
    match (least, most) {
        (Some(least), Some(most)) if least.0 > most.0 => [Some(most.1), Some(least.1)],
        (Some(least), Some(most)) => [Some(least.1), Some(most.1)],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_becomes_as_few_rows_as_asked_for_and_keeps_every_extreme() {
        let day = 86_400;
        let at_s: Vec<f64> = (0..day).map(f64::from).collect();
        let mut column: Vec<Option<f64>> = vec![Some(10.0); at_s.len()];
        column[40_000] = Some(99.0);
        column[70_001] = Some(1.0);
        column[..100].fill(None);
        let few = thinned(at_s, vec![column], 1_000);
        assert!(few.at_s.len() <= 1_000 && few.at_s.len() == few.columns[0].len(), "{}", few.at_s.len());
        assert!(few.at_s.is_sorted());
        assert!(few.columns[0].contains(&Some(99.0)) && few.columns[0].contains(&Some(1.0)));
        assert_eq!((few.columns[0][0], few.rows_of_two), (Some(10.0), 173));
    }

    #[test]
    fn what_is_short_is_left_alone() {
        let few = thinned(vec![1.0, 2.0], vec![vec![Some(1.0), None]], 100);
        assert_eq!((few.columns, few.rows_of_two), (vec![vec![Some(1.0), None]], 0));
    }
}
