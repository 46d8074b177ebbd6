//! Clients that stand still, alone, together, and beside a broker that does.

use super::*;

#[test]
fn a_client_that_stands_still_is_the_generators_stall_and_never_the_brokers() {
    let scene = Scene::new("a_client_that_stands_still_is_the_generators_stall_and_never_the_brokers");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "6s", &[]);
    let producer = running.clients("producer", 2).remove(1);
    let truth = held(Duration::from_secs(2), || producer.signal(STOP), || producer.signal(GO_ON));
    let answer = Answer::of(&scene, running);
    answer.is("held", HELD).has("generator_stall", truth, &["producer 1"]).lacks("broker_stall");
}

#[test]
fn all_clients_that_stand_still_together_are_no_stall_of_the_broker() {
    let scene = Scene::new("all_clients_that_stand_still_together_are_no_stall_of_the_broker");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "6s", &[]);
    let clients = [running.clients("producer", 2), running.clients("consumer", 1)].concat();
    let all = |signal| clients.iter().for_each(|client| client.signal(signal));
    let truth = held(Duration::from_secs(2), || all(STOP), || all(GO_ON));
    let answer = Answer::of(&scene, running);
    answer.is("held", HELD).has("generator_stall", truth, &ALL).lacks("broker_stall");
}

#[test]
fn clients_that_stand_still_for_longer_than_a_broker_may_be_gone_do_not_call_it_gone() {
    let scene = Scene::new("clients_that_stand_still_for_longer_than_a_broker_may_be_gone_do_not_call_it_gone");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "9s", &["--unreachable-timeout", "2s"]);
    let producers = running.clients("producer", 2);
    let all = |signal| producers.iter().for_each(|producer| producer.signal(signal));
    // While they wait for an answer: the broker stands still for a moment before.
    broker.signal(STOP);
    held(Duration::from_secs(1), || (), || ());
    let truth = held(Duration::from_secs(4), || all(STOP), || all(GO_ON));
    broker.signal(GO_ON);
    let answer = Answer::of(&scene, running);
    answer.is("did_not_hold", HELD).has("generator_stall", truth, &ALL[..2]).lacks("unreachable");
}

#[test]
fn both_at_once_are_told_apart() {
    let scene = Scene::new("both_at_once_are_told_apart");
    let broker = Broker::start("seen");
    let running = start(&scene, &broker.bootstrap, "7s", &[]);
    let producer = running.clients("producer", 2).remove(0);
    let mut of_broker = None;
    let of_client = held(
        Duration::from_secs(1),
        || producer.signal(STOP),
        || {
            broker.signal(STOP);
            let begin_s = raw_s();
            held(Duration::from_secs(1), || (), || producer.signal(GO_ON));
            held(Duration::from_secs(2), || (), || broker.signal(GO_ON));
            of_broker = Some(Truth { begin_s, end_s: raw_s() });
        },
    );
    let of_client = Truth { end_s: of_client.begin_s + 2.0, ..of_client };
    let answer = Answer::of(&scene, running);
    answer.is("did_not_hold", HELD).has("generator_stall", of_client, &["producer 0"]);
    answer.has("broker_stall", of_broker.expect("it was stopped"), &ALL);
}
