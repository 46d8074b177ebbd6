//! What one look at the connections may do, all of them together: it stands between two sends, so it ends soon, and the
//! next look goes on with the next connection.

/// Most bytes that one look writes: what a copy into sockets' buffers takes is what it holds the loop up (some 20 µs).
pub(in crate::driver::wire) const WRITTEN_BYTES: usize = 128 * 1024;
/// Nothing more is read so long after it began. One read takes 256 KiB at most.
const READ_NS: u64 = 50_000;

/// What is left of it for the look that has begun.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LookBounds {
    /// Bytes that may still be written.
    pub(super) write_bytes: usize,
    /// What comes later waits for the next look, raw ns.
    pub(super) read_until_ns: u64,
    /// Looks so far: which connection is the first.
    turn: usize,
}

impl LookBounds {
    /// A look begins at `now_ns`.
    #[inline]
    pub(super) fn begin(&mut self, now_ns: u64) {
        let turn = self.turn.wrapping_add(1);
        *self = Self { write_bytes: WRITTEN_BYTES, read_until_ns: now_ns + READ_NS, turn };
    }

    /// Has this look written something?
    pub(super) fn has_written(&self) -> bool {
        self.write_bytes < WRITTEN_BYTES
    }

    /// Which of `count` connections is the `nth`.
    #[inline]
    pub(super) fn in_turn(&self, nth: usize, count: usize) -> usize {
        if count == 1 { 0 } else { self.turn.wrapping_add(nth) % count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_begins_with_the_next_connection_and_comes_to_all() {
        let mut bounds = LookBounds::default();
        let looks = [(); 3].map(|()| {
            bounds.begin(5);
            [0, 1, 2].map(|nth| bounds.in_turn(nth, 3))
        });
        assert_eq!(looks, [[1, 2, 0], [2, 0, 1], [0, 1, 2]]);
        assert_eq!((bounds.write_bytes, bounds.read_until_ns), (WRITTEN_BYTES, 5 + READ_NS));
    }
}
