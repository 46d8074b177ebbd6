//! The last distinct errors of a client, with how often and when: as many as the segment has cells for.

use crate::telemetry::ClientEnd;
use crate::telemetry::witness::{TROUBLES, WitnessedError};

/// Distinct errors, how often each came, and when last.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    cells: Vec<WitnessedError>,
    /// Cells that have changed since they were published, a bit each.
    changed: u32,
}

impl Troubles {
    /// `count` times more, the last of them now. A new one takes the place of that which has not come for longest.
    pub(super) fn note(&mut self, text: &str, count: u64, now_ns: u64) {
        let known = self.cells.iter().position(|trouble| trouble.text == text);
        let cell = known.unwrap_or_else(|| {
            let new = WitnessedError { text: text.to_owned(), count: 0, first_ns: now_ns, last_ns: now_ns };
            if self.cells.len() < TROUBLES {
                self.cells.push(new);
                return self.cells.len() - 1;
            }
            let oldest = (0..TROUBLES).min_by_key(|cell| self.cells[*cell].last_ns).unwrap_or(0);
            self.cells[oldest] = new;
            oldest
        });
        self.cells[cell].count += count;
        self.cells[cell].last_ns = now_ns;
        self.changed |= 1 << cell;
    }

    /// Tells the supervisor what has changed.
    pub(super) fn publish(&mut self, end: &mut ClientEnd) {
        if self.changed == 0 {
            return;
        }
        for (cell, trouble) in self.cells.iter().enumerate() {
            if self.changed >> cell & 1 == 1 {
                end.publish_trouble(cell, trouble);
            }
        }
        self.changed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_distinct_ones_are_kept_with_count_and_times() {
        let mut troubles = Troubles::default();
        troubles.note("refused", 1, 10);
        troubles.note("refused", 2, 30);
        assert_eq!((troubles.cells[0].count, troubles.cells[0].first_ns, troubles.cells[0].last_ns), (3, 10, 30));
        (0..7).for_each(|i| troubles.note(&format!("other {i}"), 1, 40 + i));
        troubles.note("refused", 1, 50);
        troubles.note("one more", 1, 60);
        let texts: Vec<&str> = troubles.cells.iter().map(|trouble| &*trouble.text).collect();
        assert_eq!(texts.len(), TROUBLES);
        assert!(texts.contains(&"refused") && texts.contains(&"one more") && !texts.contains(&"other 0"), "{texts:?}");
    }
}
