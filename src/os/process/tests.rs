//! Starts of real processes: programs of the system stand in for our own binary, which under test is the test runner.

use super::*;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn arguments(args: &[&str]) -> Launch {
    Launch { args: args.iter().map(|&arg| arg.to_owned()).collect(), ..Launch::default() }
}

/// The standard output of a program that ends by itself.
fn output_of(program: &str, launch: Launch) -> String {
    let mut child = launch_program(program.as_ref(), &Launch { capture_stdout: true, ..launch }).unwrap();
    let text = io::read_to_string(child.take_stdout().unwrap()).unwrap();
    assert_eq!(child.wait_timeout(LONG).unwrap().unwrap().code, Some(0));
    text
}

/// A field of /proc/PID/status as the process itself sees it.
fn status_field(launch: Launch, field: &str) -> String {
    let status = output_of("/bin/cat", Launch { args: vec!["/proc/self/status".to_owned()], ..launch });
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().to_owned()
}

/// Masks and parent-death signals belong to threads: each test that touches them has its own.
fn in_own_thread<T: Send>(test: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(test).join().unwrap())
}

#[test]
fn ps_shows_pinload_and_its_arguments() {
    let child = launch_program("/bin/sleep".as_ref(), &arguments(&["1000"])).unwrap();
    let line = std::fs::read(format!("/proc/{}/cmdline", child.pid())).unwrap();
    assert_eq!(line, b"pinload\x001000\0");
}

#[test]
fn a_long_text_arrives_on_standard_input_whole() {
    let text = "0123456789".repeat(300_000);
    let launch = Launch { stdin: text.clone().into_bytes(), ..arguments(&[]) };
    assert!(output_of("/bin/cat", launch) == text);
}

#[test]
fn no_text_means_an_input_that_ends_at_once() {
    assert_eq!(output_of("/bin/cat", arguments(&[])), "");
}

#[test]
fn a_process_starts_on_its_cpus() {
    let all = super::super::affinity::current_mask().unwrap();
    for cpu in all.iter() {
        let launch = Launch { cpus: Some(CpuSet::of(cpu)), ..Launch::default() };
        assert_eq!(status_field(launch, "Cpus_allowed_list"), cpu.to_string());
    }
    assert_eq!(status_field(Launch::default(), "Cpus_allowed_list"), all.to_string(), "inherited otherwise");
}

#[test]
fn blocked_signals_are_not_inherited_and_terminal_signals_are_ignored() {
    in_own_thread(|| {
        let blocked = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD]);
        blocked.thread_block().unwrap();
        assert_eq!(status_field(Launch::default(), "SigBlk"), "0000000000000000");
        let ignored = u64::from_str_radix(&status_field(Launch::default(), "SigIgn"), 16).unwrap();
        let bit = |signal: i32| 1u64 << (signal - 1);
        // The test runner may itself have inherited others.
        let terminal = bit(libc::SIGINT) | bit(libc::SIGTERM) | bit(libc::SIGHUP);
        assert_eq!(ignored & (terminal | bit(libc::SIGPIPE) | bit(libc::SIGCHLD)), terminal);
    });
}

#[test]
fn a_process_dies_with_the_thread_that_started_it() {
    let mut child = in_own_thread(|| launch_program("/bin/sleep".as_ref(), &arguments(&["1000"])).unwrap());
    assert_eq!(child.wait_timeout(LONG).unwrap().unwrap().signal, Some(libc::SIGKILL));
}

#[test]
fn a_memory_policy_is_set_before_the_program_runs() {
    let maps = |policy| {
        let launch = Launch { memory_policy: Some(policy), ..arguments(&["/proc/self/numa_maps"]) };
        output_of("/bin/cat", launch)
    };
    let numa = memory_policy::current().unwrap() != MemoryPolicy::UNREADABLE
        && std::path::Path::new("/proc/self/numa_maps").exists();
    if numa {
        assert!(maps(MemoryPolicy::Bind(vec![0])).contains(" bind:0 "));
        assert!(maps(MemoryPolicy::Preferred(0)).contains(" prefer:0 "));
    }
    // A node that does not exist may be preferred in vain, but not bound to.
    assert_eq!(
        output_of("/bin/cat", Launch { memory_policy: Some(MemoryPolicy::Preferred(999)), ..arguments(&[]) }),
        ""
    );
    let launch = Launch { memory_policy: Some(MemoryPolicy::Bind(vec![999])), ..arguments(&["producer", "0"]) };
    let error = launch_program("/bin/cat".as_ref(), &launch).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot start process \"pinload producer 0\": cannot set its memory policy: "),
        "{error}"
    );
}

#[test]
fn a_start_that_fails_says_which_step_and_why() {
    let launch = Launch { cpus: Some(CpuSet::of(8191)), ..arguments(&["consumer", "7"]) };
    let error = launch_program("/bin/cat".as_ref(), &launch).unwrap_err().to_string();
    assert!(error.starts_with("cannot start process \"pinload consumer 7\" on CPUs 8191: cannot pin it: "), "{error}");
    let error = launch_program("/no/such/program".as_ref(), &arguments(&["admin"])).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot start process \"pinload admin\": cannot execute it: "), "{error}");
    let launch = Launch { cpus: Some(CpuSet::of(100_000)), ..Launch::default() };
    assert!(launch_program("/bin/cat".as_ref(), &launch).unwrap_err().to_string().contains("CPU 100000 cannot exist"));
}

#[test]
fn another_parent_than_the_one_told_is_noticed() {
    let parent = i32::try_from(std::os::unix::process::parent_id()).unwrap();
    parent_is(parent).unwrap();
    assert_eq!(parent_is(own_pid()).unwrap_err().raw_os_error(), Some(libc::ESRCH));
}
