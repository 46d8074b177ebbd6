//! The telemetry ring under real kills, and what is left in /dev/shm afterwards.
//!
//! A process of its own without the test harness: it has one thread, so it may fork.
#![allow(unsafe_code, reason = "fork: a killed writer must be a process")]
#![allow(clippy::print_stdout, reason = "without the harness, this is how a test says that it passed")]

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use pinload::{
    ClientEnd, ClientState, Counter, Counters, Latency, PoolOwner, Recorder, Role, SegmentError, Shape, Slot,
    SupervisorEnd, sweep_dead,
};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const KILLS: u64 = 1_000;

fn main() {
    let tests: [(&str, fn()); 4] = [
        ("a_writer_killed_at_any_moment_leaves_the_last_complete_slot", killed_writer),
        ("a_sweep_removes_what_a_killed_owner_left_and_nothing_else", killed_owner),
        ("a_segment_that_was_unlinked_leaves_nothing_when_all_are_killed", killed_after_unlink),
        ("a_file_size_limit_is_an_error_and_not_a_signal", file_size_limit),
    ];
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-') && *arg != "terse").collect();
    if has("--list") {
        // Test runners ask for the names first, and once more for the ignored ones, of which there are none.
        tests.iter().filter(|_| !has("--ignored")).for_each(|(name, _)| println!("{name}: test"));
        return;
    }
    assert_eq!(threads(), 1, "forking needs a process with one thread");
    for (name, test) in tests {
        if filters.is_empty() || filters.iter().any(|part| name.contains(part.as_str())) {
            let begin = Instant::now();
            test();
            println!("test {name} ... ok ({:.1} s)", begin.elapsed().as_secs_f64());
        }
    }
}

/// Kills a writer that does nothing but publish, at random moments, and reads what it left.
fn killed_writer() {
    let shape = Shape { slots: 3, ..Shape::new(Role::Producer, 0, 1) };
    let (mut mid_write, mut slots) = (0_u64, 0_u64);
    for round in 0..KILLS {
        let mut supervisor = SupervisorEnd::create(shape).unwrap();
        let child = in_child(|| publish_for_ever(supervisor.name(), shape));
        until("the writer has published", || supervisor.counters()[Counter::SlotsPublished] > 0);
        let pause = Duration::from_nanos(fastrand::u64(0..400_000));
        let begin = Instant::now();
        while begin.elapsed() < pause {
            std::hint::spin_loop();
        }
        // Every other round a drain has been there before: the reader then begins in the middle.
        let before = if round % 2 == 0 { supervisor.drain().slots.len() as u64 } else { 0 };
        end(child);
        let first = supervisor.drain();
        first.slots.iter().for_each(assert_whole);
        assert!(supervisor.drain().slots.is_empty(), "a second drain found more than the first");
        let published = supervisor.counters()[Counter::SlotsPublished];
        match first.slots.last() {
            // The live counters follow the slot: killed in between, they are one behind.
            Some(last) => assert!((published..=published + 1).contains(&(last.sequence + 1)), "round {round}"),
            None => assert!(before > 0, "round {round}: nothing was readable"),
        }
        // Of three places one is lost when the writer was within the slot that overwrites it.
        mid_write += u64::from(first.slots.len() == 2 && first.lost > 0);
        slots += first.slots.len() as u64;
        assert_eq!(supervisor.state(), Some(ClientState::Attached));
    }
    // A write is about 2 % of what the writer does (the rest is encoding): about 20 of 1,000 kills.
    assert!(mid_write >= 3, "only {mid_write} of {KILLS} kills fell into a write");
    assert!(slots > KILLS, "only {slots} slots were readable");
}

/// Publishes slots that say the same number everywhere, until killed.
fn publish_for_ever(name: &str, shape: Shape) {
    let mut client = ClientEnd::attach(name, shape).unwrap();
    let mut recorders = [Recorder::new(), Recorder::new(), Recorder::new()];
    for n in 1.. {
        recorders.iter_mut().for_each(|recorder| recorder.record(n * 997));
        let mut latencies: Vec<_> = Latency::PRODUCER.into_iter().zip(recorders.iter_mut()).collect();
        client.publish_slot(0, n, &Counters([n; Counter::COUNT]), &mut latencies);
    }
}

fn assert_whole(slot: &Slot) {
    let n = slot.sequence + 1;
    let mut counters = Counters([n; Counter::COUNT]);
    counters[Counter::SlotsCoarsened] = 0;
    assert_eq!(slot.counters, counters);
    assert_eq!((slot.start_ns, slot.end_ns), (n - 1, n));
    assert_eq!(slot.latencies.len(), 3);
    for family in &slot.latencies {
        assert_eq!(family.histogram.count(), n);
        let exact = family.extremes;
        assert_eq!((exact.count, exact.min_ns, exact.max_ns), (1, n * 997, n * 997));
    }
}

/// An owner killed with -9 cannot unlink: the next start does. A living owner's segments stay.
fn killed_owner() {
    let shape = Shape { slots: 2, ..Shape::new(Role::Consumer, 1, 3) };
    let mine = SupervisorEnd::create(shape).unwrap();
    let (mut names, answer) = UnixStream::pair().unwrap();
    let child = in_child(|| {
        let segment = SupervisorEnd::create(shape).unwrap();
        let pool = PoolOwner::create(&[vec![1; 1_000]], &[]).unwrap();
        (&answer).write_all(format!("{} {}\n", segment.name(), pool.name()).as_bytes()).unwrap();
        wait_to_be_killed();
    });
    let left = read_line(&mut names);
    let left: Vec<PathBuf> = left.split_whitespace().map(in_shm).collect();
    assert_eq!(left.len(), 2);
    sweep_dead();
    assert!(left.iter().all(|path| path.exists()), "a living owner was swept");
    kill(child, Signal::SIGKILL).unwrap();
    // Dead but not reaped yet: it owns nothing any more, sweep or no sweep by others.
    until("its segments are swept", || {
        sweep_dead();
        left.iter().all(|path| !path.exists())
    });
    end(child);
    assert!(in_shm(mine.name()).exists());
}

/// After the client has attached the name is gone: kills on both sides leave nothing, even without a sweep.
fn killed_after_unlink() {
    let shape = Shape { slots: 2, ..Shape::new(Role::Producer, 0, 1) };
    let (mut names, answer) = UnixStream::pair().unwrap();
    let supervisor = in_child(|| {
        let mut segment = SupervisorEnd::create(shape).unwrap();
        let name = segment.name().to_owned();
        let client = in_child(|| publish_for_ever(&name, shape));
        until("the client has attached", || segment.state().is_some());
        segment.unlink();
        (&answer).write_all(format!("{name} {client}\n").as_bytes()).unwrap();
        wait_to_be_killed();
    });
    let line = read_line(&mut names);
    let (name, client) = line.trim().split_once(' ').unwrap();
    assert!(!in_shm(name).exists());
    kill(Pid::from_raw(client.parse().unwrap()), Signal::SIGKILL).unwrap();
    end(supervisor);
    assert!(!in_shm(name).exists());
}

/// `ulimit -f` would kill with SIGXFSZ within ftruncate.
fn file_size_limit() {
    let (mut words, answer) = UnixStream::pair().unwrap();
    let child = in_child(|| {
        let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
        setrlimit(Resource::RLIMIT_FSIZE, 100_000, hard).unwrap();
        let error = SupervisorEnd::create(Shape::new(Role::Producer, 6, 1)).unwrap_err();
        assert!(matches!(error, SegmentError::System { .. }));
        (&answer).write_all(format!("{error}\n").as_bytes()).unwrap();
    });
    assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
    let text = read_line(&mut words);
    assert!(text.contains("producer 6") && text.contains("ulimit -f") && text.contains("100000"), "{text}");
}

/// Runs `work` in a forked child, which ends with 0 when `work` returns and with 1 when it panics.
fn in_child(work: impl FnOnce()) -> Pid {
    // SAFETY: this process has one thread (checked at the start of `main`; nothing here starts another, and neither
    // does a child of it), so the child's copy of the allocator and of every lock is in a usable state.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            // SAFETY: `_exit` takes any number and does not return; the parent's destructors must not run here (they
            // unlink).
            unsafe { libc::_exit(i32::from(result.is_err())) }
        }
    }
}

fn end(child: Pid) {
    // It may have ended by itself only through a failed assertion, which `waitpid` then shows.
    kill(child, Signal::SIGKILL).unwrap();
    assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Signaled(child, Signal::SIGKILL, false));
}

fn wait_to_be_killed() {
    loop {
        nix::unistd::pause();
    }
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(20), "waited 20 s until {what}");
        std::thread::yield_now();
    }
}

fn read_line(stream: &mut UnixStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\n") {
        stream.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
    String::from_utf8(text).unwrap()
}

fn in_shm(name: &str) -> PathBuf {
    Path::new("/dev/shm").join(name)
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}
