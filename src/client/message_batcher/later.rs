//! What becomes of a message that was made and not handed over at once; and probes, which are no messages.

use super::MessageBatcher;
use crate::client::in_flight::Times;
use crate::client::measuring::Measuring;
use crate::load::stamp::{ReadStamp, STAMP_BYTES, Stamp};

impl MessageBatcher {
    /// Message `i` is only handed over now: gives it other times, and leaves key and payload.
    pub(in crate::client) fn put_off<M: Measuring>(&mut self, i: usize, intended_ns: u64, actual_ns: u64) {
        if self.sender.stamped {
            if M::STAMP {
                self.stamp(i, intended_ns, actual_ns);
            }
        } else {
            self.in_flight.put_off(self.batch.tag(i), intended_ns, actual_ns);
        }
    }

    /// Message `i` was refused or given up: no report will come for it.
    pub(in crate::client) fn forget(&mut self, i: usize) {
        if !self.sender.stamped {
            self.in_flight.take(self.batch.tag(i));
        }
    }

    /// Sequence and times of message `i`, as it was made or put off. `stamp_offset_ns` stands in its stamp.
    pub(in crate::client) fn times(&self, i: usize, stamp_offset_ns: u64) -> Times {
        match Stamp::read(self.batch.value(i)) {
            ReadStamp::Stamp(stamp) if self.sender.stamped => Times {
                sequence: stamp.sequence,
                intended_ns: stamp.intended_ns.wrapping_sub(stamp_offset_ns),
                actual_ns: stamp.actual_ns.wrapping_sub(stamp_offset_ns),
            },
            _ => self.in_flight.peek(self.batch.tag(i)),
        }
    }

    #[inline]
    fn stamp(&mut self, i: usize, intended_ns: u64, actual_ns: u64) {
        let sequence = self.first + i as u64;
        let stamp = Stamp {
            probe: false,
            run_id: self.sender.run_id,
            producer: self.sender.producer,
            value_bytes: self.batch.value_bytes(i),
            sequence,
            intended_ns: intended_ns.wrapping_add(self.stamp_offset_ns),
            actual_ns: actual_ns.wrapping_add(self.stamp_offset_ns),
        };
        stamp.write(self.batch.head_mut(i).0);
    }

    /// A readiness probe with its own sequence number: the stamp alone, in runs without stamps too.
    pub(in crate::client) fn probe(&self, sequence: u64, now_ns: u64) -> [u8; STAMP_BYTES] {
        let mut value = [0; STAMP_BYTES];
        let stamp = Stamp {
            probe: true,
            run_id: self.sender.run_id,
            producer: self.sender.producer,
            value_bytes: u32::try_from(STAMP_BYTES).unwrap_or(0),
            sequence,
            intended_ns: now_ns,
            actual_ns: now_ns,
        };
        stamp.write(&mut value);
        value
    }
}
