//! The times of messages that are on their way and carry no stamp: a slab whose positions travel as tags.
//!
//! Stamped messages need none of this: their own value remembers everything.

/// What is remembered of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Its sequence number.
    pub(super) sequence: u64,
    /// When it should have been sent, raw ns.
    pub(super) intended_ns: u64,
    /// When it was handed to the library, raw ns.
    pub(super) actual_ns: u64,
}

/// Positions begin at 1: tag 0 means "stamped".
#[derive(Debug, Default)]
pub(super) struct InFlight {
    slots: Vec<Times>,
    free: Vec<usize>,
}

/// Slots made at a time. librdkafka's queue holds 100,000 messages by default; the slab follows it and then never grows
/// again.
const GROWTH: usize = 16_384;

impl InFlight {
    /// Remembers a message; the tag to send it with.
    #[inline]
    pub(super) fn put(&mut self, times: Times) -> usize {
        if self.free.is_empty() {
            self.grow();
        }
        let tag = self.free.pop().unwrap_or(0);
        self.slots[tag - 1] = times;
        tag
    }

    #[cold]
    fn grow(&mut self) {
        let old = self.slots.len();
        self.slots.resize(old + GROWTH, Times { sequence: 0, intended_ns: 0, actual_ns: 0 });
        self.free.reserve(self.slots.len());
        self.free.extend((old + 1..=old + GROWTH).rev());
    }

    /// The message was handed over later than was remembered.
    #[inline]
    pub(super) fn put_off(&mut self, tag: usize, intended_ns: u64, actual_ns: u64) {
        let times = &mut self.slots[tag - 1];
        times.intended_ns = intended_ns;
        times.actual_ns = actual_ns;
    }

    /// What is remembered under a tag.
    pub(super) fn peek(&self, tag: usize) -> Times {
        self.slots[tag - 1]
    }

    /// What was remembered under a tag; the tag is free again.
    #[inline]
    pub(super) fn take(&mut self, tag: usize) -> Times {
        self.free.push(tag);
        self.slots[tag - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(sequence: u64) -> Times {
        Times { sequence, intended_ns: sequence * 2, actual_ns: sequence * 3 }
    }

    #[test]
    fn each_message_is_found_under_its_own_tag_which_is_never_zero() {
        let mut in_flight = InFlight::default();
        let count = GROWTH as u64 + 5;
        let tags: Vec<_> = (0..count).map(|sequence| in_flight.put(times(sequence))).collect();
        assert!(!tags.contains(&0));
        for (tag, sequence) in tags.into_iter().zip(0..) {
            assert_eq!(in_flight.take(tag), times(sequence));
        }
    }

    #[test]
    fn freed_tags_are_used_again() {
        let mut in_flight = InFlight::default();
        for sequence in 0..3 * GROWTH as u64 {
            let tag = in_flight.put(times(sequence));
            assert_eq!(in_flight.take(tag).sequence, sequence);
        }
        assert_eq!(in_flight.slots.len(), GROWTH);
    }

    #[test]
    fn a_message_that_was_put_off_has_the_later_times() {
        let mut in_flight = InFlight::default();
        let tag = in_flight.put(times(4));
        in_flight.put_off(tag, 100, 200);
        assert_eq!(in_flight.take(tag), Times { sequence: 4, intended_ns: 100, actual_ns: 200 });
    }
}
