//! What makes a run bad on purpose: somebody else on a CPU, a broker that a test may stop. And how a test knows that
//! others did it.

use super::PINLOAD;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

const S: Duration = Duration::from_secs(1);

/// What share of a second a loop of our own, ready all the time, has to wait for this CPU.
pub fn share_of_waiting_on(cpu: usize) -> f64 {
    let looping = std::thread::spawn(move || {
        pin(0, cpu);
        let waited_ns = || {
            let text =
                std::fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat: the verdict read it too");
            text.split(' ').nth(1).and_then(|ns| ns.parse::<f64>().ok()).expect("the second number")
        };
        let (begun, before) = (std::time::Instant::now(), waited_ns());
        while begun.elapsed() < S {
            std::hint::spin_loop();
        }
        (waited_ns() - before) / begun.elapsed().as_secs_f64() / 1e9
    });
    looping.join().expect("a thread of ours")
}

/// Threads of this test that want one CPU, until dropped.
pub struct Spinners(Arc<AtomicBool>);

impl Spinners {
    /// They want it all the time.
    pub fn on(cpu: usize, count: usize) -> Self {
        Self::start(cpu, count, std::hint::spin_loop)
    }

    /// They want it for a moment, some thousand times a second: whoever has just slept goes first, so each moment is
    /// taken from another.
    pub fn napping_on(cpu: usize, count: usize) -> Self {
        Self::start(cpu, count, || std::thread::park_timeout(Duration::from_micros(200)))
    }

    fn start(cpu: usize, count: usize, pass_time: fn()) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..count {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                pin(0, cpu);
                while !stop.load(Relaxed) {
                    pass_time();
                }
            });
        }
        Self(stop)
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Processes that want one CPU all the time, each in a session of its own, until dropped. With automatic groups
/// (sched_autogroup_enabled) the kernel deals a CPU to sessions first: only so does a client lose more of it than half.
pub struct Strangers(Vec<Child>);

impl Strangers {
    /// None: this machine has no `setsid` program.
    pub fn on(cpu: usize, count: usize) -> Option<Self> {
        let mut all = Self(Vec::new());
        for _ in 0..count {
            // The limit (s of CPU time) is for the case that nobody lives to drop them.
            let child = Command::new("setsid").args(["sh", "-c", "ulimit -t 60; while :; do :; done"]).spawn().ok()?;
            pin(i32::try_from(child.id()).expect("a pid"), cpu);
            all.0.push(child);
        }
        Some(all)
    }
}

impl Drop for Strangers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// CPUs that this test may use.
pub fn own_cpus() -> Vec<usize> {
    let ours = sched_getaffinity(Pid::from_raw(0)).expect("our own CPUs");
    (0..CpuSet::count()).filter(|cpu| ours.is_set(*cpu) == Ok(true)).collect()
}

/// Moves a process or thread (0: the calling one) to a CPU.
pub fn pin(id: i32, cpu: usize) {
    let mut cpus = CpuSet::new();
    cpus.set(cpu).expect("a CPU number");
    sched_setaffinity(Pid::from_raw(id), &cpus).expect("our own child, a CPU of this machine");
}

/// Says past the test runner's capture that a part of a test was left out: what did not test must be seen.
pub fn left_out(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "!! {test}: LEFT OUT, {why}");
}

/// librdkafka's mock cluster in a process of this test's own, which may stop it.
pub struct Broker {
    process: Child,
    says: BufReader<ChildStdout>,
    /// Its address.
    pub bootstrap: String,
}

impl Broker {
    /// With one topic of one partition.
    pub fn start(topic: &str) -> Self {
        Self::that_fails(topic, &serde_json::json!([]))
    }

    /// The same, with faults to come, as its spec has them.
    pub fn that_fails(topic: &str, faults: &serde_json::Value) -> Self {
        let mut process = Command::new(PINLOAD)
            .arg("embedded-broker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the broker");
        let topics = serde_json::json!([{"name": topic, "partitions": 1}]);
        let spec = serde_json::json!({"parent_pid": std::process::id(), "topics": topics, "faults": faults});
        process.stdin.take().expect("a pipe").write_all(spec.to_string().as_bytes()).expect("the spec");
        let mut line = String::new();
        let mut says = BufReader::new(process.stdout.take().expect("a pipe"));
        says.read_line(&mut line).expect("an answer");
        let answer: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let bootstrap = answer["bootstrap_servers"].as_str().unwrap_or_else(|| panic!("no broker: {line}")).to_owned();
        Self { process, says, bootstrap }
    }

    /// Waits until its next fault has been made.
    pub fn await_fault(&mut self) {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("a line");
        assert!(line.contains("fault"), "the broker says {line:?}");
    }

    /// A signal to it.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).expect("a pid"));
        nix::sys::signal::kill(pid, signal).expect("our own child");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
