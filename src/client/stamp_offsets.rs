//! Which offset led from a producer's clock to the wall clock in its stamps, message by message.
//!
//! Stamps that leave the host carry wall-clock times, made with the offset of their moment. Their acknowledgement comes
//! later, when the offset is another. It is measured on the producer's clock alone: what was added to a stamp is taken
//! off it again.

use std::collections::VecDeque;

/// Offsets that are kept. There is one a second; no message is on its way for longer than this.
const MOST: usize = 7_200;

/// Offsets by the sequence number of the first message that was stamped with each.
#[derive(Debug, Default)]
pub(super) struct StampOffsets {
    changes: VecDeque<(u64, u64)>,
}

impl StampOffsets {
    /// What stands in the stamp of message `sequence`; wraps. 0: its times are the producer's own.
    #[inline]
    pub(super) fn of(&self, sequence: u64) -> u64 {
        match self.changes.back() {
            None => 0,
            Some(&(first, offset_ns)) if sequence >= first => offset_ns,
            Some(_) => self.of_earlier(sequence),
        }
    }

    #[cold]
    fn of_earlier(&self, sequence: u64) -> u64 {
        let later = self.changes.partition_point(|(first, _)| *first <= sequence);
        self.changes.get(later.saturating_sub(1)).map_or(0, |(_, offset_ns)| *offset_ns)
    }

    /// From message `first` on, which is not stamped yet, stamps have this offset.
    pub(super) fn change(&mut self, first: u64, offset_ns: u64) {
        while self.changes.back().is_some_and(|(later, _)| *later >= first) {
            self.changes.pop_back();
        }
        if self.changes.back().is_some_and(|(_, before_ns)| *before_ns == offset_ns) {
            return;
        }
        if self.changes.len() == MOST {
            self.changes.pop_front();
        }
        self.changes.push_back((first, offset_ns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_the_offset_that_its_stamp_was_made_with() {
        let mut offsets = StampOffsets::default();
        assert_eq!(offsets.of(7), 0, "no wall-clock stamps");
        offsets.change(0, 500);
        offsets.change(10, 600);
        offsets.change(25, 400);
        assert_eq!([0, 9, 10, 24, 25, 1_000].map(|sequence| offsets.of(sequence)), [500, 500, 600, 600, 400, 400]);
        // Before a message was stamped the offset changed again; and one that should have waited was dropped.
        offsets.change(25, 700);
        assert_eq!([24, 25].map(|sequence| offsets.of(sequence)), [600, 700]);
        offsets.change(24, 700);
        assert_eq!([23, 24].map(|sequence| offsets.of(sequence)), [600, 700]);
    }

    #[test]
    fn a_long_run_keeps_no_more_than_can_be_on_its_way() {
        let mut offsets = StampOffsets::default();
        (0..100_000).for_each(|second| offsets.change(second, second + 1));
        assert_eq!(offsets.changes.len(), MOST);
        assert_eq!(offsets.of(99_000), 99_001);
    }
}
