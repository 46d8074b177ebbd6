//! The screen at the end.

use crate::os::clock::Clock;
use crate::plan::{DriverKind, LatePolicy, MeasuredBy};
use crate::report::closing::JudgedRun;
use crate::report::closing::closing_screen;
use crate::stats::{Counter, Distribution, Latency};
use crate::telemetry::Role;
use crate::verdict::Verdict;
use crate::worker::{ClientDeath, Interruption};
use crate::workload_generator::for_tests::{completed_result, distribution, empty_result, plan};
use crate::workload_generator::{RunOutcome, RunResult};

#[test]
fn a_completed_run_is_told_whole_and_every_number_has_its_unit() {
    let plan = plan();
    assert_eq!(
        closing_screen(&completed_result(&plan), &[]),
        "\
HELD: it acknowledged 20,000/s of 20,000/s, without a stall; nothing failed or was lost.
VALID: the rate is exact; latencies are the broker's, the largest included
  warning: a probe was repeated
  warning: a topic took long to go

                                             p50      p99    p99.9      max
  acknowledged                            750 µs  2.94 ms  2.99 ms  3.00 ms
    from the intended time               1.50 ms  5.88 ms  5.99 ms  6.00 ms
  end to end                             2.25 ms  8.82 ms  8.99 ms  9.00 ms
    from the intended time               3.00 ms  11.8 ms  12.0 ms  12.0 ms
  pacing error (actual − intended time)  7.50 µs  29.4 µs  30.0 µs  30.0 µs

  measured 30.0 s · acknowledged 20,000/s (19.5 MiB/s) · received 20,000/s (19.5 MiB/s)
  whole run: sent 700,000 · acknowledged 700,000 · failed 0 · received 700,000 · late 0 messages
  accounting: lost 0 · duplicated 0 · reordered 2 · corrupt 0 messages (a producer without idempotence does so when it \
tries again: \
enable.idempotence=true)
  clients 1.50 CPU (75.00 µs/message) · supervisor 420 ms of CPU time
  health: good · backlog near 0 · acknowledgements within their bands · no errors"
    );
}

#[test]
fn a_run_without_anything_measured_has_a_table_too() {
    let plan = plan();
    let mut result = empty_result(&plan);
    result.outcome = RunOutcome::Interrupted { by: Interruption::Interrupt };
    let table = closing_screen(&result, &[]);
    assert!(table.starts_with("NOT JUDGED: the load did not begin.\nINVALID: nothing was measured: "), "{table}");
    assert!(
        table.contains(" · interrupted by Ctrl-C (SIGINT): what follows is what was measured until then\n"),
        "{table}"
    );
    assert!(table.contains("  end to end                               –    –      –    –\n"), "{table}");
}

#[test]
fn an_invalid_run_names_the_client_that_died() {
    let plan = plan();
    let mut result = completed_result(&plan);
    result.outcome = RunOutcome::ClientDied {
        death: ClientDeath {
            worker: None,
            role: Role::Consumer,
            index: 0,
            pid: 4_000,
            cpu: Some(4),
            cause: "killed by signal 9 (SIGKILL)".to_owned(),
            last_words: None,
        },
    };
    let table = closing_screen(&result, &[]);
    assert!(
        table.contains(
            "\nINVALID: a client died: consumer 0 (pid 4000, CPU 4) died: killed by signal 9 (SIGKILL); see \
            its last words\n"
        ),
        "{table}"
    );
}

#[test]
fn what_a_reader_must_know_is_noted() {
    let mut plan = plan();
    plan.driver.kind = DriverKind::Embedded;
    plan.driver.acknowledgement_is_local = true;
    plan.rate.late = LatePolicy::Shift;
    let mut result = completed_result(&plan);
    result.balances[0].balance.lost = 1_234;
    result.balances[1].balance.proven = false;
    let consumer = &mut result.periods.last_mut().unwrap().clients[2].measured;
    consumer.slots_lost = 3;
    let end = result.end.as_mut().unwrap();
    end.clients[2].observed_cpu = Some(7);
    end.clock = Clock::vdso();
    end.clients[2].counters[Counter::MessagesUnstamped] = 700_000;
    let latencies = &mut result.cumulative.as_mut().unwrap().by_family;
    latencies[Latency::EndToEndIntended as usize] = Distribution::empty();
    // So that there is something to explain.
    latencies[Latency::EndToEndAtLeast as usize] =
        distribution((1..=1_000).flat_map(|i| [i * 3_000, (i * 9_000).min(8_000_000)]));
    let table = closing_screen(&result, &[Verdict::Valid, Verdict::GeneratorLimited]);
    for part in [
        "\nVALID: the rate is exact; ",
        "  acknowledged locally (acks=0) ",
        "  end to end (CreateTime, ms) ",
        "\n  not open-loop: late policy shift",
        "  accounting: lost 1,234 · ",
        " more: in the detail file\n",
    ] {
        assert!(table.contains(part), "{part:?} is missing in\n{table}");
    }
    let remarks = JudgedRun::of(&result, &[Verdict::Valid, Verdict::GeneratorLimited]).remarks();
    let told = remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in [
        "migrations, consumer 0: it was planned on CPU 4 and seen on CPU 7; ",
        "telemetry slots lost, consumer 0: 3 were overwritten",
        "1 of 2 periods are not valid by themselves",
        "note: 1,234 acknowledged messages were never received",
        "note: acks=0: acknowledgement latency is local",
        "note: 700,000 messages came without a stamp",
        "checksums do not prove it",
        "note: the TSC is not used: ",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
    assert!(!told.contains("embedded broker"), "the first line has said it\n{told}");
}

#[test]
fn three_remarks_are_said_and_the_rest_is_counted() {
    let plan = plan();
    let with = |count: usize| {
        let mut result = completed_result(&plan);
        let all: [fn(&mut RunResult<'_>); 5] = [
            |result| result.balances[0].balance.lost = 1,
            |result| result.balances[0].balance.duplicated = 3,
            |result| result.balances[0].balance.proven = false,
            |result| result.end.as_mut().unwrap().clock = Clock::vdso(),
            |result| result.end.as_mut().unwrap().clients[2].counters[Counter::MessagesUnstamped] = 700_000,
        ];
        all[..count].iter().for_each(|spoil| spoil(&mut result));
        closing_screen(&result, &[])
    };
    let remarks = |screen: &str| screen.matches("\n  note: ").count();
    assert!(!with(0).contains(" more: "), "{}", with(0));
    let (mut seen, mut counted) = (0, 0);
    for screen in (0..=5).map(with) {
        assert!(remarks(&screen) <= 4, "three, or four instead of saying that there is one more\n{screen}");
        seen = seen.max(remarks(&screen));
        counted += usize::from(screen.contains(" more: in the detail file\n"));
        assert!(screen.contains("  warning: a topic took long to go\n"), "warnings are told in any case\n{screen}");
    }
    assert!(seen >= 3 && counted > 0, "{}", with(5));
}

#[test]
fn what_is_normal_on_shared_cpus_is_no_list_of_reasons() {
    let mut plan = plan();
    plan.placement.oversubscribed = true;
    let mut result = completed_result(&plan);
    for client in &mut result.periods.last_mut().unwrap().clients {
        client.measured.counters[Counter::LoopStallNs] = 8_000_000_000;
        client.measured.counters[Counter::LoopStalls] = 9;
    }
    let screen = closing_screen(&result, &[Verdict::GeneratorLimited; 3]);
    assert!(screen.contains("\nGENERATOR-LIMITED, as is normal where clients share CPUs: "), "{screen}");
    assert!(!screen.contains("stood still") && !screen.contains("not valid by themselves"), "{screen}");
}

#[test]
fn a_rate_that_was_not_offered_is_told_with_what_to_do_and_whose_the_figures_are_below_it() {
    let mut plan = plan();
    // Sharing makes latencies the machine's; it leaves out no sends.
    plan.placement.oversubscribed = true;
    let mut result = completed_result(&plan);
    for client in &mut result.periods.last_mut().unwrap().clients[..2] {
        client.measured.counters[Counter::MessagesEnqueued] -= 30_000;
    }
    let screen = closing_screen(&result, &[]);
    let told = "\nGENERATOR-LIMITED: rate not offered as asked: it offered 18,000/s of 20,000/s, 10.0 % less; \
                add producers or CPUs, or lower the rate\n  the generator left out 10.0 % of the rate; ";
    assert!(screen.contains(told), "{screen}");
}

#[test]
fn where_nobody_could_look_the_verdict_says_so_once() {
    let mut plan = plan();
    plan.measured_by = MeasuredBy::Omb;
    let screen = closing_screen(&completed_result(&plan), &[]);
    assert!(screen.contains("\nNOT JUDGED: everything about the generator but its counts: "), "{screen}");
    assert!(!screen.contains("not judged: ") && !screen.contains("whose the latencies are"), "{screen}");
}

#[test]
fn an_unlimited_rate_has_no_target_and_no_schedule() {
    let mut plan = plan();
    plan.rate.total = crate::units::Rate::Unlimited;
    let table = closing_screen(&completed_result(&plan), &[]);
    assert!(table.contains("note: unlimited rate: ") && !table.contains("the target was"), "{table}");
}

#[test]
fn a_rate_that_was_missed_is_noted() {
    let mut plan = plan();
    plan.rate.total = crate::units::Rate::PerSecond(25_000.0);
    let table = closing_screen(&completed_result(&plan), &[]);
    assert!(table.contains("note: the target was 25,000/s, acknowledged were 20,000/s"), "{table}");
}
