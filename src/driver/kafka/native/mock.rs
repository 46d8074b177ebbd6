//! librdkafka's mock cluster: real TCP on loopback, in this process.

use super::handle::{Queue, copied};
use crate::driver::kafka::watch::ClientErrors;
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr::NonNull;
use std::time::Duration;

/// The id of the first broker of a mock cluster.
const FIRST_BROKER: i32 = 1;
/// Kafka's number of produce requests.
const PRODUCE: i16 = 0;

/// A client that was made with `test.mock.num.brokers`, and the mock cluster in it, which lives and dies with it.
///
/// Fields are dropped in the order in which they stand: the queue goes before the client it was made from.
pub(in crate::driver::kafka) struct Mock {
    /// Of `client`, whoever holds it.
    cluster: NonNull<sys::rd_kafka_mock_cluster_t>,
    queue: Queue,
    client: BaseProducer<ClientErrors>,
}

impl Mock {
    /// The client's mock cluster; None when it was made without.
    pub(in crate::driver::kafka) fn of(client: BaseProducer<ClientErrors>) -> Option<Self> {
        // SAFETY: the client is alive; what is returned is alive as long as it is.
        let cluster = NonNull::new(unsafe { sys::rd_kafka_handle_mock_cluster(client.client().native_ptr()) })?;
        // SAFETY: a variable of this function, which is dropped before what it was given, then a field before `client`.
        let queue = unsafe { Queue::main_of(client.client()) }?;
        Some(Self { cluster, queue, client })
    }

    /// Serves its client's events for up to so long, so that they do not pile up.
    pub(in crate::driver::kafka) fn idle(&self, limit: Duration) {
        if let Some(event) = self.queue.poll(i32::try_from(limit.as_millis()).unwrap_or(i32::MAX)) {
            self.client.context().event(event.kind());
        }
    }

    /// `host:port` of its brokers.
    pub(in crate::driver::kafka) fn bootstrap_servers(&self) -> String {
        // SAFETY: the cluster lives as long as `client`.
        let text = unsafe { sys::rd_kafka_mock_cluster_bootstraps(self.cluster.as_ptr()) };
        // SAFETY: NUL-terminated, owned by the cluster and never changed.
        unsafe { copied(text) }
    }

    /// How long a classic group waits for further members before its first assignment.
    pub(in crate::driver::kafka) fn set_group_delay_ms(&self, delay_ms: i32) {
        // SAFETY: the cluster lives as long as `client`.
        unsafe { sys::rd_kafka_mock_group_initial_rebalance_delay_ms(self.cluster.as_ptr(), delay_ms) };
    }

    /// How often members of a KIP-848 group send heartbeats.
    pub(in crate::driver::kafka) fn set_group_heartbeat_ms(&self, interval_ms: i32) {
        // SAFETY: the cluster lives as long as `client`.
        unsafe { sys::rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(self.cluster.as_ptr(), interval_ms) };
    }

    /// Creates a topic. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn create_topic(&self, name: &str, partitions: i32) -> Result<(), i32> {
        let fail = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG as i32;
        let name = CString::new(name).map_err(|_| fail)?;
        // SAFETY: the cluster lives as long as `client`; `name` is NUL-terminated.
        match unsafe { sys::rd_kafka_mock_topic_create(self.cluster.as_ptr(), name.as_ptr(), partitions, 1) } {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(code as i32),
        }
    }

    /// Its broker closes all connections and takes none, or takes them again. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn set_reachable(&self, reachable: bool) -> Result<(), i32> {
        let cluster = self.cluster.as_ptr();
        result_of(if reachable {
            // SAFETY: the cluster lives as long as `client`.
            unsafe { sys::rd_kafka_mock_broker_set_up(cluster, FIRST_BROKER) }
        } else {
            // SAFETY: the cluster lives as long as `client`.
            unsafe { sys::rd_kafka_mock_broker_set_down(cluster, FIRST_BROKER) }
        })
    }

    /// Its broker takes so long for each answer. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn set_rtt_ms(&self, rtt_ms: i32) -> Result<(), i32> {
        // SAFETY: the cluster lives as long as `client`.
        result_of(unsafe { sys::rd_kafka_mock_broker_set_rtt(self.cluster.as_ptr(), FIRST_BROKER, rtt_ms) })
    }

    /// Says of a topic from now on that there is none, and refuses the next `requests` produce requests, whatever
    /// they are about, for that.
    pub(in crate::driver::kafka) fn deny_topic(&self, name: &str, requests: usize) {
        let gone = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        let Ok(name) = CString::new(name) else { return };
        let errors = vec![gone; requests];
        let cluster = self.cluster.as_ptr();
        // SAFETY: the cluster lives as long as `client`; `name` is NUL-terminated and copied.
        unsafe { sys::rd_kafka_mock_topic_set_error(cluster, name.as_ptr(), gone) };
        // SAFETY: the cluster lives as long as `client`; as many errors are there as we say, and they are copied before
        // the call returns.
        unsafe { sys::rd_kafka_mock_push_request_errors_array(cluster, PRODUCE, errors.len(), errors.as_ptr()) };
    }
}

/// A call's code.
fn result_of(code: sys::rd_kafka_resp_err_t) -> Result<(), i32> {
    if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(code as i32) }
}
