//! The wall-clock anchor that clients are given: what leads from the run's clock to the wall clock, and what times made
//! with it may be wrong by.
//!
//! A time daemon moves the wall clock all the time, an offset holds for the second until the next one. What it moved by
//! is known then.

use crate::os::clock::WallOffset;

/// Wall clock − raw clock, ns, as clients were last told it.
#[derive(Debug, Default)]
pub(super) struct WallAnchor {
    offset_ns: Option<i64>,
    error_ns: u64,
}

impl WallAnchor {
    /// From here on the load's times depend on it: what was before does not count.
    pub(super) fn begin_load(&mut self) {
        self.error_ns = 0;
    }

    /// The next offset, which clients are given now.
    pub(super) fn publish(&mut self, WallOffset { offset_ns, error_ns }: WallOffset) {
        let moved_ns = self.offset_ns.map_or(0, |before_ns| offset_ns.abs_diff(before_ns));
        self.error_ns = self.error_ns.max(moved_ns.saturating_add(error_ns));
        self.offset_ns = Some(offset_ns);
    }

    /// The most that a time of the load was wrong by against this host's wall clock, ns.
    pub(super) fn error_ns(&self) -> u64 {
        self.error_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_wrong_by_what_the_wall_clock_moved_between_two_offsets_and_by_how_these_were_read() {
        let mut anchor = WallAnchor::default();
        let read = |offset_ns| WallOffset { offset_ns, error_ns: 30 };
        anchor.publish(read(9_000_000));
        anchor.publish(read(1_000));
        anchor.begin_load();
        assert_eq!(anchor.error_ns(), 0, "set before the load");
        [1_000, 1_400, 1_300].into_iter().for_each(|offset_ns| anchor.publish(read(offset_ns)));
        assert_eq!(anchor.error_ns(), 430);
    }
}
