//! The jobs do what they say, with any parts.

use super::*;

fn job(role: Role, parts: Parts) -> Job {
    Job {
        role,
        pace: Rate::Unlimited,
        value_bytes: 100,
        payloads: 1,
        parts,
        length: Length::Time(Duration::from_millis(5)),
        passing: TimeMode::Stepped(1_250),
        clock: Clock::vdso(),
        cpu: None,
        io_cpu: None,
        window_messages: None,
        cut_every: None,
        target: LoopTarget::Null,
        stop: None,
    }
}

fn all_parts() -> Vec<Parts> {
    let alone = Parts::NAMES.iter().map(|name| (*name).to_owned());
    let without = Parts::NAMES[1..].iter().map(|name| format!("no-{name}"));
    ["none".to_owned(), "all".to_owned()]
        .into_iter()
        .chain(alone)
        .chain(without)
        .map(|name| Parts::named(&name).unwrap())
        .collect()
}

#[test]
fn every_part_has_a_name_and_runs_with_and_without_the_others() {
    for role in [Role::Producer, Role::Consumer] {
        for parts in all_parts() {
            let outcome = run(&job(role, parts)).unwrap();
            // 2,000 pairs of readings and a batch in each.
            assert!(outcome.messages > 50_000, "{role} {parts:?}: {} messages", outcome.messages);
            let counted = match role {
                Role::Producer => outcome.counters[Counter::MessagesAcknowledged],
                Role::Consumer => outcome.messages,
            };
            assert_eq!(counted, outcome.messages, "{role} {parts:?}");
        }
    }
    assert!(Parts::named("no-reports").is_none() && Parts::named("all-but").is_none());
}

#[test]
fn stepped_time_gives_the_same_run_every_time() {
    let run = || {
        run(&Job {
            pace: Rate::PerSecond(100_000.0),
            passing: TimeMode::Stepped(2_500),
            ..job(Role::Producer, Parts::ALL)
        })
    };
    let (first, second) = (run().unwrap(), run().unwrap());
    assert_eq!(first.messages, second.messages);
    // The order to stop is seen with the next tick, 200 µs later at most.
    assert!((499..=522).contains(&first.messages), "{}", first.messages);
    assert_eq!(first.pacing_error.max_ns(), second.pacing_error.max_ns());
}

#[test]
fn real_time_ends_after_the_messages_or_the_time() {
    // Long enough for a loop that other tests keep from its CPU at the begin.
    let length = Length::Time(Duration::from_millis(200));
    let real = Job { passing: TimeMode::Real, length, ..job(Role::Producer, Parts::ALL) };
    let timed = run(&real).unwrap();
    assert!(timed.elapsed_ns >= 3_000_000 && timed.messages > 0, "{timed:?}");
    let counted = run(&Job { length: Length::Messages(10_000), ..real.clone() }).unwrap();
    assert!(counted.messages >= 10_000);
    assert_eq!(counted.counters[Counter::MessagesAcknowledged], counted.messages);
    let blind = run(&Job { length: Length::Messages(1), parts: Parts::NONE, ..real }).unwrap_err();
    assert!(blind.text.contains("telemetry"), "{blind}");
}

#[test]
fn on_a_sink_every_message_is_taken_or_comes_once_and_whole() {
    let jobs = [Role::Producer, Role::Consumer].map(|role| [Parts::ALL, Parts::NONE].map(|parts| (role, parts)));
    for (role, parts) in jobs.concat() {
        let target = LoopTarget::Sink { cpu: None, properties: Vec::new(), partitions: 3 };
        let length = match parts {
            Parts::ALL => Length::Messages(5_000),
            _ => Length::Time(Duration::from_secs(1)),
        };
        let on_sink = Job { passing: TimeMode::Real, length, target, window_messages: Some(4_000), ..job(role, parts) };
        let outcome = run(&on_sink).unwrap();
        let LoopResult { messages, counters, sink: Some(sink), .. } = &outcome else { panic!("{outcome:?}") };
        assert_eq!(outcome.messages_amiss(), 0, "{role} {parts:?}");
        assert!(*messages > 0 && sink.requests > 0, "{role} {parts:?}: {messages} {sink:?}");
        match role {
            Role::Producer => {
                assert_eq!((counters[Counter::MessagesAcknowledged], sink.messages), (*messages, *messages));
            }
            Role::Consumer => assert!(sink.messages >= *messages, "{messages} {sink:?}"),
        }
    }
}

#[test]
fn an_io_thread_takes_every_message_to_the_sink_whose_cpu_it_shares() {
    let cpu = crate::os::affinity::current_mask().unwrap().iter().last();
    for (pace, length) in [
        (Rate::Unlimited, Length::Messages(20_000)),
        (Rate::PerSecond(2_000.0), Length::Time(Duration::from_millis(500))),
    ] {
        let target = LoopTarget::Sink { cpu, properties: Vec::new(), partitions: 3 };
        let base = job(Role::Producer, Parts::ALL);
        let by_thread = Job { passing: TimeMode::Real, pace, length, target, io_cpu: cpu, ..base };
        let outcome = run(&by_thread).unwrap();
        let LoopResult { messages, counters, sink: Some(sink), .. } = &outcome else { panic!("{outcome:?}") };
        assert_eq!(outcome.messages_amiss(), 0);
        assert!(*messages > 500, "{messages}");
        assert_eq!((counters[Counter::MessagesAcknowledged], sink.messages), (*messages, *messages));
        assert!(counters[Counter::IoIdleNs] < outcome.elapsed_ns + 100_000_000, "{outcome:?}");
    }
}

#[test]
fn a_job_ends_when_it_is_stopped() {
    let stop = Arc::new(AtomicBool::new(true));
    let length = Length::Time(Duration::from_secs(600));
    let stopped = Job { passing: TimeMode::Real, length, stop: Some(stop), ..job(Role::Producer, Parts::ALL) };
    let begun = std::time::Instant::now();
    run(&stopped).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(300));
}
