//! Delivery reports, read from librdkafka's events, and the ways to wait for them.

use super::NativeProducer;
use crate::driver::{Delivery, Report, Time};
use crate::os::clock::Clock;
use rdkafka::producer::Producer as _;
use rdkafka_sys as sys;
use std::ptr;
use std::slice;
use std::time::Duration;
use sys::rd_kafka_resp_err_t as Code;

/// Reports read from an event at a time.
const CHUNK: usize = 64;

impl NativeProducer {
    /// Hands out up to `limit` reports; events of other kinds are noted as the client's errors.
    ///
    /// All reports of an event carry the time at which it was picked up, however long the handing out takes: their
    /// acknowledgements had all come by then. An event is destroyed (its messages freed, its room in the queue given
    /// back) once all of it is handed out.
    #[inline]
    pub(in crate::driver::kafka) fn poll_reports(
        &mut self,
        limit: u32,
        time: &impl Time,
        mut on_report: impl FnMut(u64, Report<'_>),
    ) -> u32 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut reported = 0;
        let mut chunk = [ptr::null(); CHUNK];
        while reported < limit {
            if self.event.is_none() {
                // SAFETY: kept in `self.event` or dropped here, and so before `self.client`.
                let Some(event) = (unsafe { self.queue.poll_detached(0) }) else { break };
                if !event.is_deliveries() {
                    self.client.context().event(event.kind());
                    continue;
                }
                self.event = Some((event, time.now_ns()));
            }
            let Some((event, picked_up_ns)) = &mut self.event else { break };
            let asked = CHUNK.min(limit - reported);
            let count = event.take_messages(&mut chunk[..asked]);
            for &message in &chunk[..count] {
                // SAFETY: `take_messages` has written `count` pointers, each valid until `event` is dropped, which is
                // after this loop; nobody writes to them meanwhile.
                let message = unsafe { &*message };
                // SAFETY: librdkafka reports each message once, with the opaque that it was handed over with, and then
                // reads its value no more: with F_COPY it would free the value now.
                let tag = unsafe { self.value_pool.returned(message._private) };
                // SAFETY: a message of the event's, which lives as long as that; the call only reads it.
                let broker = if self.tells_brokers { unsafe { sys::rd_kafka_message_broker_id(message) } } else { -1 };
                // SAFETY: librdkafka keeps `len` bytes at a delivered message's payload as long as the message, and a
                // value in the pool is not lent again before `on_report` has returned: only `self` could.
                on_report(*picked_up_ns, unsafe { report(message, tag, broker) });
            }
            reported += count;
            // An event whose last message was the last that was asked for must not live on: its messages still fill
            // the queue, and nobody may ask again until there is room.
            if count < asked || (reported == limit && event.is_used_up()) {
                self.event = None;
            }
        }
        u32::try_from(reported).unwrap_or(u32::MAX)
    }

    /// Waits until something is in the queue or `limit` has passed; may end at once. To be called when the queue has
    /// just been found empty. False: it cannot wait, because the system gives no descriptor.
    pub(in crate::driver::kafka) fn await_reports(&mut self, limit: Duration, clock: Clock) -> bool {
        self.queue.wait(limit, clock)
    }

    /// When the first thing came into the empty queue since the last call (0: nothing has); None: there is no eventfd.
    #[inline]
    pub(in crate::driver::kafka) fn signalled_ns(&self) -> Option<u64> {
        self.queue.signalled_ns()
    }

    /// The same, left as it is; None: nothing has come, or nobody knows when.
    pub(in crate::driver::kafka) fn came_ns(&self) -> Option<u64> {
        self.queue.came_ns()
    }
}

/// A delivered message as a report.
///
/// # Safety
/// `payload` is null or valid for `len` bytes as long as `message` is.
#[inline]
unsafe fn report(message: &sys::rd_kafka_message_t, tag: usize, broker: i32) -> Report<'_> {
    let delivery = match message.err {
        Code::RD_KAFKA_RESP_ERR_NO_ERROR => Delivery::Acknowledged,
        Code::RD_KAFKA_RESP_ERR__PURGE_QUEUE | Code::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT => Delivery::Unknown,
        code => Delivery::Failed(code as i32),
    };
    let value = if message.payload.is_null() {
        &[][..]
    } else {
        // SAFETY: the caller vouches for payload and length.
        unsafe { slice::from_raw_parts(message.payload.cast::<u8>(), message.len) }
    };
    // What is not known is negative in librdkafka too, but has more than one number.
    let (partition, offset) = (message.partition.max(-1), message.offset.max(-1));
    Report { value, tag, delivery, partition, offset, broker }
}
