//! Messages one after the other that differ in their sequence number alone: recognised at once, and counted together.
//!
//! A batch is made with one reading of the clock, and its reports and messages are picked up with one: all their
//! figures are the same but for the sequence number. Such a message carries, bit for bit, the stamp that has to come
//! next, so its check is right as well, and nothing of it is left unread.

use super::EncodedStamp;

/// What would go on from the last message, and how many have done so since that was last counted.
#[derive(Debug)]
pub struct MessageRun {
    next: EncodedStamp,
    at_ns: u64,
    /// `NONE`: there was no last message.
    value_bytes: usize,
    messages: u64,
}

/// Longer than any value.
const NONE: usize = usize::MAX;

/// Messages to be counted: the same but for their sequence numbers `first`, `first` + 1, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunSummary {
    /// Their number, at least 1.
    pub messages: u64,
    /// Sequence number of the first.
    pub first: u64,
    /// When they were picked up, raw ns.
    pub at_ns: u64,
    /// Intended send time in their stamps, ns.
    pub intended_ns: u64,
    /// Actual send time in their stamps, ns.
    pub actual_ns: u64,
    /// Length of each value, bytes.
    pub value_bytes: u64,
}

impl Default for MessageRun {
    /// Nothing to go on from.
    fn default() -> Self {
        Self { next: EncodedStamp::default(), at_ns: 0, value_bytes: NONE, messages: 0 }
    }
}

impl MessageRun {
    /// Does this value, picked up at `at_ns`, go on from the last one? Then it is counted here.
    #[inline]
    pub fn takes(&mut self, at_ns: u64, value: &[u8]) -> bool {
        let goes_on = at_ns == self.at_ns && value.len() == self.value_bytes && self.next.matches(value);
        if goes_on {
            self.next = self.next.next();
            self.messages += 1;
        }
        goes_on
    }

    /// From here on: the value, which begins with a sound stamp and has been counted, as have all that were taken.
    #[inline]
    pub fn go_on_from(&mut self, at_ns: u64, value: &[u8]) {
        if let Some(encoded) = EncodedStamp::read(value) {
            *self = Self { next: encoded.next(), at_ns, value_bytes: value.len(), messages: 0 };
        }
    }

    /// Nothing goes on from what has come.
    pub fn end(&mut self) {
        self.value_bytes = NONE;
    }

    /// What has been taken since the last call, if anything.
    #[inline]
    pub fn settle(&mut self) -> Option<RunSummary> {
        if self.messages == 0 {
            return None;
        }
        let messages = std::mem::take(&mut self.messages);
        let [intended_ns, actual_ns] = self.next.times_ns();
        let first = self.next.sequence() - messages;
        Some(RunSummary {
            messages,
            first,
            at_ns: self.at_ns,
            intended_ns,
            actual_ns,
            value_bytes: self.value_bytes as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::stamp::Stamp;

    fn value(sequence: u64, actual_ns: u64) -> [u8; 60] {
        let mut value = [0; 60];
        Stamp { probe: false, run_id: 1, producer: 2, value_bytes: 60, sequence, intended_ns: 5, actual_ns }
            .write(&mut value);
        value
    }

    #[test]
    fn only_the_next_message_with_the_same_times_and_length_is_taken() {
        let mut message_run = MessageRun::default();
        assert!(!message_run.takes(0, &value(0, 6)));
        message_run.go_on_from(100, &value(7, 6));
        assert!(!message_run.takes(100, &value(7, 6)), "again");
        assert!(!message_run.takes(100, &value(9, 6)), "one left out");
        assert!(!message_run.takes(100, &value(8, 7)), "sent at another time");
        assert!(!message_run.takes(101, &value(8, 6)), "picked up at another time");
        assert!(!message_run.takes(100, &value(8, 6)[..59]), "shorter");
        assert_eq!(message_run.settle(), None);
        assert!(message_run.takes(100, &value(8, 6)));
        assert!(message_run.takes(100, &value(9, 6)));
        let run = RunSummary { messages: 2, first: 8, at_ns: 100, intended_ns: 5, actual_ns: 6, value_bytes: 60 };
        assert_eq!(message_run.settle(), Some(run));
        assert_eq!(message_run.settle(), None);
        assert!(message_run.takes(100, &value(10, 6)));
        assert_eq!(message_run.settle(), Some(RunSummary { messages: 1, first: 10, ..run }));
        message_run.end();
        assert!(!message_run.takes(100, &value(11, 6)));
    }
}
