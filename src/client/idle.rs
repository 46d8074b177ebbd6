//! How much of a wait the loop had nothing to do. Not the time after something came, or after the wait should have
//! ended, until the loop had its CPU again: that is measured, and never taken for idleness.

/// A look on a CPU of one's own that finds nothing takes some µs at most; one that took longer than this was no look:
/// the loop was away.
const LOOK_NS: u64 = 100_000;

/// End of the idle part of a wait that ended at `after_ns`, raw ns. It was to end at `until_ns`, or when something
/// came (None: nobody knows).
#[inline]
pub(super) fn over_ns(until_ns: u64, after_ns: u64, came_ns: Option<u64>) -> u64 {
    came_ns.unwrap_or(until_ns).min(until_ns).min(after_ns)
}

/// Idle part of a look that found nothing, ns.
#[inline]
pub(super) fn of_look_ns(begun_ns: u64, after_ns: u64) -> u64 {
    let ns = after_ns.saturating_sub(begun_ns);
    if ns > LOOK_NS { 0 } else { ns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_idle_until_something_comes_and_not_until_the_loop_is_woken() {
        assert_eq!(over_ns(5_000, 900, Some(700)), 700, "signalled at 700, woken at 900");
        assert_eq!(over_ns(5_000, 9_000, None), 5_000, "nothing came, and the sleep was too long");
        assert_eq!(over_ns(5_000, 900, None), 900, "nobody knows what ended it");
        assert_eq!(over_ns(5_000, 9_000, Some(8_000)), 5_000);
    }

    #[test]
    fn a_look_that_took_too_long_was_none() {
        assert_eq!((of_look_ns(1_000, 1_600), of_look_ns(1_000, 9_000_000)), (600, 0));
    }
}
