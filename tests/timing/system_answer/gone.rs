//! Brokers that answer nobody any more, or die.

use super::*;

#[test]
fn a_broker_that_answers_nobody_ends_the_run_after_the_stated_time() {
    let scene = Scene::new("a_broker_that_answers_nobody_ends_the_run_after_the_stated_time");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "60s", &["--unreachable-timeout", "3s"]);
    broker.signal(STOP);
    let stopped_s = raw_s();
    let answer = Answer::of(&scene, running);
    let ended_s = raw_s();
    broker.signal(GO_ON);
    answer.is("failed", SYSTEM_FAILED).lacks("broker_stall");
    let (begin_s, length_s, who) = answer.the("unreachable");
    assert!((begin_s - (stopped_s - answer.epoch_s())).abs() <= TOLERANCE_S, "{begin_s}\n{}", answer.done);
    assert!(length_s.is_some_and(|length_s| (3.0..5.0).contains(&length_s)), "{length_s:?}");
    assert_eq!(who, ALL[..2]);
    assert!(ended_s - stopped_s < 20.0, "it took {} s to end", ended_s - stopped_s);
    assert!(!answer.events("unknown").is_empty(), "what was on its way is unknown\n{}", answer.done);
}

#[test]
fn an_embedded_broker_that_dies_is_named_at_once() {
    let scene = Scene::new("an_embedded_broker_that_dies_is_named_at_once");
    let workload = Workload::small("answered").with("producerRate", 100);
    scene.write("answered.yaml", &workload.text());
    let running = run(&scene, &["--embedded", "--duration", "60s"]);
    let is_broker = |child: &scene::processes::Process| child.command.contains("embedded-broker");
    let broker = running.children().into_iter().find(is_broker).expect("the broker is a child of the run");
    broker.kill();
    let killed_s = raw_s();
    running.wait_for_line("the embedded broker (pid ", Duration::from_secs(10));
    let answer = Answer::of(&scene, running);
    answer.is("failed", SYSTEM_FAILED).lacks("broker_stall");
    let (begin_s, ..) = answer.the("broker_died");
    let late_s = begin_s - (killed_s - answer.epoch_s());
    assert!((-0.2..1.0).contains(&late_s), "{late_s} s after it was killed");
    assert!(answer.detail.text("/system/sentence").contains("SIGKILL"), "{}", answer.done);
}
