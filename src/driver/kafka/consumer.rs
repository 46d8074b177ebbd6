//! A consumer of one topic in a group: messages through our own queue, everything else through the BaseConsumer.

mod group;

use super::connect::{self, WaitLimit};
use super::fetch_queue::FetchQueue;
use super::native::{Forwarding, GroupClient, NativeConsumer};
use crate::driver::{Consumer, ConsumerEvents, DriverError, ErrorClass, ReceivedMessage, RecordTime, Time};
use crate::load::stamp::MAGIC;
use crate::plan::properties::FetchQueueLimits;
use group::GroupMembership;
use rdkafka::consumer::Consumer as _;
use rdkafka::message::{BorrowedMessage, Message as _, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Events served at a time; a busy client has a handful a second.
const EVENTS_AT_A_TIME: usize = 8;

/// How messages are received, besides what the library's properties say.
#[derive(Debug, Clone, Copy)]
pub struct Receiving {
    /// Commits are librdkafka's own affair.
    pub auto_commit: bool,
    /// The record's time is wanted of messages with a stamp too.
    pub always_timed: bool,
    /// What the properties say of the library's queue.
    pub fetch_queue: FetchQueueLimits,
}

/// A subscribed consumer. Dropping it leaves the group.
pub struct KafkaConsumer {
    /// None: closed.
    native: Option<NativeConsumer<GroupMembership>>,
    group: Arc<GroupMembership>,
    fetch: FetchQueue,
}

impl std::fmt::Debug for KafkaConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaConsumer").field("group", &self.group).finish_non_exhaustive()
    }
}

impl KafkaConsumer {
    /// Connects, waits until the topic's metadata is known, and subscribes.
    pub fn connect(
        properties: &[(String, String)],
        topic: &str,
        receiving: Receiving,
        limit: Duration,
    ) -> Result<Self, DriverError> {
        let Receiving { auto_commit, always_timed, fetch_queue } = receiving;
        let mut config = connect::config(properties);
        config.set("enable.auto.commit", if auto_commit { "true" } else { "false" });
        let group = Arc::new(GroupMembership::new(!auto_commit, always_timed));
        let client: GroupClient<GroupMembership> = config
            .create_with_context(Forwarding::new(Arc::clone(&group)))
            .map_err(|error| connect::creation_error(&error))?;
        connect::await_metadata(
            group.errors(),
            connect::servers(properties),
            WaitLimit::to_connect(limit),
            |wait| client.fetch_metadata(Some(topic), wait),
            |wait| drop(client.poll(wait)),
            |metadata| connect::partitions_of(metadata, topic),
        )?;
        let native = NativeConsumer::new(client, Self::BATCH, always_timed)
            .ok_or_else(|| DriverError::new(ErrorClass::System, "librdkafka gives no queue"))?;
        native
            .client()
            .subscribe(&[topic])
            .map_err(|error| DriverError::new(ErrorClass::Topics, format!("cannot subscribe to {topic}: {error}")))?;
        Ok(Self { native: Some(native), group, fetch: FetchQueue::new(fetch_queue) })
    }
}

impl Consumer for KafkaConsumer {
    const BATCH: u32 = 300;

    #[inline]
    fn poll_batch(&mut self, time: &impl Time, on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let Some(native) = &mut self.native else { return 0 };
        let (group, fetch) = (&self.group, &mut self.fetch);
        native.poll_batch(
            time,
            on_message,
            |code| group.errors().error_code(code, &connect::describe(code), false),
            |found| fetch.look(&found),
        )
    }

    fn await_messages(&mut self, deadline_ns: u64, time: &impl Time) {
        let left = Duration::from_nanos(deadline_ns.saturating_sub(time.now_ns()));
        if !self.native.as_mut().is_some_and(|native| native.await_messages(left, time.clock())) {
            time.sleep_until(deadline_ns);
        }
    }

    #[inline]
    fn signalled_ns(&mut self) -> Option<u64> {
        self.native.as_ref().and_then(NativeConsumer::signalled_ns)
    }

    fn came_ns(&self) -> Option<u64> {
        self.native.as_ref().and_then(NativeConsumer::came_ns)
    }

    fn serve_events(&mut self, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let Some(native) = &self.native else { return 0 };
        native.ended_commits(|code| self.group.committed(code));
        let mut messages = 0;
        for _ in 0..EVENTS_AT_A_TIME {
            // Errors are noted by the context; what is left of them here is their echo.
            if let Some(Ok(message)) = native.client().poll(Duration::ZERO) {
                on_message(time.now_ns(), received(&message, self.group.always_timed()));
                messages += 1;
            }
        }
        self.group.look_for_open_positions(native.client());
        messages
    }

    fn blocked_ns(&self) -> u64 {
        self.group.commit_wait_ns()
    }

    fn events(&self) -> ConsumerEvents {
        ConsumerEvents {
            fetch_pauses: self.fetch.pauses(),
            fetch_paused_ns: self.fetch.paused_ns(),
            ..self.group.events()
        }
    }

    fn commit_in_flight(&self) -> bool {
        self.group.commit_in_flight()
    }

    fn commit_async(&mut self) {
        let Some(native) = &self.native else { return };
        self.group.commit_begins();
        match native.begin_commit() {
            0 => {}
            code => self.group.committed(code),
        }
    }

    fn commit_sync(&mut self) {
        if let Some(native) = &self.native {
            self.group.commit_sync(native.client());
        }
    }

    fn set_paused(&mut self, paused: bool) {
        self.group.set_paused(paused, self.native.as_ref().map(NativeConsumer::client));
    }

    fn close(&mut self) {
        self.group.leaves();
        // This leaves the group and waits until that is done.
        self.native = None;
        self.group.has_left();
    }

    fn fault(&self) -> Option<DriverError> {
        self.group.errors().fatal().map(|text| DriverError::new(ErrorClass::System, text))
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        self.close();
    }
}

/// A message that came past our queue: one that was fetched before its partition was forwarded.
fn received<'a>(message: &'a BorrowedMessage<'_>, always_timed: bool) -> ReceivedMessage<'a> {
    let value = message.payload().unwrap_or_default();
    ReceivedMessage {
        value,
        partition: u32::try_from(message.partition()).unwrap_or(0),
        offset: message.offset(),
        record_time: match message.timestamp() {
            _ if value.starts_with(&MAGIC) && !always_timed => RecordTime::Unknown,
            Timestamp::CreateTime(ms) if ms >= 0 => RecordTime::Created(ms),
            Timestamp::LogAppendTime(_) => RecordTime::Appended,
            Timestamp::CreateTime(_) | Timestamp::NotAvailable => RecordTime::Unknown,
        },
    }
}

#[cfg(test)]
impl KafkaConsumer {
    /// The client's last lines, for a test's failure message.
    pub(super) fn recent(&self) -> Option<String> {
        self.group.errors().recent()
    }
}
