//! Rows that grow coarser as they age, so that their number is bounded however long they are gathered.

/// How far the rows of one list have aged: the newest stay as they are, those before them are joined, twice as many in
/// each whenever there are too many. So the old part has one resolution throughout.
#[derive(Debug, Clone)]
pub struct RowAging {
    newest: usize,
    most_old: usize,
    /// Old rows, at the front of the list.
    old: usize,
    /// Rows in each of them.
    grain: u32,
    /// Rows in the last of them.
    filling: u32,
}

impl RowAging {
    /// A list has at most `newest` + `most_old` rows (and one more while it is aged).
    pub const fn new(newest: usize, most_old: usize) -> Self {
        Self { newest, most_old, old: 0, grain: 1, filling: 0 }
    }

    /// Ages a list that has grown at its end. `join` makes one row of two that follow each other.
    pub fn age<T>(&mut self, rows: &mut Vec<T>, mut join: impl FnMut(&mut T, T)) {
        while rows.len() > self.old + self.newest {
            if (1..self.grain).contains(&self.filling) {
                let row = rows.remove(self.old);
                join(&mut rows[self.old - 1], row);
                self.filling += 1;
            } else {
                self.old += 1;
                self.filling = 1;
            }
        }
        if self.old > self.most_old {
            self.halve(rows, join);
        }
    }

    fn halve<T>(&mut self, rows: &mut Vec<T>, mut join: impl FnMut(&mut T, T)) {
        let young = rows.split_off(self.old);
        let mut old = std::mem::take(rows).into_iter();
        while let Some(mut row) = old.next() {
            if let Some(second) = old.next() {
                join(&mut row, second);
            }
            rows.push(row);
        }
        if self.old.is_multiple_of(2) {
            self.filling += self.grain;
        }
        self.grain = self.grain.saturating_mul(2);
        self.old = rows.len();
        rows.extend(young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// (begin, end)
    type RowSpan = (u32, u32);

    fn gathered(count: u32, newest: usize, most_old: usize) -> (Vec<RowSpan>, usize) {
        let (mut rows, mut most, mut ageing) = (Vec::new(), 0, RowAging::new(newest, most_old));
        for second in 0..count {
            rows.push((second, second + 1));
            ageing.age(&mut rows, |row, later| {
                assert_eq!(row.1, later.0, "neighbours");
                row.1 = later.1;
            });
            most = most.max(rows.len());
        }
        (rows, most)
    }

    #[test]
    fn a_week_of_seconds_becomes_some_hundred_rows_of_one_length() {
        let (rows, most) = gathered(7 * 86_400, 100, 200);
        assert!(most <= 301, "{most}");
        let lengths: Vec<u32> = rows.iter().map(|(begin, end)| end - begin).collect();
        let old = lengths.len() - 100;
        assert!(old > 100, "{old}");
        assert!(lengths[..old - 1].iter().all(|length| *length == 4_096), "{lengths:?}");
        assert!(lengths[old..].iter().all(|length| *length == 1), "the newest stay as they were");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_changes_its_place(
            count in 1_u32..3_000,
            newest in 0_usize..60,
            most_old in 1_usize..60,
        ) {
            let (rows, most) = gathered(count, newest, most_old);
            prop_assert!(most <= newest + most_old + 1, "{most}");
            prop_assert!((rows[0].0, rows[rows.len() - 1].1) == (0, count));
            prop_assert!(rows.windows(2).all(|two| two[0].1 == two[1].0));
            let old = &rows[..rows.len() - newest.min(rows.len())];
            prop_assert!(old.windows(2).all(|two| two[0].1 - two[0].0 >= two[1].1 - two[1].0), "{old:?}");
        }
    }
}
