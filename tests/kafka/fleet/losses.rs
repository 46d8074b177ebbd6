//! Workers that are killed, that hang, and whose coordinator is gone.

use super::*;

#[test]
fn a_killed_worker_is_named_at_once_and_what_was_measured_is_written() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_killed_worker_is_named_at_once_and_what_was_measured_is_written");
    let fleet = Fleet::start(&scene, kafka, &workload());
    let running = fleet.loaded();
    running.wait_for_line("   00:", LIMIT);
    fleet.workers[1].running.signal(Signal::SIGKILL);
    let killed = Instant::now();
    running.wait_for_line(&format!("worker {} is lost", fleet.workers[1].url), LIMIT);
    assert!(killed.elapsed() < GONE, "named after {:?}", killed.elapsed());
    assert_lost(&running.outcome_within(LIMIT), &scene, &fleet.workers[1].url);
    assert_eq!(fleet.workers[0].running.children(), [], "the other worker's clients have been ended");
    fleet.end();
}

#[test]
fn a_worker_that_hangs_is_named_and_left_to_its_lease() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("a_worker_that_hangs_is_named_and_left_to_its_lease");
    let fleet = Fleet::start(&scene, kafka, &workload());
    let running = fleet.loaded();
    fleet.workers[1].running.signal(Signal::SIGSTOP);
    let stopped = Instant::now();
    running.wait_for_line(&format!("worker {} is lost", fleet.workers[1].url), LIMIT);
    assert!(stopped.elapsed() < HUNG, "named after {:?}", stopped.elapsed());
    let outcome = running.outcome_within(LIMIT);
    assert_lost(&outcome, &scene, &fleet.workers[1].url);
    let detail = Detail::read(&scene.detail_file());
    let warned =
        |warning: &serde_json::Value| warning.as_str().is_some_and(|text| text.contains("could not be told to stop"));
    assert!(detail.list("/warnings").iter().any(warned), "{}", outcome.everything());
    fleet.workers[1].running.signal(Signal::SIGCONT);
    Deadline::within(LEASE)
        .poll("the end of the clients", || fleet.workers[1].running.children().is_empty().then_some(()));
    fleet.end();
}

#[test]
fn workers_whose_coordinator_was_killed_end_their_clients() {
    let Some(kafka) = Kafka::shared() else { return };
    let scene = Scene::untimed("workers_whose_coordinator_was_killed_end_their_clients");
    let fleet = Fleet::start(&scene, kafka, &workload());
    let running = fleet.loaded();
    running.signal(Signal::SIGKILL);
    running.outcome_within(LIMIT);
    for worker in &fleet.workers {
        worker.running.wait_for_line("has not called for 15 s", LEASE);
        Deadline::within(LEASE).poll("the end of the clients", || worker.running.children().is_empty().then_some(()));
    }
    fleet.end();
}
