//! An eventfd for a queue: librdkafka calls back when something comes into the empty queue. That tells when it was, and
//! wakes who waits for it.
//!
//! librdkafka's own waits count whole milliseconds: a loop that has 300 µs until its next send would have to sleep them
//! away, and would notice an acknowledgement up to that much too late. And none of them tells when what ended it came,
//! which is what a loop has to know to tell how long it kept it itself.

use super::handle::Queue;
use crate::os::clock::Clock;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use rdkafka_sys as sys;
use std::ffi::c_void;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// What is in the queue before there is an eventfd came nobody knows when: as long ago as can be.
const LONG_AGO_NS: u64 = 1;
/// What is written to signal: an eventfd counts in words of 8 bytes.
const ONE: [u8; size_of::<u64>()] = 1_u64.to_ne_bytes();

/// A queue and its eventfd, which is made when it is first waited on: a loop that spins needs none, and the library is
/// spared the callbacks.
#[derive(Debug)]
pub(super) struct QueueWithEventFd {
    queue: Rc<Queue>,
    event_fd: Option<QueueEventFd>,
}

impl QueueWithEventFd {
    /// A queue without an eventfd so far.
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue: Rc::new(queue), event_fd: None }
    }

    /// Waits until something is in the queue or `limit` has passed; may end at once. To be called when the queue has
    /// just been found empty. False: it cannot wait, because the system gives no descriptor.
    pub(super) fn wait(&mut self, limit: Duration, clock: Clock) -> bool {
        if let Some(event_fd) = &self.event_fd {
            event_fd.wait(limit);
        } else {
            // What came in before there was an eventfd has not been signalled: look again before waiting.
            self.event_fd = QueueEventFd::on(&self.queue, clock);
        }
        self.event_fd.is_some()
    }

    /// When the first thing came into the empty queue since the last call (0: nothing has); None: there is no eventfd.
    #[inline]
    pub(super) fn signalled_ns(&self) -> Option<u64> {
        self.event_fd.as_ref().map(QueueEventFd::signalled_ns)
    }

    /// The same, left as it is; None: nothing has come, or nobody knows when.
    pub(super) fn came_ns(&self) -> Option<u64> {
        self.event_fd.as_ref().map(|event_fd| event_fd.state.first_ns.load(SeqCst)).filter(|ns| *ns > LONG_AGO_NS)
    }
}

impl std::ops::Deref for QueueWithEventFd {
    type Target = Queue;

    #[inline]
    fn deref(&self) -> &Queue {
        &self.queue
    }
}

/// A queue's eventfd. It holds its queue, and takes itself off it when dropped.
#[derive(Debug)]
struct QueueEventFd {
    queue: Rc<Queue>,
    state: Box<EventFdState>,
}

/// What librdkafka's threads touch.
#[derive(Debug)]
struct EventFdState {
    clock: Clock,
    /// The first signal since it was last asked for, raw ns; 0: there was none.
    first_ns: AtomicU64,
    /// Somebody is to be woken. Otherwise a signal costs no system call.
    waited_for: AtomicBool,
    descriptor: OwnedFd,
}

impl QueueEventFd {
    /// For a queue that has none. None: the system gives no descriptor.
    fn on(queue: &Rc<Queue>, clock: Clock) -> Option<Self> {
        // SAFETY: eventfd(2) takes two integers and touches no memory.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return None;
        }
        // SAFETY: the kernel has just opened this descriptor for us, and nobody else knows it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let (first_ns, waited_for) = (AtomicU64::new(LONG_AGO_NS), AtomicBool::new(false));
        let state = EventFdState { clock, first_ns, waited_for, descriptor };
        let event_fd = Self { queue: Rc::clone(queue), state: Box::new(state) };
        let opaque = ptr::from_ref(&*event_fd.state).cast_mut().cast::<c_void>();
        // SAFETY: the queue lives as long as `event_fd`. librdkafka calls `signal` with the queue locked, so never
        // twice at once, and not any more when `drop`, which takes that lock, has returned: `state`, which stays where
        // it is, lives longer.
        unsafe { sys::rd_kafka_queue_cb_event_enable(event_fd.queue.as_ptr(), Some(signal), opaque) };
        Some(event_fd)
    }

    /// When it was first signalled since this was last called, raw ns; 0: it was not.
    #[inline]
    fn signalled_ns(&self) -> u64 {
        self.state.first_ns.swap(0, SeqCst)
    }

    /// Waits for a signal or until `limit` has passed; not at all after a signal since it was last asked. May end
    /// early.
    fn wait(&self, limit: Duration) {
        let state = &*self.state;
        // This before that, and the other way round in `signal`: one of both sees the other.
        state.waited_for.store(true, SeqCst);
        if state.first_ns.load(SeqCst) == 0 {
            let mut descriptors = [PollFd::new(state.descriptor.as_fd(), PollFlags::POLLIN)];
            // An interrupted wait is a short one.
            if ppoll(&mut descriptors, Some(limit.into()), None).is_ok_and(|ready| ready > 0) {
                let mut count = [0; size_of::<u64>()];
                while nix::unistd::read(&state.descriptor, &mut count) == Err(Errno::EINTR) {}
            }
        }
        state.waited_for.store(false, SeqCst);
    }
}

/// Something has come into the empty queue.
///
/// # Safety
/// `opaque` points to an `EventFdState` that lives until this returns.
unsafe extern "C" fn signal(_client: *mut sys::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: the caller vouches for it; only its atomics change.
    let state = unsafe { &*opaque.cast_const().cast::<EventFdState>() };
    if state.first_ns.load(SeqCst) == 0 {
        state.first_ns.store(state.clock.now_ns().max(1), SeqCst);
    }
    if state.waited_for.load(SeqCst) {
        // What could go wrong here has a limit: the wait's.
        let _ = nix::unistd::write(&state.descriptor, &ONE);
    }
}

impl Drop for QueueEventFd {
    fn drop(&mut self) {
        // SAFETY: the queue lives as long as `self`.
        unsafe { sys::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), None, ptr::null_mut()) };
    }
}
