//! Gaps of a hot loop, by size: how late the loop came to a look, and the counter of the messages that it picked up behind it.
//!
//! A message that came into a gap has waited for the loop, by the size of the gap at most. So these counts say of each share of the messages how
//! long the loop itself can have kept them.

use super::{Counter, Counters};

/// A look that is less late than this is punctual, ns: about what a look takes.
pub const PUNCTUAL_NS: u64 = 1_000;

/// Sizes: from this many ns on to the next, the last one without an end. And the messages behind gaps of that size.
pub const GAPS: [(u64, Counter); 13] = [
    (PUNCTUAL_NS, Counter::MessagesBehindGap1us),
    (3_000, Counter::MessagesBehindGap3us),
    (10_000, Counter::MessagesBehindGap10us),
    (30_000, Counter::MessagesBehindGap30us),
    (100_000, Counter::MessagesBehindGap100us),
    (300_000, Counter::MessagesBehindGap300us),
    (1_000_000, Counter::MessagesBehindGap1ms),
    (3_000_000, Counter::MessagesBehindGap3ms),
    (10_000_000, Counter::MessagesBehindGap10ms),
    (30_000_000, Counter::MessagesBehindGap30ms),
    (100_000_000, Counter::MessagesBehindGap100ms),
    (300_000_000, Counter::MessagesBehindGap300ms),
    (1_000_000_000, Counter::MessagesBehindGap1s),
];

/// Position in `GAPS`; None: punctual.
#[inline]
pub fn gap_of(late_ns: u64) -> Option<usize> {
    GAPS.iter().rposition(|(from_ns, _)| late_ns >= *from_ns)
}

/// The gaps that messages were picked up behind, smallest first: the largest that each can have been, ns (None: it has no end), and how many.
pub fn gaps(counters: &Counters) -> impl Iterator<Item = (Option<u64>, u64)> {
    let ends = GAPS.iter().skip(1).map(|(from_ns, _)| Some(*from_ns)).chain([None]);
    let counts = GAPS.map(|(_, counter)| counters[counter]);
    ends.zip(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_has_the_largest_size_that_it_reaches() {
        let of = |late_ns| gap_of(late_ns).map(|at| GAPS[at].1);
        assert_eq!((of(0), of(999), of(2_999)), (None, None, Some(Counter::MessagesBehindGap1us)));
        assert_eq!((of(3_000), of(9_999)), (Some(Counter::MessagesBehindGap3us), Some(Counter::MessagesBehindGap3us)));
        assert_eq!(
            (of(10_000), of(u64::MAX)),
            (Some(Counter::MessagesBehindGap10us), Some(Counter::MessagesBehindGap1s))
        );
        let mut counters = Counters::default();
        counters[Counter::MessagesBehindGap1ms] = 7;
        let found: Vec<_> = gaps(&counters).filter(|(_, count)| *count > 0).collect();
        assert_eq!(found, [(Some(3_000_000), 7)]);
        assert_eq!(gaps(&counters).last(), Some((None, 0)));
    }
}
