//! Brokers that are not there, do not answer, or die before the load; and the process that asks them.

use super::*;

#[test]
fn a_broker_that_refuses_connections_is_one_clear_error() {
    let scene = scene("a_broker_that_refuses_connections_is_one_clear_error");
    scene.write("driver.yaml", &driver(JAVA_CLASS, scene::kafka::NOBODY, &[], &[], &[]));
    let ended =
        scene.pinload(["run", "--no-progress", "--connect-timeout", "3s", "-d", "driver.yaml", "small.yaml"]).run();
    ended.assert_code(UNREACHABLE).assert_stderr_has(scene::kafka::NOBODY);
    scene.assert_no_leftovers();
}

#[test]
fn a_broker_that_never_answers_is_one_clear_error() {
    let scene = scene("a_broker_that_never_answers_is_one_clear_error");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = silent.local_addr().expect("its address").to_string();
    scene.write("driver.yaml", &driver(JAVA_CLASS, &address, &[], &[], &[]));
    let ended =
        scene.pinload(["run", "--no-progress", "--connect-timeout", "3s", "-d", "driver.yaml", "small.yaml"]).run();
    ended.assert_code(UNREACHABLE).assert_stderr_has(&address);
    scene.assert_no_leftovers();
}

#[test]
fn an_admin_process_that_dies_is_named_within_a_second() {
    let scene = scene_alone("an_admin_process_that_dies_is_named_within_a_second");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = silent.local_addr().expect("its address").to_string();
    scene.write("driver.yaml", &driver(JAVA_CLASS, &address, &[], &[], &[]));
    let running = scene.pinload(["run", "--no-progress", "-d", "driver.yaml", "small.yaml"]).spawn();
    let is_admin = |child: &scene::processes::Process| child.command.contains("pinload admin");
    let admin = Deadline::within(START).poll("the admin process", || running.children().into_iter().find(is_admin));
    silent.set_nonblocking(true).expect("a listener that does not wait");
    let _connection = Deadline::within(START).poll("it to connect", || silent.accept().ok());
    admin.kill();
    let killed = Instant::now();
    let line = running.wait_for_line(&format!("the admin process (pid {}) ended", admin.pid), 5 * SECOND);
    assert!(killed.elapsed() < SECOND, "named after {:?}", killed.elapsed());
    assert!(line.contains("killed by signal 9 (SIGKILL)"), "{line}");
    running.outcome_within(3 * SECOND).assert_code(MACHINE);
    scene.assert_no_leftovers();
}

#[test]
fn an_embedded_broker_that_dies_before_the_load_is_named_within_a_second() {
    let scene = scene_alone("an_embedded_broker_that_dies_before_the_load_is_named_within_a_second");
    let running = scene.pinload(["run", "--embedded", "--no-progress", "small.yaml"]).spawn();
    let is_broker = |child: &scene::processes::Process| child.command.contains("embedded-broker");
    running.clients("consumer", 2);
    let broker = running.children().into_iter().find(is_broker).expect("the broker is a child of the run");
    broker.kill();
    let killed = Instant::now();
    let line = running.wait_for_line(&format!("the embedded broker (pid {})", broker.pid), 5 * SECOND);
    assert!(killed.elapsed() < SECOND, "named after {:?}", killed.elapsed());
    assert!(line.contains("SIGKILL"), "{line}");
    running.outcome_within(END).assert_code(SYSTEM_FAILED);
    scene.assert_no_leftovers();
}

#[test]
fn ctrl_c_while_waiting_for_a_broker_ends_the_wait() {
    let scene = scene_timed("ctrl_c_while_waiting_for_a_broker_ends_the_wait");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = silent.local_addr().expect("its address").to_string();
    scene.write("driver.yaml", &driver(JAVA_CLASS, &address, &[], &[], &[]));
    let running = scene.pinload(["run", "--no-progress", "-d", "driver.yaml", "small.yaml"]).spawn();
    silent.set_nonblocking(true).expect("a listener that does not wait");
    let _connection = Deadline::within(START).poll("pinload to connect", || silent.accept().ok());
    running.signal_group(Signal::SIGINT);
    running.outcome_within(3 * SECOND).assert_code(INTERRUPTED);
    scene.assert_no_leftovers();
}
