//! The verdict on threads that others keep from their work, or that have too much of it, and on sends that are never
//! made: each cause made on purpose, beside the same run without it.

use crate::scene;
use crate::scene::disturb::{Broker, Spinners, Strangers, left_out, own_cpus};
use crate::scene::judged::{
    NULL_RUN, WARM_UP, assert_explained, assert_limited, assert_valid, hot_cpu, judged_by, null_scene, start_null,
    start_null_until, value, words,
};
use crate::scene::results::Detail;
use crate::scene::workload::{PYTHON_CLASS, driver};
use crate::scene::{Outcome, Scene, Workload};
use nix::sys::signal::Signal;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const S: Duration = Duration::from_secs(1);

#[test]
fn sends_that_a_stopped_client_leaves_out_are_missed_sends() {
    // A send is left out when the next is due: a loaded machine keeps a client waiting for some ms at a time, and
    // hardly ever for 50.
    let args: Vec<&str> = ["--late-policy", "skip", "--rate", "20"].into_iter().chain(NULL_RUN).collect();
    let args = judged_by(&args, &["missed-sends-share=0.2"]);
    let scene = null_scene("a_client_that_nobody_stops_leaves_out_hardly_any_send");
    let done = scene.pinload(args.clone()).limit(LIMIT).run();
    assert_valid(&scene, &done);
    drop(scene);

    let scene = null_scene("sends_that_a_stopped_client_leaves_out_are_missed_sends");
    let (running, producer) = start_null(&scene, args);
    producer.signal(Signal::SIGSTOP);
    std::thread::park_timeout(3 * S);
    producer.signal(Signal::SIGCONT);
    let done = running.outcome();
    let detail = assert_limited(&scene, &done, &["missed_sends"]);
    // 3 of 6 s, less what passed between the line and the signal.
    let missed = value(&detail, "missed_sends");
    assert!((0.25..0.75).contains(&missed), "{missed}\n{done}");
    assert!(words(&detail, "missed_sends").contains("scheduled sends were never made ("), "{done}");
    let counted = |counter: &str| {
        detail.at(&format!("/measurement/counters/{counter}")).as_u64().unwrap_or_else(|| panic!("no {counter}"))
    };
    let (sent, left_out) = (counted("messages_enqueued"), counted("missed_sends"));
    assert!((118..=122).contains(&(sent + left_out)), "{sent} + {left_out} are 6 s of 20/s\n{done}");
}

#[test]
fn a_hot_cpu_that_is_taken_again_and_again_is_involuntary_switches() {
    // Somebody who wants the CPU all the time takes it some hundred times a second, as long as the kernel's slices are.
    let args = judged_by(&NULL_RUN, &["involuntary-switches-per-s=1000"]);
    let scene = null_scene("a_hot_cpu_that_nobody_takes_is_valid");
    let done = scene.pinload(args.clone()).limit(LIMIT).run();
    assert_valid(&scene, &done);
    drop(scene);

    let scene = null_scene("a_hot_cpu_that_is_taken_again_and_again_is_involuntary_switches");
    let (running, producer) = start_null_until(&scene, args, WARM_UP);
    let cpu = hot_cpu(&producer);
    let nappers = Spinners::napping_on(cpu, 4);
    let done = running.outcome();
    drop(nappers);
    let detail = assert_explained(&scene, &done, &["involuntary_switches"]);
    assert!(words(&detail, "involuntary_switches").contains("its CPU was taken from it "), "{done}");
}

/// Two accounts of the kernel's, getrusage and schedstat, and the run's own clock.
#[test]
fn a_spinning_loops_cpu_time_and_its_waits_for_a_cpu_fill_its_time() {
    let scene = null_scene("a_spinning_loops_cpu_time_and_its_waits_for_a_cpu_fill_its_time");
    let (running, producer) = start_null_until(&scene, judged_by(&NULL_RUN, &[]), WARM_UP);
    let cpu = hot_cpu(&producer);
    let spinners = Spinners::on(cpu, 1);
    let done = running.outcome();
    drop(spinners);
    done.assert_code(0);
    let detail = Detail::read(&scene.detail_file());
    let ns = |pointer: &str| detail.at(pointer).as_f64().unwrap_or_else(|| panic!("no {pointer}\n{done}"));
    if detail.at("/clients/0/verdict/facts/kernel/hot_wait_ns").is_null() {
        return left_out("a_spinning_loops_cpu_time_and_its_waits_for_a_cpu_fill_its_time", "no schedstat");
    }
    let ran = ns("/measurement/counters/cpu_user_ns") + ns("/measurement/counters/cpu_system_ns");
    let waited = ns("/clients/0/verdict/facts/kernel/hot_wait_ns");
    let filled = (ran + waited) / ns("/clients/0/verdict/facts/span_ns");
    // How much the spinner gets is for the scheduler to say: it shares what this program's session gets with what other
    // tests run in it.
    assert!(waited / ran > 0.01, "the spinner had a part of the CPU: {waited} ns of waiting, {ran} ns on it\n{done}");
    // Supervisor and client look at different moments, some ms apart, on a loaded machine more.
    assert!(
        (0.95..1.05).contains(&filled),
        "{ran} ns on the CPU and {waited} ns waiting are {filled} of the time\n{done}"
    );
}

/// One producer and no consumer on a broker of the test's own, the loop on one CPU, librdkafka's threads on another.
/// None: there is only one.
struct Apart {
    scene: Scene,
    broker: Broker,
    cpus: [String; 2],
}

impl Apart {
    fn new(name: &'static str, rate: u32, producer: &[&str]) -> Option<Self> {
        Self::on(|| Broker::start("threads"), name, rate, producer)
    }

    fn on(start: impl FnOnce() -> Broker, name: &'static str, rate: u32, producer: &[&str]) -> Option<Self> {
        let [io, hot] = own_cpus()[..].first_chunk::<2>().copied()?;
        let scene = Scene::alone(name);
        let broker = start();
        let workload = Workload::small("threads")
            .without("topics")
            .without("partitionsPerTopic")
            .with("messageSize", 200)
            .with("producersPerTopic", 1)
            .with("subscriptionsPerTopic", 0)
            .with("consumerPerSubscription", 0)
            .with("producerRate", rate);
        scene.write("threads.yaml", &workload.text());
        scene.write("driver.yaml", &driver(PYTHON_CLASS, &broker.bootstrap, &[], producer, &[]));
        Some(Self { scene, broker, cpus: [hot, io].map(|cpu| cpu.to_string()) })
    }

    fn run(&self, more: &[&str], thresholds: &[&str]) -> scene::Run<'_> {
        let [hot, io] = &self.cpus;
        let mut args = vec!["--duration", "6s", "--topics", "threads", "--cpus", hot, "--io-cpus", io];
        args.extend(more);
        args.extend(["-d", "driver.yaml", "threads.yaml"]);
        self.scene.pinload(judged_by(&args, thresholds)).limit(LIMIT)
    }

    /// What the kernel says of the producer's threads, and the client of its queue.
    fn fact(&self, pointer: &str) -> f64 {
        let detail = Detail::read(&self.scene.detail_file());
        detail.at(&format!("/clients/0/{pointer}")).as_f64().unwrap_or_else(|| panic!("no {pointer}"))
    }
}

#[test]
fn cpus_of_librdkafkas_threads_that_others_use_too_are_a_run_queue_delay_of_these() {
    const NAME: &str = "cpus_of_librdkafkas_threads_that_others_use_too_are_a_run_queue_delay_of_these";
    let thresholds = ["io-run-queue-delay-share=0.15"];
    let Some(alone) = Apart::new("librdkafkas_threads_on_a_cpu_of_their_own_are_valid", 5_000, &[]) else {
        return left_out(NAME, "there is only one CPU");
    };
    let done = alone.run(&[], &thresholds).run();
    assert_valid(&alone.scene, &done);
    drop(alone);

    let Some(apart) = Apart::new(NAME, 5_000, &[]) else { return };
    let running = apart.run(&[], &thresholds).spawn();
    running.wait_for_line(WARM_UP, LIMIT);
    let Some(strangers) = Strangers::on(apart.cpus[1].parse().expect("a CPU number"), 8) else {
        return left_out(NAME, "there is no setsid program");
    };
    let done: Outcome = running.outcome();
    drop(strangers);
    let detail = assert_explained(&apart.scene, &done, &["io_run_queue_delay"]);
    assert!(words(&detail, "io_run_queue_delay").contains("one of them waited "), "{done}");
}

#[test]
fn a_library_thread_that_cannot_keep_up_is_busy_and_one_that_waits_for_a_paused_broker_is_not() {
    const NAME: &str = "a_library_thread_that_cannot_keep_up_is_busy_and_one_that_waits_for_a_paused_broker_is_not";
    // A tenth: it shares the CPU with the broker, and on a loaded machine with others.
    let thresholds = ["io-busy-share=0.1"];
    let queue = "queue.buffering.max.messages=400";
    let Some(paused) = Apart::new("a_library_thread_that_waits_for_a_paused_broker_is_not_busy", 1_000, &[queue])
    else {
        return left_out(NAME, "there is only one CPU");
    };
    let running = paused.run(&[], &thresholds).spawn();
    running.wait_for_line("measurement begins", LIMIT);
    paused.broker.signal(Signal::SIGSTOP);
    std::thread::park_timeout(3 * S);
    paused.broker.signal(Signal::SIGCONT);
    let done = running.outcome();
    assert_valid(&paused.scene, &done);
    let full_s = paused.fact("counters_whole_run/queue_full_ns") / 1e9;
    assert!(full_s > 1.0, "its queue was full as well, for {full_s} s\n{done}");
    drop(paused);

    // A request for each message, as many as the thread can make.
    let one_by_one = [queue, "linger.ms=0", "batch.num.messages=1"];
    let Some(busy) = Apart::new(NAME, 1_000, &one_by_one) else { return };
    let done = busy.run(&["--rate", "unlimited"], &thresholds).run();
    let detail = assert_limited(&busy.scene, &done, &["io_busy"]);
    assert!(words(&detail, "io_busy").contains("of the time while the queue was full"), "{done}");
}

/// The broker takes 20 ms for each answer, and until it has come the next batch, long due, may not be sent.
#[test]
fn an_idempotent_producers_library_thread_rests_until_its_next_batch_may_be_sent() {
    const NAME: &str = "an_idempotent_producers_library_thread_rests_until_its_next_batch_may_be_sent";
    let slow = || Broker::that_fails("threads", &serde_json::json!([{"at_ms": 0, "fault": "slow", "rtt_ms": 20}]));
    let Some(apart) = Apart::on(slow, NAME, 2_000, &["enable.idempotence=true", "linger.ms=1"]) else {
        return left_out(NAME, "there is only one CPU");
    };
    let done = apart.run(&[], &[]).run();
    done.assert_code(0);
    let worked = apart.fact("verdict/facts/kernel/io_run_ns") / apart.fact("verdict/facts/kernel/span_ns");
    assert!(worked < 0.5, "librdkafka's thread was on a CPU for {worked} of the time\n{done}");
    let [sent, acknowledged] = ["messages_enqueued", "messages_acknowledged"].map(|counter| {
        let detail = Detail::read(&apart.scene.detail_file());
        let at = format!("/measurement/counters_whole_run/{counter}");
        detail.at(&at).as_u64().unwrap_or_else(|| panic!("no {at}"))
    });
    assert!(acknowledged > 10_000 && acknowledged <= sent, "{sent} sent, {acknowledged} acknowledged\n{done}");
}
