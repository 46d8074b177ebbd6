//! What loop and I/O thread tell each other beside batches: rarely, so that neither disturbs the other's caches.

use super::WireProducer;
use crate::driver::DriverError;
use crate::driver::wire::error_log::ErrorLog;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Shared by both.
#[derive(Debug, Default)]
pub(super) struct IoState {
    /// The thread is to end.
    pub(super) is_over: AtomicBool,
    /// Errors of the client so far.
    pub(super) errors: AtomicU64,
    /// Time in which the thread had nothing to do, ns.
    pub(super) idle_ns: AtomicU64,
    /// There is something in `untold`; and in `fault`.
    has_untold: AtomicBool,
    has_fault: AtomicBool,
    untold: Mutex<ErrorLog>,
    fault: Mutex<Option<DriverError>>,
}

impl IoState {
    /// What has come up in the thread's work.
    #[inline]
    pub(super) fn publish(&self, producer: &mut WireProducer) {
        if producer.cluster.error_log.has_untold() || producer.cluster.has_fault() {
            self.publish_troubles(producer);
        }
    }

    #[cold]
    fn publish_troubles(&self, producer: &mut WireProducer) {
        self.errors.store(producer.cluster.error_log.errors(), Ordering::Relaxed);
        if producer.cluster.error_log.has_untold() {
            let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
            producer.cluster.error_log.tell(&mut |text, count| untold.add(text, count));
            self.has_untold.store(true, Ordering::Release);
        }
        if !self.has_fault.load(Ordering::Relaxed) {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = producer.cluster.fault();
            self.has_fault.store(producer.cluster.has_fault(), Ordering::Release);
        }
    }

    /// Why the thread cannot go on, if so.
    pub(super) fn fault(&self) -> Option<DriverError> {
        if !self.has_fault.load(Ordering::Acquire) {
            return None;
        }
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells what has come since the last call; if the thread is adding something just now, the next call does.
    pub(super) fn tell_troubles(&self, tell: &mut dyn FnMut(&str, u64)) {
        if !self.has_untold.load(Ordering::Acquire) {
            return;
        }
        if let Ok(mut untold) = self.untold.try_lock() {
            untold.tell(tell);
            self.has_untold.store(false, Ordering::Release);
        }
    }
}
