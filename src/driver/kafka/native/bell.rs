//! A bell for a queue: an eventfd that librdkafka rings when something comes into the empty queue.
//!
//! librdkafka's own waits count whole milliseconds. A loop that has 300 µs until its next send would have to sleep them away, and would
//! notice an acknowledgement up to that much too late.

use super::handle::Queue;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use rdkafka_sys as sys;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::time::Duration;

/// What librdkafka writes to ring: an eventfd counts in words of 8 bytes.
const ONE: u64 = 1;

/// A queue's bell. It holds its queue, and takes itself off it when dropped.
#[derive(Debug)]
pub(super) struct Bell {
    queue: Rc<Queue>,
    descriptor: OwnedFd,
}

impl Bell {
    /// Hangs a bell on a queue that has none. None: the system gives no descriptor.
    pub(super) fn on(queue: &Rc<Queue>) -> Option<Self> {
        // SAFETY: eventfd(2) takes two integers and touches no memory.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return None;
        }
        // SAFETY: the kernel has just opened this descriptor for us, and nobody else knows it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let bell = Self { queue: Rc::clone(queue), descriptor };
        bell.hang(bell.descriptor.as_raw_fd());
        Some(bell)
    }

    /// Waits until the queue is rung or `limit` has passed. What came before the queue was last looked into does not count; what comes
    /// after that does, also before this is called.
    pub(super) fn wait(&self, limit: Duration) {
        let mut descriptors = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
        // An interrupted wait is a short one.
        if ppoll(&mut descriptors, Some(limit.into()), None).is_ok_and(|ready| ready > 0) {
            let mut count = [0; size_of::<u64>()];
            while nix::unistd::read(&self.descriptor, &mut count) == Err(Errno::EINTR) {}
        }
    }

    fn hang(&self, descriptor: i32) {
        // SAFETY: the queue lives as long as `self`; librdkafka copies the 8 bytes at `ONE` before it returns; it writes to the descriptor
        // until it gets another one, which `drop` sees to before the descriptor is closed.
        unsafe {
            sys::rd_kafka_queue_io_event_enable(
                self.queue.as_ptr(),
                descriptor,
                ptr::from_ref(&ONE).cast(),
                size_of::<u64>(),
            );
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.hang(-1);
    }
}
