//! Where a consumer's partitions go: librdkafka puts their messages into a queue of ours instead of the client's own.
//!
//! It has to be told before a partition is assigned, and again before it is taken away, so this is the client's
//! rust-rdkafka context. Whoever lives with the group hears of the rest.

use super::handle::Queue;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What a member of a group is told, from within a poll of its client's.
pub(in crate::driver::kafka) trait GroupMember: Send + Sync + Sized {
    /// A line of librdkafka's log.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str);
    /// Trouble of the client's.
    fn error(&self, error: KafkaError, reason: &str);
    /// Partitions are taken away next.
    fn before_revoke(&self, client: &GroupClient<Self>);
    /// Partitions were given (`assigned`) or taken away.
    fn after_rebalance(&self, client: &GroupClient<Self>, assigned: bool);
    /// An automatic commit has ended.
    fn auto_committed(&self, result: KafkaResult<()>);
}

/// A consumer's client whose partitions can be forwarded.
pub(in crate::driver::kafka) type GroupClient<G> = BaseConsumer<Forwarding<G>>;

/// The client's context.
#[derive(Debug)]
pub(in crate::driver::kafka) struct Forwarding<G> {
    member: Arc<G>,
    /// The queue of the `NativeConsumer` that owns this context's client; null before it has one and when it is
    /// dropped.
    queue: AtomicPtr<sys::rd_kafka_queue_t>,
}

impl<G> Forwarding<G> {
    /// A context that forwards nothing yet.
    pub(in crate::driver::kafka) fn new(member: Arc<G>) -> Self {
        Self { member, queue: AtomicPtr::new(ptr::null_mut()) }
    }

    /// From here on assigned partitions go to this queue.
    ///
    /// # Safety
    /// The queue was made from this context's client, and `end` is called before it is dropped.
    pub(super) unsafe fn begin(&self, queue: &Queue) {
        self.queue.store(queue.as_ptr(), Ordering::Release);
    }

    /// From here on partitions are left alone.
    pub(super) fn end(&self) {
        self.queue.store(ptr::null_mut(), Ordering::Release);
    }
}

impl<G: GroupMember> Forwarding<G> {
    /// Sends the messages of these partitions to `target`, or (null) to the client's own queue again. Before they are
    /// assigned: librdkafka keeps a forward that the application has set when it starts to fetch.
    fn redirect(&self, client: &GroupClient<G>, partitions: &TopicPartitionList, target: *mut sys::rd_kafka_queue_t) {
        if !ptr::eq(Arc::as_ptr(client.context()), self) {
            // Another client's messages would outlive it in our queue.
            return;
        }
        for element in partitions.elements() {
            let Ok(topic) = CString::new(element.topic()) else { continue };
            // SAFETY: dropped at the end of the loop's body, while the client is borrowed.
            let Some(queue) = (unsafe { Queue::of_partition(client.client(), &topic, element.partition()) }) else {
                continue;
            };
            // SAFETY: `queue` is alive. `target` is null, or was read from `self.queue` while the client that is
            // borrowed here, our own, was alive: its owner calls `end` before it drops the queue, and drops the client
            // behind that, so no call that has read the queue is still here when it goes. librdkafka holds references
            // of its own to both ends of a forward.
            unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), target) };
        }
    }
}

impl<G: GroupMember> ClientContext for Forwarding<G> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.member.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.member.error(error, reason);
    }
}

impl<G: GroupMember> ConsumerContext for Forwarding<G> {
    fn pre_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                let queue = self.queue.load(Ordering::Acquire);
                if !queue.is_null() {
                    self.redirect(client, partitions, queue);
                }
            }
            Rebalance::Revoke(partitions) => {
                self.member.before_revoke(client);
                self.redirect(client, partitions, ptr::null_mut());
            }
            Rebalance::Error(_) => {}
        }
    }

    fn post_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        self.member.after_rebalance(client, matches!(rebalance, Rebalance::Assign(_)));
    }

    /// Automatic commits only: ours are answered on a queue of our own.
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.member.auto_committed(result);
    }
}
