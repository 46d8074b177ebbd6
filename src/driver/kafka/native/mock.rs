//! librdkafka's mock cluster: real TCP on loopback, in this process.

use super::handle::copied;
use rdkafka_sys as sys;
use std::ffi::CString;
use std::ptr::NonNull;

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
}
