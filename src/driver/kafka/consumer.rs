//! A consumer of one topic in a group: messages through our own queue, everything else through the BaseConsumer.

use super::connect::{self, WaitLimit};
use super::fetch_queue::FetchQueue;
use super::native::{EventKind, NativeConsumer, NativeConsumerSlot, Queue, begin_commit, fetch_has_begun};
use super::watch::ClientErrors;
use crate::driver::{Consumer, ConsumerEvents, DriverError, ErrorClass, ReceivedMessage, RecordTime, Time};
use crate::load::stamp::MAGIC;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _, Timestamp};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Events served at a time; a busy client has a handful a second.
const EVENTS_AT_A_TIME: usize = 8;

/// A subscribed consumer. Dropping it leaves the group.
pub struct KafkaConsumer {
    // Both before the client: they borrow the client's native handle.
    sink: Option<NativeConsumer>,
    commits: Option<Queue>,
    client: Option<BaseConsumer<GroupContext>>,
    group: Arc<GroupContext>,
    fetch: FetchQueue,
}

impl std::fmt::Debug for KafkaConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaConsumer").field("group", &self.group).finish_non_exhaustive()
    }
}

impl KafkaConsumer {
    /// Connects, waits until the topic's metadata is known, and subscribes. `auto_commit`: commits are librdkafka's own
    /// affair. `always_timed`: the record's time is wanted of messages with a stamp too.
    pub fn connect(
        properties: &[(String, String)],
        topic: &str,
        auto_commit: bool,
        always_timed: bool,
        limit: Duration,
    ) -> Result<Self, DriverError> {
        let mut config = connect::config(properties);
        config.set("enable.auto.commit", if auto_commit { "true" } else { "false" });
        let group = GroupContext { commits: !auto_commit, always_timed, ..GroupContext::default() };
        let client: BaseConsumer<GroupContext> =
            config.create_with_context(group).map_err(|error| connect::creation_error(&error))?;
        let group = Arc::clone(client.context());
        connect::await_metadata(
            &group.watch,
            connect::servers(properties),
            WaitLimit::to_connect(limit),
            |wait| client.fetch_metadata(Some(topic), wait),
            |wait| drop(client.poll(wait)),
            |metadata| connect::partitions_of(metadata, topic),
        )?;
        let native = client.client().native_ptr();
        let no_queue = || DriverError::new(ErrorClass::System, "librdkafka gives no queue");
        let sink = NativeConsumer::new(native, Self::BATCH, always_timed).ok_or_else(no_queue)?;
        let commits = Queue::new(native).ok_or_else(no_queue)?;
        group.sink.set(&sink);
        let fetch = FetchQueue::of(properties);
        let consumer = Self { sink: Some(sink), commits: Some(commits), client: Some(client), group, fetch };
        if let Some(client) = &consumer.client {
            client.subscribe(&[topic]).map_err(|error| {
                DriverError::new(ErrorClass::Topics, format!("cannot subscribe to {topic}: {error}"))
            })?;
        }
        Ok(consumer)
    }
}

impl Consumer for KafkaConsumer {
    const BATCH: u32 = 300;

    #[inline]
    fn poll_batch(&mut self, time: &impl Time, on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let Some(sink) = &mut self.sink else { return 0 };
        let fetch = &mut self.fetch;
        sink.poll_batch(
            time,
            on_message,
            |code| self.group.watch.error_code(code, &connect::describe(code), false),
            |found| fetch.look(&found),
        )
    }

    fn await_messages(&mut self, deadline_ns: u64, time: &impl Time) {
        let left = Duration::from_nanos(deadline_ns.saturating_sub(time.now_ns()));
        if !self.sink.as_mut().is_some_and(|sink| sink.await_messages(left, time.clock())) {
            time.sleep_until(deadline_ns);
        }
    }

    #[inline]
    fn rung_ns(&mut self) -> Option<u64> {
        self.sink.as_ref().and_then(NativeConsumer::rung_ns)
    }

    fn came_ns(&self) -> Option<u64> {
        self.sink.as_ref().and_then(NativeConsumer::came_ns)
    }

    fn serve_events(&mut self, time: &impl Time, mut on_message: impl FnMut(u64, ReceivedMessage<'_>)) -> u32 {
        let Some(client) = &self.client else { return 0 };
        while let Some(event) = self.commits.as_ref().and_then(|commits| commits.poll(0)) {
            if let EventKind::Committed(code) = event.kind() {
                self.group.committed(code);
            }
        }
        let mut messages = 0;
        for _ in 0..EVENTS_AT_A_TIME {
            // Errors are noted by the context; what is left of them here is their echo.
            if let Some(Ok(message)) = client.poll(Duration::ZERO) {
                on_message(time.now_ns(), received(&message, self.group.always_timed));
                messages += 1;
            }
        }
        if self.group.positions_open.load(Relaxed) {
            self.group.look_for_positions(client);
        }
        messages
    }

    fn blocked_ns(&self) -> u64 {
        self.group.commit_wait_ns.load(Relaxed)
    }

    fn events(&self) -> ConsumerEvents {
        ConsumerEvents {
            rebalances: self.group.rebalances.load(Relaxed),
            assigned: self.group.assigned.load(Relaxed),
            commits_succeeded: self.group.commits_succeeded.load(Relaxed),
            commits_failed: self.group.commits_failed.load(Relaxed),
            client_errors: self.group.watch.errors(),
            fetch_pauses: self.fetch.pauses(),
            fetch_paused_ns: self.fetch.paused_ns(),
            all_brokers_down: self.group.watch.all_brokers_down(),
        }
    }

    fn commit_in_flight(&self) -> bool {
        self.group.commit_in_flight.load(Relaxed)
    }

    fn commit_async(&mut self) {
        let (Some(client), Some(commits)) = (&self.client, &self.commits) else { return };
        self.group.commit_in_flight.store(true, Relaxed);
        match begin_commit(client.client().native_ptr(), commits) {
            0 => {}
            code => self.group.committed(code),
        }
    }

    fn commit_sync(&mut self) {
        if let Some(client) = &self.client {
            self.group.commit_sync(client);
        }
    }

    fn set_paused(&mut self, paused: bool) {
        self.group.paused.store(paused, Relaxed);
        if let Some(client) = &self.client {
            self.group.apply_pause(client);
        }
    }

    fn close(&mut self) {
        self.group.closing.store(true, Relaxed);
        self.group.sink.clear();
        self.sink = None;
        self.commits = None;
        // Dropping a BaseConsumer leaves the group and waits until that is done.
        self.client = None;
        self.group.assigned.store(0, Relaxed);
    }

    fn fault(&self) -> Option<DriverError> {
        self.group.watch.fatal().map(|text| DriverError::new(ErrorClass::System, text))
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

/// The consumer's side of its group. It is also the client's rust-rdkafka context, called from `poll` on our own
/// thread.
#[derive(Debug, Default)]
struct GroupContext {
    watch: ClientErrors,
    sink: NativeConsumerSlot,
    /// Do we commit?
    commits: bool,
    always_timed: bool,
    closing: AtomicBool,
    paused: AtomicBool,
    rebalances: AtomicU64,
    /// Partitions that are ours and are read: whose fetching has begun, or is paused.
    assigned: AtomicU64,
    /// Are there some more, whose fetching has not begun?
    positions_open: AtomicBool,
    commit_in_flight: AtomicBool,
    /// In commits that wait for the broker's answer.
    commit_wait_ns: AtomicU64,
    commits_succeeded: AtomicU64,
    commits_failed: AtomicU64,
}

impl GroupContext {
    /// Counts the end of a commit by librdkafka's code. With nothing new to commit it is neither a success nor a
    /// failure.
    fn committed(&self, code: i32) {
        self.commit_in_flight.store(false, Relaxed);
        if code == 0 {
            self.commits_succeeded.fetch_add(1, Relaxed);
        } else if code != RDKafkaErrorCode::NoOffset as i32 {
            self.commits_failed.fetch_add(1, Relaxed);
        }
    }

    fn commit_sync(&self, client: &BaseConsumer<Self>) {
        self.committed(self.commit_and_wait(client));
    }

    /// The next owner begins at what is committed: without this it would receive again what we have received.
    ///
    /// Kafka takes it while the group is being rearranged, librdkafka's mock cluster refuses it. That is no trouble
    /// with committing: what comes again because of it is counted where it comes.
    fn commit_before_leaving_partitions(&self, client: &BaseConsumer<Self>) {
        match self.commit_and_wait(client) {
            code if code == RDKafkaErrorCode::RebalanceInProgress as i32 => {}
            code => self.committed(code),
        }
    }

    /// Commits what was handed out and waits for the answer: librdkafka's code.
    fn commit_and_wait(&self, client: &BaseConsumer<Self>) -> i32 {
        let begun = Instant::now();
        let code = match client.commit_consumer_state(CommitMode::Sync) {
            Ok(()) => 0,
            Err(error) => error.rdkafka_error_code().map_or(RDKafkaErrorCode::Fail as i32, |code| code as i32),
        };
        let waited_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.commit_wait_ns.fetch_add(waited_ns, Relaxed);
        code
    }

    fn apply_pause(&self, client: &BaseConsumer<Self>) {
        let Ok(assignment) = client.assignment() else { return };
        let result = if self.paused.load(Relaxed) { client.pause(&assignment) } else { client.resume(&assignment) };
        if let Err(error) = result {
            self.watch.error(error, "pausing or resuming partitions failed");
        }
    }

    /// A partition counts as assigned from the moment on from which nothing in it can be missed: with
    /// `auto.offset.reset=latest` that is later than the assignment, on a busy machine by a tenth of a second and more.
    fn look_for_positions(&self, client: &BaseConsumer<Self>) {
        let Ok(assignment) = client.assignment() else { return };
        let (native, paused) = (client.client().native_ptr(), self.paused.load(Relaxed));
        let elements = assignment.elements();
        let all = elements.len();
        let begun =
            elements.iter().filter(|one| paused || fetch_has_begun(native, one.topic(), one.partition())).count();
        self.positions_open.store(begun < all, Relaxed);
        self.assigned.store(u64::try_from(begun).unwrap_or(u64::MAX), Relaxed);
    }

    fn redirect(&self, client: &BaseConsumer<Self>, partitions: &TopicPartitionList, to_sink: bool) {
        let native = client.client().native_ptr();
        for element in partitions.elements() {
            if to_sink {
                self.sink.forward(native, element.topic(), element.partition());
            } else {
                self.sink.release(native, element.topic(), element.partition());
            }
        }
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }
}

impl ConsumerContext for GroupContext {
    fn pre_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => self.redirect(client, partitions, true),
            Rebalance::Revoke(partitions) => {
                if self.commits && !self.closing.load(Relaxed) && !client.assignment_lost() {
                    self.commit_before_leaving_partitions(client);
                }
                self.redirect(client, partitions, false);
            }
            Rebalance::Error(_) => {}
        }
    }

    fn post_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(_) = rebalance {
            self.rebalances.fetch_add(1, Relaxed);
            if self.paused.load(Relaxed) {
                self.apply_pause(client);
            }
        }
        self.look_for_positions(client);
    }

    /// Automatic commits only: ours are answered on a queue of our own.
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        let code = result.map_or_else(|error| error.rdkafka_error_code().map_or(-1, |code| code as i32), |()| 0);
        self.committed(code);
    }
}

#[cfg(test)]
impl KafkaConsumer {
    /// The client's last lines, for a test's failure message.
    pub(super) fn recent(&self) -> Option<String> {
        self.group.watch.recent()
    }
}
