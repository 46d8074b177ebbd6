//! Whose stall it was, on moments made by hand: in both directions, and for many seeds.

use super::*;
use crate::plan::{ClientPlan, Plan};
use crate::workload_generator::for_tests;
use proptest::prelude::*;

const MS: u64 = 1_000_000;
const P0: ClientId = (Role::Producer, 0);
const P1: ClientId = (Role::Producer, 1);
const C0: ClientId = (Role::Consumer, 0);

fn moment(who: ClientId, kind: MomentKind, begin_ms: u64, end_ms: u64) -> ClientMoment {
    let (begin_ns, end_ns) = (begin_ms * MS, end_ms * MS);
    ClientMoment { role: who.0, index: who.1, kind, begin_ns, end_ns, starved_ns: 0 }
}

fn silence(who: ClientId, begin_ms: u64, end_ms: u64) -> ClientMoment {
    moment(who, MomentKind::Silence { broker: (who.0 == Role::Producer).then_some(1) }, begin_ms, end_ms)
}

fn of_broker(who: ClientId, id: i32, begin_ms: u64, end_ms: u64) -> ClientMoment {
    moment(who, MomentKind::Silence { broker: Some(id) }, begin_ms, end_ms)
}

fn stood(who: ClientId, begin_ms: u64, end_ms: u64) -> ClientMoment {
    moment(who, MomentKind::StoodStill, begin_ms, end_ms)
}

/// What is told: the event, begin and length in ms, how many saw it.
fn told(moments: &[ClientMoment], plan: &Plan) -> Vec<(SystemEventKind, u64, u64, usize)> {
    let ms = |s: Option<f64>| crate::units::whole_ns(s.unwrap() * 1e3);
    let all = events(moments, plan).into_iter();
    all.map(|event| (event.kind, ms(event.begin_s), ms(event.length_s), event.who.len())).collect()
}

use SystemEventKind::{BrokerStall, GeneratorStall};

#[test]
fn a_silence_that_all_saw_is_the_brokers() {
    let moments = [silence(P0, 4_000, 6_010), silence(P1, 4_006, 6_010), silence(C0, 4_002, 6_011)];
    assert_eq!(told(&moments, &for_tests::plan()), [(BrokerStall, 4_000, 2_010, 3)]);
    let words = events(&moments, &for_tests::plan()).remove(0);
    assert_eq!(words.text, "it answered nobody for 2.01 s at 4.0 s");
    assert_eq!(words.who, ["producer 0", "producer 1", "consumer 0"]);
}

#[test]
fn a_silence_that_one_of_two_saw_or_that_is_short_is_no_stall() {
    let plan = for_tests::plan();
    assert_eq!(told(&[silence(P0, 4_000, 6_000)], &plan), []);
    assert_eq!(told(&[silence(P0, 4_000, 4_400), silence(P1, 4_000, 4_400)], &plan), []);
    assert_eq!(told(&[silence(C0, 4_000, 6_000)], &plan), [], "consumers wait for producers too");
}

#[test]
fn a_client_that_stood_still_says_nothing_of_the_broker() {
    let plan = for_tests::plan();
    let one = [silence(P0, 4_000, 6_000), stood(P0, 4_000, 6_000)];
    assert_eq!(told(&one, &plan), [(GeneratorStall, 4_000, 2_000, 1)]);
    let all = [P0, P1].map(|who| [silence(who, 4_000, 6_000), stood(who, 4_001, 6_000)]).concat();
    let consumed = [silence(C0, 4_000, 6_000)];
    assert_eq!(told(&[&all[..], &consumed].concat(), &plan), [(GeneratorStall, 4_001, 1_999, 2)]);
}

#[test]
fn both_at_once_are_two_events() {
    // The client stood from 3 to 5 s, the broker from 4 to 7 s.
    let moments = [silence(P0, 3_000, 7_000), stood(P0, 3_000, 5_000), silence(P1, 4_000, 7_000)];
    let expected = [(BrokerStall, 4_000, 3_000, 2), (GeneratorStall, 3_000, 2_000, 1)];
    assert_eq!(told(&moments, &for_tests::plan()), expected);
}

#[test]
fn who_asked_only_later_saw_less_and_the_stall_is_no_shorter_for_it() {
    // The client stood from 3 to 5 s with nothing on its way; the broker from 4 to 7 s.
    let moments = [stood(P0, 3_000, 5_000), silence(P0, 5_001, 7_000), silence(P1, 4_000, 7_001)];
    let expected = [(BrokerStall, 4_000, 3_000, 2), (GeneratorStall, 3_000, 2_000, 1)];
    assert_eq!(told(&moments, &for_tests::plan()), expected);
}

#[test]
fn who_stood_still_in_the_middle_of_a_silence_has_seen_all_of_it() {
    let plan = for_tests::plan();
    let silences = [silence(P0, 4_000, 24_000), silence(P1, 4_000, 24_000)];
    let moments = [&silences[..], &[stood(P0, 14_000, 14_200), stood(P1, 20_000, 20_900)]].concat();
    let expected = [(BrokerStall, 4_000, 20_000, 2), (GeneratorStall, 20_000, 900, 1)];
    assert_eq!(told(&moments, &plan), expected);
}

#[test]
fn clients_that_waited_for_their_cpus_are_no_witnesses() {
    let starved = |moment: ClientMoment| ClientMoment { starved_ns: 1_500 * MS, ..moment };
    let moments = [starved(silence(P0, 4_000, 6_000)), starved(silence(P1, 4_001, 6_000))];
    assert_eq!(told(&moments, &for_tests::plan()), [(GeneratorStall, 4_000, 2_000, 2)]);
    let words = events(&moments, &for_tests::plan()).remove(0).text;
    assert_eq!(words, "librdkafka's threads of producer 0, producer 1 waited for a CPU for most of 2.00 s at 4.0 s");
    // The consumer's last message came before.
    let with_consumer = [moments[0].clone(), moments[1].clone(), starved(silence(C0, 3_500, 6_020))];
    assert_eq!(told(&with_consumer, &for_tests::plan()), [(GeneratorStall, 4_000, 2_000, 3)]);
    // Its loop had no CPU either: what came before, while nothing came, is nobody's stall.
    let consumer = [starved(silence(C0, 3_500, 5_600)), stood(C0, 4_200, 5_600)];
    assert_eq!(told(&consumer, &for_tests::plan()), [(GeneratorStall, 4_200, 1_400, 1)]);
    // The other one had its CPUs, and was answered.
    assert_eq!(told(&moments[..1], &for_tests::plan()), [(GeneratorStall, 4_000, 2_000, 1)]);
}

#[test]
fn of_several_brokers_the_one_that_stood_still_is_named() {
    let moments = [of_broker(P0, 2, 4_000, 6_000), of_broker(P1, 2, 4_000, 6_000), of_broker(P0, 3, 9_000, 9_200)];
    let events = events(&moments, &for_tests::plan());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].text, "broker 2 answered nobody for 2.00 s at 4.0 s");
}

#[test]
fn clients_of_another_topic_need_not_have_seen_it() {
    let mut plan = for_tests::plan();
    let other = ClientPlan { topic: 1, index: 7, ..plan.clients[0].clone() };
    plan.clients.push(other);
    let moments = [silence(P0, 4_000, 6_000), silence(P1, 4_000, 6_000)];
    assert_eq!(told(&moments, &plan), [(BrokerStall, 4_000, 2_000, 2)]);
}

#[test]
fn two_stalls_are_two_events() {
    let both = |begin_ms, end_ms| [silence(P0, begin_ms, end_ms), silence(P1, begin_ms, end_ms)];
    let moments = [both(4_000, 5_000), both(7_000, 8_500)].concat();
    let expected = [(BrokerStall, 4_000, 1_000, 2), (BrokerStall, 7_000, 1_500, 2)];
    assert_eq!(told(&moments, &for_tests::plan()), expected);
}

proptest! {
    #[test]
    fn neither_is_ever_called_the_other(
        broker in prop::option::of((0..20_000u64, 600..9_000u64)),
        client in prop::option::of((0..20_000u64, 600..9_000u64)),
        jitter in prop::collection::vec(0..20u64, 6),
    ) {
        // What producer 0, which stands still as `client` says, producer 1 and the consumer see of a broker that stands
        // still as `broker` says.
        let spans = |span: Option<(u64, u64)>| span.map(|(begin, length)| (begin, begin + length));
        let (broker, client) = (spans(broker), spans(client));
        let mut moments: Vec<ClientMoment> = Vec::new();
        for (i, who) in [P0, P1, C0].into_iter().enumerate() {
            let own = client.filter(|_| who == P0);
            let merged = match (broker, own) {
                (Some((a, b)), Some((c, d))) if a <= d && c <= b => vec![(a.min(c), b.max(d))],
                (one, other) => one.into_iter().chain(other).collect(),
            };
            moments.extend(merged.into_iter().map(|(begin, end)| silence(who, begin + jitter[i], end + jitter[i + 3])));
            moments.extend(own.map(|(begin, end)| stood(who, begin, end)));
        }
        let events = events(&moments, &for_tests::plan());
        let of = |kind| events.iter().filter(|event| event.kind == kind).collect::<Vec<_>>();
        for (kind, truth) in [(BrokerStall, broker), (GeneratorStall, client)] {
            let (found, expected) = (of(kind), usize::from(truth.is_some()));
            prop_assert_eq!(found.len(), expected, "{:?}: {:?}", kind, &events);
            if let (Some((begin, end)), [event]) = (truth, &found[..]) {
                let near = |seen: Option<f64>, truth_ms: u64| (seen.unwrap() - truth_ms as f64 / 1e3).abs() <= 0.2;
                prop_assert!(near(event.begin_s, begin) && near(event.length_s, end - begin), "{:?}", event);
            }
        }
    }
}
