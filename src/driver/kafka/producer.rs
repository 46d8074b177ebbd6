//! A producer of one topic.

use super::connect::{self, WaitLimit};
use super::native::{NativeProducer, rest_between_empty_polls};
use super::sticky::Sticky;
use super::watch::ClientErrors;
use crate::driver::{Batch, DriverError, ErrorClass, Producer, Report, SendResult, Time};
use crate::plan::properties::ProducerWays;
use rdkafka::producer::{BaseProducer, Producer as _};
use std::sync::Arc;
use std::time::Duration;

/// A connected producer. Dropping it purges what is in flight.
pub struct KafkaProducer {
    native: NativeProducer,
    /// By partition, as of the connecting.
    leaders: Vec<i32>,
    lines_told: u64,
}

impl std::fmt::Debug for KafkaProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaProducer").field("native", &self.native).finish_non_exhaustive()
    }
}

impl KafkaProducer {
    /// Connects, and returns once the metadata of `topic` is known and all its partitions have a leader. `idempotent`:
    /// what the properties say of `enable.idempotence`.
    ///
    /// Requests in flight for each partition that one broker leads can only be set when it is known how many those
    /// are: the client that has found out is then replaced by one that has the number.
    pub fn connect(
        properties: &[(String, String)],
        topic: &str,
        ways: ProducerWays,
        idempotent: bool,
        limit: Duration,
    ) -> Result<Self, DriverError> {
        if idempotent {
            rest_between_empty_polls();
        }
        let (mut client, mut leaders) = open(properties, topic, limit)?;
        if let Some(each) = ways.requests_per_partition
            && connect::most_by_one_broker(&leaders) > 1
        {
            drop(client);
            let requests = each.saturating_mul(connect::most_by_one_broker(&leaders)).min(MOST_REQUESTS);
            let mut properties = properties.to_vec();
            properties.push(("max.in.flight.requests.per.connection".to_owned(), requests.to_string()));
            (client, leaders) = open(&properties, topic, limit)?;
        }
        // Each producer draws its own lots: its address is as good a seed as any.
        let seed = client.client().native_ptr().addr() as u64 ^ u64::from(std::process::id()) << 32;
        let partitions = u32::try_from(leaders.len()).unwrap_or(u32::MAX);
        let sticky = ways.sticky.map(|sticky| Sticky::new(sticky, partitions, seed));
        let tells_brokers = leaders.iter().any(|leader| *leader != leaders[0]);
        let native = NativeProducer::new(client, topic, partitions, sticky, tells_brokers)
            .ok_or_else(|| DriverError::new(ErrorClass::System, format!("librdkafka gives no handle of {topic}")))?;
        Ok(Self { native, leaders, lines_told: 0 })
    }
}

/// librdkafka's limit.
const MOST_REQUESTS: u32 = 1_000_000;

/// A client that knows its topic, and the leader of each partition, of which there is at least one.
fn open(
    properties: &[(String, String)],
    topic: &str,
    limit: Duration,
) -> Result<(BaseProducer<ClientErrors>, Vec<i32>), DriverError> {
    let client: BaseProducer<ClientErrors> = connect::config(properties)
        .create_with_context(ClientErrors::default())
        .map_err(|error| connect::creation_error(&error))?;
    let watch = Arc::clone(client.context());
    let leaders = connect::await_metadata(
        &watch,
        connect::servers(properties),
        WaitLimit::to_connect(limit),
        |wait| client.client().fetch_metadata(Some(topic), wait),
        |wait| client.poll(wait),
        |metadata| connect::partitions_of(metadata, topic).map(|_| connect::leaders_of(metadata, topic)),
    )?;
    Ok((client, leaders))
}

impl Producer for KafkaProducer {
    #[inline]
    fn now_is(&mut self, now_ns: u64) {
        self.native.now_is(now_ns);
    }

    #[inline]
    fn send(&mut self, key: Option<&[u8]>, value: &[u8], tag: usize) -> SendResult {
        self.native.send(key, value, tag)
    }

    #[inline]
    fn send_from(&mut self, batch: &Batch, i: usize) -> SendResult {
        self.native.send_from(batch, i)
    }

    #[inline]
    fn send_batch(&mut self, batch: &Batch, from: usize, refused: impl FnMut(usize, i32)) -> usize {
        self.native.send_batch(batch, from, refused)
    }

    #[inline]
    fn poll_reports(&mut self, limit: u32, time: &impl Time, on_report: impl FnMut(u64, Report<'_>)) -> u32 {
        self.native.poll_reports(limit, time, on_report)
    }

    #[inline]
    fn signalled_ns(&mut self) -> Option<u64> {
        self.native.signalled_ns()
    }

    fn came_ns(&self) -> Option<u64> {
        self.native.came_ns()
    }

    fn await_reports(&mut self, deadline_ns: u64, time: &impl Time) {
        let left = Duration::from_nanos(deadline_ns.saturating_sub(time.now_ns()));
        if !self.native.await_reports(left, time.clock()) {
            time.sleep_until(deadline_ns);
        }
    }

    fn flush_linger(&mut self) {
        self.native.flush_linger();
    }

    fn purge(&mut self) {
        self.native.purge();
    }

    fn client_errors(&self) -> u64 {
        self.native.errors().errors()
    }

    fn fault(&self) -> Option<DriverError> {
        self.native.errors().fatal().map(|text| DriverError::new(ErrorClass::System, text))
    }

    fn describe(&self, code: i32) -> String {
        connect::describe(code)
    }

    fn leaders(&self) -> &[i32] {
        &self.leaders
    }

    fn is_answer(&self, code: i32) -> bool {
        !connect::is_without_answer(code)
    }

    fn tell_troubles(&mut self, tell: &mut dyn FnMut(&str, u64)) {
        self.native.errors().tell(&mut self.lines_told, tell);
    }
}
