//! Rests between the empty looks of librdkafka's threads at their sockets.
//!
//! Of an idempotent producer librdkafka 2.12 keeps one batch of a partition on its way. While the next one is due and
//! may not be sent, the thread that serves the broker polls with a time-out of 0, again and again: the next wake-up has
//! been set to now (`rd_kafka_msgq_allow_wakeup_at`) before the limit of what is in flight is looked at
//! (rdkafka_broker.c, `rd_kafka_toppar_producer_serve`). On a shared CPU it takes the time from the very broker that it
//! waits for.
//!
//! So the program has a poll(2) of its own, which linkers prefer to the C library's for all that is linked into it,
//! librdkafka above all. It does what the C library's does, but for one thing: a look of such a thread that directly
//! follows a look which found nothing waits a moment for what it looks for. An answer, room to write and whatever wakes
//! the thread through its descriptor end that moment at once.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What nobody wakes the thread for (another partition's linger) is seen so much later, at most …
const REST_NS: i64 = 100_000;
/// … or by this part of the time that it has rested in a row …
const REST_PART: i64 = 8;
/// … up to this: an answer that takes seconds, from a broker that many producers wait for, is not looked for ten
/// thousand times a second.
const LONGEST_REST_NS: i64 = 20_000_000;
/// How librdkafka calls its threads that serve a broker, before they do anything else.
const BROKER_THREAD: &[u8] = b"rdk:broker";
/// A thread's name with its NUL: `PR_GET_NAME` writes no more.
const NAME_BYTES: usize = 16;

/// Do they rest in this process?
static RESTS: AtomicBool = AtomicBool::new(false);

/// Who polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Poller {
    Unknown,
    Another,
    ServesBroker,
}

thread_local! {
    static POLLER: Cell<Poller> = const { Cell::new(Poller::Unknown) };
    /// The last poll of this thread was a look, and found nothing.
    static FOUND_NOTHING: Cell<bool> = const { Cell::new(false) };
    /// How long it has rested since it last found something, ns.
    static RESTED_NS: Cell<i64> = const { Cell::new(0) };
    #[cfg(test)]
    static RESTED: Cell<u32> = const { Cell::new(0) };
}

/// From now on all of librdkafka's threads in this process rest between empty looks. For processes with an idempotent
/// producer: no other polls like that.
pub(in crate::driver::kafka) fn rest_between_empty_polls() {
    RESTS.store(true, Relaxed);
}

/// Is this one of librdkafka's threads that serve a broker?
fn serves_broker() -> bool {
    if POLLER.get() == Poller::Unknown {
        let mut name = [0_u8; NAME_BYTES];
        // SAFETY: PR_GET_NAME writes at most 16 bytes, for which there is room.
        let told = unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
        let serves = told == 0 && name.starts_with(BROKER_THREAD);
        POLLER.set(if serves { Poller::ServesBroker } else { Poller::Another });
    }
    POLLER.get() == Poller::ServesBroker
}

/// The next rest of a thread that has rested so long.
fn rest_ns(rested_ns: i64) -> i64 {
    (rested_ns / REST_PART).clamp(REST_NS, LONGEST_REST_NS)
}

fn timespec(timeout_ms: c_int) -> libc::timespec {
    let (s, ms) = (timeout_ms / 1_000, timeout_ms % 1_000);
    libc::timespec { tv_sec: s.into(), tv_nsec: (ms * 1_000_000).into() }
}

/// poll(2), as everything in this program calls it.
///
/// # Safety
/// As poll(2)'s: `descriptors` points to `count` of them.
// SAFETY: the name is the C library's, on purpose; so are the types and, below, the meaning.
#[unsafe(no_mangle)]
unsafe extern "C" fn poll(descriptors: *mut libc::pollfd, count: libc::nfds_t, timeout_ms: c_int) -> c_int {
    let look = timeout_ms == 0 && RESTS.load(Relaxed) && serves_broker();
    let limit = if look && FOUND_NOTHING.get() {
        #[cfg(test)]
        RESTED.set(RESTED.get() + 1);
        let rest_ns = rest_ns(RESTED_NS.get());
        RESTED_NS.set(RESTED_NS.get() + rest_ns);
        libc::timespec { tv_sec: 0, tv_nsec: rest_ns }
    } else {
        RESTED_NS.set(0);
        timespec(timeout_ms.max(0))
    };
    let limit: *const libc::timespec = if timeout_ms < 0 { ptr::null() } else { &limit };
    // SAFETY: the caller vouches for the descriptors; the limit is null (none) or outlives the call, which does not
    // change it; without a mask signals stay as they are, and ppoll(2) does what poll(2) does, errno included.
    let ready = unsafe { libc::ppoll(descriptors, count, limit, ptr::null()) };
    FOUND_NOTHING.set(look && ready == 0);
    ready
}

#[cfg(test)]
mod tests {
    use super::{RESTED, rest_between_empty_polls, rest_ns};
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::io::{PipeReader, PipeWriter, Write};
    use std::os::fd::AsFd;
    use std::thread;
    use std::time::{Duration, Instant};

    /// Runs on a thread of this name, on which librdkafka would rest.
    fn on_a_thread(name: &str, runs: impl FnOnce(PipeReader, PipeWriter) + Send + 'static) {
        rest_between_empty_polls();
        let (reader, writer) = std::io::pipe().unwrap();
        thread::Builder::new().name(name.to_owned()).spawn(move || runs(reader, writer)).unwrap().join().unwrap();
    }

    /// How many descriptors are ready.
    fn look(reader: &PipeReader, timeout: PollTimeout) -> i32 {
        poll(&mut [PollFd::new(reader.as_fd(), PollFlags::POLLIN)], timeout).unwrap()
    }

    #[test]
    fn a_look_that_follows_an_empty_one_rests() {
        on_a_thread("rdk:broker1", |reader, _writer| {
            let begun = Instant::now();
            for _ in 0..21 {
                assert_eq!(look(&reader, PollTimeout::ZERO), 0);
            }
            assert_eq!(RESTED.get(), 20);
            assert!(begun.elapsed() >= 20 * Duration::from_nanos(100_000), "{:?}", begun.elapsed());
        });
    }

    #[test]
    fn the_longer_it_waits_the_longer_it_rests() {
        assert_eq!(
            [0, 800_000, 1_600_000, 80_000_000, i64::MAX].map(rest_ns),
            [100_000, 100_000, 200_000, 10_000_000, 20_000_000]
        );
    }

    #[test]
    fn what_is_found_ends_the_resting_and_a_wait_is_no_look() {
        on_a_thread("rdk:broker-1", |reader, mut writer| {
            assert_eq!(look(&reader, PollTimeout::ZERO), 0);
            writer.write_all(b"answer").unwrap();
            // It rests as long as it takes to see that there is an answer.
            assert_eq!((look(&reader, PollTimeout::ZERO), RESTED.get()), (1, 1));
            assert_eq!((look(&reader, PollTimeout::ZERO), look(&reader, PollTimeout::NONE)), (1, 1));
            assert_eq!((look(&reader, PollTimeout::ZERO), RESTED.get()), (1, 1));
        });
        on_a_thread("rdk:broker2", |reader, _writer| {
            for _ in 0..5 {
                assert_eq!((look(&reader, PollTimeout::ZERO), look(&reader, PollTimeout::from(1_u8))), (0, 0));
            }
            assert_eq!(RESTED.get(), 0);
        });
    }

    #[test]
    fn other_threads_look_as_often_as_they_like() {
        for name in ["rdk:main", "rdk:mock", "hot"] {
            on_a_thread(name, |reader, _writer| {
                (0..100).for_each(|_| assert_eq!(look(&reader, PollTimeout::ZERO), 0));
                assert_eq!(RESTED.get(), 0);
            });
        }
    }
}
