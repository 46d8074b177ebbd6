//! How late the loop comes to its looks, and what it picks up behind those that are late.
//!
//! Ticks are looks at moments that were set before: they find the loop away as often as a message does that comes by chance. What is picked up
//! between the look before and the look after is counted by it: the gap may have ended in a wait for messages, which picks up what came meanwhile
//! before there is a look. After a gap that is longer than the beat of the ticks these are the very messages that came into it, and
//! some more; of shorter gaps every so many-th is seen, and counts for the others.

use crate::stats::gap::{GAPS, gap_of};
use crate::stats::{Counter, Counters};

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Size of the gap before the last look; None: it was punctual.
    behind: Option<usize>,
    /// Picked up until the last look.
    picked_up: u64,
    counts: [u64; GAPS.len()],
}

impl Looks {
    /// A look that came so late; so much has been picked up until now.
    #[inline]
    pub(super) fn look(&mut self, late_ns: u64, picked_up: u64) {
        let gap = gap_of(late_ns);
        if let Some(gap) = self.behind.max(gap) {
            self.counts[gap] += picked_up.saturating_sub(self.picked_up);
        }
        self.picked_up = picked_up;
        self.behind = gap;
    }

    /// The loop was away for so long, between two looks.
    pub(super) fn stood_still(&mut self, ns: u64) {
        self.behind = self.behind.max(gap_of(ns));
    }

    /// Into the client's counters.
    pub(super) fn count(&self, counters: &mut Counters) {
        let all: [Counter; GAPS.len()] = GAPS.map(|(_, counter)| counter);
        all.into_iter().zip(self.counts).for_each(|(counter, count)| counters[counter] = count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_picked_up_behind_a_late_look_counts_for_its_gap() {
        let mut looks = Looks::default();
        looks.look(0, 100);
        looks.look(2_000_000, 110);
        looks.look(0, 150);
        looks.look(5_000, 160);
        looks.stood_still(50_000);
        looks.look(0, 163);
        looks.look(0, 1_000);
        let mut counters = Counters::default();
        looks.count(&mut counters);
        let found: Vec<_> =
            GAPS.iter().map(|(_, counter)| counters[*counter]).enumerate().filter(|(_, n)| *n > 0).collect();
        assert_eq!(found, [(1, 10), (3, 3), (6, 50)]);
    }
}
