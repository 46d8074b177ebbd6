//! The numbers of one partition's batches (idempotence): a broker stores a batch once, and only behind the one before.
//!
//! A batch that is sent again keeps its number. Where a number will not come any more, because its batch has failed or
//! timed out, what stands behind it is refused: then a new epoch begins, with sequence 0, as in Java; but only when
//! nothing is in flight and nothing waits that may have been stored under its old number.

use crate::driver::wire::records::{BatchNumber, Records};
use std::collections::VecDeque;

/// Producer id, epoch and next sequence of one partition's batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    producer_id: i64,
    epoch: i16,
    /// Of the next batch that has none.
    next: i32,
    /// Of the first message behind those that were acknowledged.
    awaited: i32,
    is_broken: bool,
}

impl Numbers {
    /// Of a producer that has sent nothing.
    pub(super) fn new(producer_id: i64, epoch: i16) -> Self {
        Self { producer_id, epoch, next: 0, awaited: 0, is_broken: false }
    }

    /// Does what was not sent yet need a new epoch?
    pub(super) fn are_broken(&self) -> bool {
        self.is_broken
    }

    /// A batch that has a number has come to an end, and nobody knows that it was stored.
    pub(super) fn are_interrupted(&mut self) {
        self.is_broken = true;
    }

    /// A batch was stored.
    pub(super) fn acknowledged(&mut self, number: BatchNumber, count: i32) {
        if number.epoch == self.epoch {
            self.awaited = behind(number.sequence, count);
        }
    }

    /// A batch was refused because of its number: it was not stored. Where all before it were, the broker has lost what
    /// it knew (or the log).
    pub(super) fn refused(&mut self, number: BatchNumber) {
        self.is_broken |= number.epoch == self.epoch && number.sequence == self.awaited;
    }

    /// The first of the batches that wait gets the number that it is sent with. If they are broken, nothing is in
    /// flight.
    pub(super) fn mend(&mut self, queue: &mut VecDeque<Records>) {
        let Some(first) = queue.front() else { return };
        if self.is_broken && !first.in_doubt {
            // At its end it stays there: what a broker then refuses fails by its time.
            self.epoch = self.epoch.saturating_add(1);
            (self.next, self.awaited, self.is_broken) = (0, 0, false);
            queue.iter_mut().for_each(Records::forget_number);
        }
        let Some(first) = queue.front_mut() else { return };
        if first.number().is_none() {
            first.set_number(BatchNumber { producer_id: self.producer_id, epoch: self.epoch, sequence: self.next });
            self.next = behind(self.next, first.count);
        }
        first.in_doubt = true;
    }
}

/// Sequences go from 0 to the greatest number of 31 bits and begin anew.
fn behind(sequence: i32, count: i32) -> i32 {
    sequence.wrapping_add(count) & i32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(counts: &[u32]) -> VecDeque<Records> {
        let batch = |(count, serial): (&u32, u64)| {
            let mut records = Records::default();
            records.begin(0, serial, 0, 0);
            (0..*count).for_each(|_| records.add(None, b"", 0, 0));
            records
        };
        counts.iter().zip(0..).map(batch).collect()
    }

    /// Epoch and sequence that the first gets.
    fn sent(numbers: &mut Numbers, queue: &mut VecDeque<Records>) -> (i16, i32) {
        numbers.mend(queue);
        let number = queue.pop_front().and_then(|first| first.number()).unwrap();
        assert_eq!(number.producer_id, 7);
        (number.epoch, number.sequence)
    }

    #[test]
    fn sequences_count_messages_and_begin_anew_behind_the_last() {
        let mut numbers = Numbers::new(7, 2);
        let mut queue = batches(&[3, 4, 1]);
        assert_eq!(sent(&mut numbers, &mut queue), (2, 0));
        assert_eq!(sent(&mut numbers, &mut queue), (2, 3));
        assert_eq!(sent(&mut numbers, &mut queue), (2, 7));
        assert_eq!((behind(i32::MAX - 2, 2), behind(i32::MAX - 2, 3)), (i32::MAX, 0));
    }

    #[test]
    fn a_refusal_is_a_gap_only_where_all_before_were_stored() {
        let mut numbers = Numbers::new(7, 0);
        let number = |sequence| BatchNumber { producer_id: 7, epoch: 0, sequence };
        numbers.refused(number(5));
        assert!(!numbers.are_broken());
        numbers.acknowledged(number(0), 5);
        numbers.refused(number(5));
        assert!(numbers.are_broken());
    }

    #[test]
    fn a_gap_begins_an_epoch_but_not_before_what_is_in_doubt_was_sent_again() {
        let mut numbers = Numbers::new(7, 0);
        let mut queue = batches(&[1, 2, 3]);
        numbers.mend(&mut queue);
        let lost = queue.pop_front().unwrap();
        numbers.are_interrupted();
        queue.push_front(lost);
        assert_eq!(sent(&mut numbers, &mut queue), (0, 0), "in doubt: as it was");
        assert!(numbers.are_broken());
        assert_eq!(sent(&mut numbers, &mut queue), (1, 0));
        assert_eq!(sent(&mut numbers, &mut queue), (1, 2));
        assert!(!numbers.are_broken());
    }
}
