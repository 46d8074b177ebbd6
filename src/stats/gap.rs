//! For how long the hot loop can have kept messages, by size: what it picked up (reports, or messages received), and
//! what it handed over.

use super::{Counter, Counters};

/// What is kept for less than this is taken at once, ns: about what a look takes.
pub const PUNCTUAL_NS: u64 = 1_000;

/// Sizes: from this many ns on to the next, the last one without an end. And the messages that were picked up behind
/// gaps of that size.
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

/// The same of messages that took so long to be handed over, from their send time on. Few take more than some µs, so
/// these are coarser.
pub const SENDS: [(u64, Counter); 8] = [
    (PUNCTUAL_NS, Counter::SendsTook1us),
    (3_000, Counter::SendsTook3us),
    (10_000, Counter::SendsTook10us),
    (100_000, Counter::SendsTook100us),
    (1_000_000, Counter::SendsTook1ms),
    (10_000_000, Counter::SendsTook10ms),
    (100_000_000, Counter::SendsTook100ms),
    (1_000_000_000, Counter::SendsTook1s),
];

/// Position in one of these; None: punctual. Most are short.
#[inline]
pub fn gap_of(sizes: &[(u64, Counter)], kept_ns: u64) -> Option<usize> {
    sizes.iter().take_while(|(from_ns, _)| kept_ns >= *from_ns).count().checked_sub(1)
}

/// What was kept by one of these, smallest size first: the largest that each can have been, ns (None: it has no end),
/// and how many.
pub fn kept<'a>(sizes: &'a [(u64, Counter)], counters: &'a Counters) -> impl Iterator<Item = (Option<u64>, u64)> + 'a {
    let ends = sizes.iter().skip(1).map(|(from_ns, _)| Some(*from_ns)).chain([None]);
    ends.zip(sizes.iter().map(|(_, counter)| counters[*counter]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_has_the_largest_size_that_it_reaches() {
        let of = |kept_ns| gap_of(&GAPS, kept_ns).map(|at| GAPS[at].1);
        assert_eq!((of(0), of(999), of(2_999)), (None, None, Some(Counter::MessagesBehindGap1us)));
        assert_eq!((of(3_000), of(9_999)), (Some(Counter::MessagesBehindGap3us), Some(Counter::MessagesBehindGap3us)));
        assert_eq!(
            (of(10_000), of(u64::MAX)),
            (Some(Counter::MessagesBehindGap10us), Some(Counter::MessagesBehindGap1s))
        );
        let mut counters = Counters::default();
        counters[Counter::MessagesBehindGap1ms] = 7;
        let found: Vec<_> = kept(&GAPS, &counters).filter(|(_, count)| *count > 0).collect();
        assert_eq!(found, [(Some(3_000_000), 7)]);
        assert_eq!(kept(&GAPS, &counters).last(), Some((None, 0)));
        assert_eq!(kept(&SENDS, &counters).next(), Some((Some(3_000), 0)));
    }
}
