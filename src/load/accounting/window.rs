//! The window of one producer's last sequences in one partition, a bitmap.

use super::Arrival;

/// The last sequences of one producer in one partition.
#[derive(Debug, Clone, Default)]
pub(super) struct SequenceWindow {
    /// Highest sequence seen + 1; 0: none yet.
    end: u64,
    /// Bit `sequence & mask` for each of the `window` sequences below `end`; empty until used.
    pub(super) bits: Box<[u64]>,
}

impl SequenceWindow {
    /// Is it the one after the highest so far? Then it has arrived.
    #[inline]
    pub(super) fn next_arrived(&mut self, sequence: u64, mask: u64) -> bool {
        let next = sequence == self.end && sequence != u64::MAX && !self.bits.is_empty();
        if next {
            self.end += 1;
            self.set(sequence & mask);
        }
        next
    }

    /// Are the `messages` sequences from `first` on the ones after the highest so far? Then they have arrived.
    #[inline]
    pub(super) fn next_run_arrived(&mut self, first: u64, messages: u64, mask: u64) -> bool {
        // No more than the window holds, and none that has no successor.
        let next = first == self.end
            && (1..=mask).contains(&messages)
            && first.checked_add(messages).is_some()
            && !self.bits.is_empty();
        if next {
            self.end += messages;
            self.each_word(first, first + messages - 1, mask, |word, bits| *word |= bits);
        }
        next
    }

    /// A sequence has arrived. `mask`: sequences that the window holds, less one.
    pub(super) fn arrived(&mut self, sequence: u64, mask: u64) -> Arrival {
        if self.bits.is_empty() {
            self.bits = vec![0; word(mask + 1)].into_boxed_slice();
        }
        if sequence == u64::MAX {
            // No producer gets there; it has no successor to stand in `end`.
            return Arrival::BeyondWindow;
        }
        if sequence >= self.end {
            // Its own bit is set below, so only those between enter as not seen.
            if sequence > self.end {
                self.forget(self.end, sequence - 1, mask);
            }
            self.end = sequence + 1;
            self.set(sequence & mask);
            return Arrival::New;
        }
        if self.end - sequence > mask + 1 {
            return Arrival::BeyondWindow;
        }
        if self.set(sequence & mask) { Arrival::Duplicate } else { Arrival::Reordered }
    }

    /// Sets a bit; true when it was set already.
    #[inline]
    fn set(&mut self, at: u64) -> bool {
        let bit = 1u64 << (at & 63);
        let bits = &mut self.bits[word(at)];
        let before = *bits & bit != 0;
        *bits |= bit;
        before
    }

    /// Clears the bits of sequences `from ..= to`, which now enter the window.
    #[inline]
    fn forget(&mut self, from: u64, to: u64, mask: u64) {
        if to - from >= mask {
            self.bits.fill(0);
            return;
        }
        self.each_word(from, to, mask, |word, bits| *word &= !bits);
    }

    /// Calls `change` with each word that holds bits of sequences `from ..= to`, and with those bits.
    #[inline]
    fn each_word(&mut self, from: u64, to: u64, mask: u64, change: impl Fn(&mut u64, u64)) {
        let mut sequence = from;
        while sequence <= to {
            let at = sequence & mask;
            let last = (to - sequence).min(63 - (at & 63));
            // Bits `at … at + last` of one word.
            let bits = (u64::MAX >> (63 - last)) << (at & 63);
            change(&mut self.bits[word(at)], bits);
            sequence += last + 1;
        }
    }
}

/// The word that holds bit `at`.
#[inline]
fn word(at: u64) -> usize {
    (at / 64) as usize
}
