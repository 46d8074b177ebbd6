//! librdkafka's mock cluster: real TCP on loopback, in this process.

use super::handle::copied;
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr::NonNull;

/// The id of the first broker of a mock cluster.
const FIRST_BROKER: i32 = 1;
/// Kafka's number of produce requests.
const PRODUCE: i16 = 0;

/// The mock cluster inside a client that was made with `test.mock.num.brokers`; it lives and dies with that client.
#[derive(Debug)]
pub(in crate::driver::kafka) struct Mock(NonNull<sys::rd_kafka_mock_cluster_t>);

impl Mock {
    /// The client's mock cluster; None when it was made without. `client` must outlive the result.
    pub(in crate::driver::kafka) fn of(client: *mut sys::rd_kafka_t) -> Option<Self> {
        // SAFETY: `client` comes from a living BaseProducer.
        NonNull::new(unsafe { sys::rd_kafka_handle_mock_cluster(client) }).map(Self)
    }

    /// `host:port` of its brokers.
    pub(in crate::driver::kafka) fn bootstrap_servers(&self) -> String {
        // SAFETY: the cluster lives as long as its client.
        let text = unsafe { sys::rd_kafka_mock_cluster_bootstraps(self.0.as_ptr()) };
        // SAFETY: NUL-terminated, owned by the cluster and never changed.
        unsafe { copied(text) }
    }

    /// How long a classic group waits for further members before its first assignment.
    pub(in crate::driver::kafka) fn set_group_delay_ms(&self, delay_ms: i32) {
        // SAFETY: the cluster lives as long as its client.
        unsafe { sys::rd_kafka_mock_group_initial_rebalance_delay_ms(self.0.as_ptr(), delay_ms) };
    }

    /// How often members of a KIP-848 group send heartbeats.
    pub(in crate::driver::kafka) fn set_group_heartbeat_ms(&self, interval_ms: i32) {
        // SAFETY: the cluster lives as long as its client.
        unsafe { sys::rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(self.0.as_ptr(), interval_ms) };
    }

    /// Creates a topic. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn create_topic(&self, name: &str, partitions: i32) -> Result<(), i32> {
        let fail = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG as i32;
        let name = CString::new(name).map_err(|_| fail)?;
        // SAFETY: the cluster lives as long as its client; `name` is NUL-terminated.
        match unsafe { sys::rd_kafka_mock_topic_create(self.0.as_ptr(), name.as_ptr(), partitions, 1) } {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(code as i32),
        }
    }

    /// Its broker closes all connections and takes none, or takes them again. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn set_reachable(&self, reachable: bool) -> Result<(), i32> {
        let cluster = self.0.as_ptr();
        told(if reachable {
            // SAFETY: the cluster lives as long as its client.
            unsafe { sys::rd_kafka_mock_broker_set_up(cluster, FIRST_BROKER) }
        } else {
            // SAFETY: the same.
            unsafe { sys::rd_kafka_mock_broker_set_down(cluster, FIRST_BROKER) }
        })
    }

    /// Its broker takes so long for each answer. Err: librdkafka's code.
    pub(in crate::driver::kafka) fn set_rtt_ms(&self, rtt_ms: i32) -> Result<(), i32> {
        // SAFETY: the cluster lives as long as its client.
        told(unsafe { sys::rd_kafka_mock_broker_set_rtt(self.0.as_ptr(), FIRST_BROKER, rtt_ms) })
    }

    /// Says of a topic from now on that there is none, and refuses the next `requests` produce requests, whatever
    /// they are about, for that.
    pub(in crate::driver::kafka) fn deny_topic(&self, name: &str, requests: usize) {
        let gone = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        let Ok(name) = CString::new(name) else { return };
        let errors = vec![gone; requests];
        let cluster = self.0.as_ptr();
        // SAFETY: the cluster lives as long as its client; `name` is NUL-terminated and copied.
        unsafe { sys::rd_kafka_mock_topic_set_error(cluster, name.as_ptr(), gone) };
        // SAFETY: the cluster as above; as many errors are there as we say, and they are copied before the call
        // returns.
        unsafe { sys::rd_kafka_mock_push_request_errors_array(cluster, PRODUCE, errors.len(), errors.as_ptr()) };
    }
}

/// A call's code.
fn told(code: sys::rd_kafka_resp_err_t) -> Result<(), i32> {
    if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(code as i32) }
}
