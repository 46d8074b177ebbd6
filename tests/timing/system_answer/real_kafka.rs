//! The same of a real Kafka.

use super::*;

/// A run with this client id, at 200 msg/s unless `more` says another rate.
fn on_kafka(scene: &Scene, kafka: &Kafka, length: &str, client: &str, more: &[&str]) -> Running {
    let rate: &[&str] = if more.contains(&"--rate") { &[] } else { &["--rate", "200"] };
    let common = [format!("client.id={client}")];
    let common: Vec<&str> = common.iter().map(String::as_str).collect();
    let driver =
        driver(JAVA_CLASS, kafka.bootstrap(), &common, &["acks=all", "linger.ms=1"], &["auto.offset.reset=earliest"]);
    start_with(scene, &driver, length, &[rate, more].concat())
}

#[test]
fn a_real_kafka_that_is_paused_limited_restarted_robbed_of_its_topic_and_killed_is_answered_for() {
    let scene =
        Scene::new("a_real_kafka_that_is_paused_limited_restarted_robbed_of_its_topic_and_killed_is_answered_for");
    let Some(mut kafka) = Kafka::own_that_makes_no_topics(&scene) else { return };
    {
        let running = on_kafka(&scene, &kafka, "7s", "paused", &[]);
        kafka.order("pause");
        let mut truth = held(Duration::from_secs(2), || (), || kafka.order("resume"));
        truth.end_s = raw_s();
        let answer = Answer::of(&scene, running);
        answer.is("did_not_hold", HELD).has("broker_stall", truth, &ALL).lacks("generator_stall");
    }
    {
        kafka.limit_producer(&scene, "limited", 20_000.0);
        let answer = Answer::of(&scene, on_kafka(&scene, &kafka, "10s", "limited", &["--rate", "1000"]));
        assert_ne!(answer.detail.text("/system/outcome"), "held", "{}", answer.done);
        assert!(!answer.events("below_target").is_empty(), "{}", answer.done);
    }
    {
        let running = on_kafka(&scene, &kafka, "15s", "restarted", &[]);
        let begin_s = raw_s();
        kafka.restart();
        let length_s = raw_s() - begin_s;
        let answer = Answer::of(&scene, running);
        let (seen_s, seen_length_s, _) = answer.the("broker_stall");
        assert!((seen_s - (begin_s - answer.epoch_s())).abs() <= TOLERANCE_S, "{seen_s}\n{}", answer.done);
        // It answers some time before the tool says so, and clients come back some time after.
        assert!(seen_length_s.is_some_and(|seen| seen < length_s + 5.0), "{seen_length_s:?}, {length_s}");
        assert_ne!(answer.detail.text("/system/outcome"), "held", "{}", answer.done);
        assert!(!answer.detail.list("/system/errors").is_empty(), "connections were refused\n{}", answer.done);
    }
    {
        kafka.create_topic(&scene, "gone", 1);
        let running = on_kafka(&scene, &kafka, "8s", "robbed", &["--topics", "gone"]);
        kafka.delete_topic(&scene, "gone");
        let answer = Answer::of(&scene, running);
        answer.is("failed", SYSTEM_FAILED).lacks("unreachable").lacks("broker_stall");
        assert!(!answer.events("topic_gone").is_empty(), "{}", answer.done);
    }
    let running = on_kafka(&scene, &kafka, "60s", "killed", &["--unreachable-timeout", "4s"]);
    kafka.order("kill");
    let killed_s = raw_s();
    let answer = Answer::of(&scene, running);
    answer.is("failed", SYSTEM_FAILED);
    let (begin_s, ..) = answer.the("unreachable");
    assert!((begin_s - (killed_s - answer.epoch_s())).abs() <= TOLERANCE_S, "{begin_s}\n{}", answer.done);
    assert!(answer.done.says("Connection refused"), "the reason is told\n{}", answer.done);
}

#[test]
fn a_real_kafka_whose_disk_is_full_has_failed() {
    let scene = Scene::new("a_real_kafka_whose_disk_is_full_has_failed");
    let Some(kafka) = Kafka::own_with_files_up_to(&scene, 24 * 1024) else { return };
    let full = ["--unreachable-timeout", "4s", "--rate", "8000"];
    let answer = Answer::of(&scene, on_kafka(&scene, &kafka, "60s", "full", &full));
    answer.is("failed", SYSTEM_FAILED);
    assert!(!answer.events("unreachable").is_empty(), "{}", answer.done);
}
