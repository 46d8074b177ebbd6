//! Network, kernel, and what stands between pinload and a whole machine.

use super::{CheckInput, End, Severity};
use crate::units::{format_count, format_size};

/// Links below this are told, Mbit/s: one producer of 1 KiB messages fills a quarter of it.
const FAST_MBIT_PER_S: u64 = 10_000;
/// The first kernel with pidfd_open.
const PIDFD_KERNEL: (u32, u32) = (5, 3);
/// Stolen time above this share is severe, percent: at 0.1 % p99.9 consists of it.
const STEAL_SEVERE_PERCENT: f64 = 0.1;

pub(super) fn network(case: &CheckInput<'_>) -> End {
    let up = || case.facts.network_interfaces.iter().filter(|card| card.up);
    let fastest = up().filter_map(|card| Some((card.speed_mbit_per_s?, &card.interface))).max();
    match fastest {
        None if up().next().is_some() => End::Unknown("the network cards do not tell their speed (VMs)"),
        None => End::Unknown("no network card is visible"),
        Some((speed, name)) if speed < FAST_MBIT_PER_S => End::Found {
            severity: Severity::Minor,
            text: format!("the fastest link, {name}, has {} Mbit/s", format_count(speed)),
            effect: "more than about 90 % of it in bytes, protocol included, queues in front of the card: latencies \
                     then measure the link, and no broker can be found faster (1,000 Mbit/s are about 110 MB/s)",
            remedy: "compare the closing table's MB/s with it; use a faster card, several hosts (--workers), or the \
                broker's own host for a first look",
        },
        Some((speed, name)) => End::Fine(format!("{name} has {} Mbit/s", format_count(speed))),
    }
}

pub(super) fn kernel(case: &CheckInput<'_>) -> End {
    let kernel = &case.facts.kernel;
    match (kernel.version(), &kernel.kernel_release) {
        (Some(version), Some(release)) if version < PIDFD_KERNEL => End::Found {
            severity: Severity::Minor,
            text: format!("the kernel is {release}"),
            effect: "without pidfd (Linux 5.3) the supervisor needs a thread for each wait for a client's end; \
                     schedulers and network stacks of that age differ from today's, so results do not compare",
            remedy: "measure on a kernel that your production uses, 5.3 or newer",
        },
        (Some(_), Some(release)) => End::Fine(release.clone()),
        _ => End::Unknown("the kernel does not tell its release"),
    }
}

pub(super) fn mitigations(case: &CheckInput<'_>) -> End {
    let known = &case.facts.kernel.mitigations;
    if known.is_empty() {
        return End::Unknown("the kernel does not list mitigations");
    }
    let on: Vec<_> =
        known.iter().filter(|bug| bug.state.starts_with("Mitigation")).map(|bug| bug.vulnerability.as_str()).collect();
    if on.is_empty() {
        return End::Fine("none is at work".to_owned());
    }
    End::Found {
        severity: Severity::Minor,
        text: format!("mitigations of processor bugs are at work: {}", on.join(", ")),
        effect: "system calls and context switches cost more, so librdkafka's threads and the broker use more CPU per \
                 batch; the hot loop makes no system calls",
        remedy: "leave them on where production has them on; mitigations=off at boot is for closed labs, and then for \
            all hosts of a comparison",
    }
}

pub(super) fn virtual_machine(case: &CheckInput<'_>) -> End {
    let machine = &case.facts.virtualization;
    let product = machine.machine_product.as_ref().map(|product| format!(" ({product})")).unwrap_or_default();
    match machine.hypervisor {
        None => End::Unknown("/proc/cpuinfo lists no processor flags"),
        Some(false) => End::Fine(format!("no hypervisor{product}")),
        Some(true) => End::Found {
            severity: Severity::Notable,
            text: format!("this is a virtual machine{product}"),
            effect: "the hypervisor stops CPUs when it likes, and its other guests share caches, memory and network: \
                     gaps of up to some ms that no process inside sees coming",
            remedy: "measure tails on bare metal, or on an instance with dedicated CPUs; repeat runs and compare \
                     medians of them; pinload calibrate shows the gaps",
        },
    }
}

pub(super) fn steal(case: &CheckInput<'_>) -> End {
    match case.facts.virtualization.steal_percent {
        None => End::Unknown("the kernel does not tell stolen time"),
        Some(percent) if percent > 0.0 => End::Found {
            severity: if percent >= STEAL_SEVERE_PERCENT { Severity::Severe } else { Severity::Notable },
            text: format!("the hypervisor gave {} of the CPUs' time since boot to others", share(percent)),
            effect: "a CPU that is away sends, receives and answers nothing: its absence is in every latency, as if \
                the broker had been slow",
            remedy: "use dedicated CPUs, or a host without neighbours; look at the same figure during the run before \
                you believe a tail",
        },
        Some(_) => End::Fine("none was told".to_owned()),
    }
}

pub(super) fn container(case: &CheckInput<'_>) -> End {
    match &case.facts.virtualization.container {
        None => End::Fine("none was recognised".to_owned()),
        Some(engine) => End::Found {
            severity: Severity::Minor,
            text: format!("this is a container ({engine})"),
            effect: "what is seen of the machine may be a part of it: limits may come from outside, /dev/shm is often \
                     small (64 MiB), and a bridge or proxy may stand between clients and broker",
            remedy: "give it whole CPUs (--cpuset-cpus), the host's network (--network host) and room in /dev/shm \
                (--shm-size)",
        },
    }
}

pub(super) fn broker_log(case: &CheckInput<'_>) -> End {
    let facts = &case.facts.broker_logs;
    let Some(first) = facts.logs.first() else {
        return match facts.unwritten_limit_bytes {
            Some(_) => End::Fine("no Kafka is seen here".to_owned()),
            None => End::Unknown("the kernel does not tell what it lets wait to be written"),
        };
    };
    let Some(log) = facts.on_disk() else {
        return match first.is_written_back() {
            Some(_) => End::Fine(format!("that of process {} is in memory", first.broker_pid)),
            None => End::Unknown("the file system of the log of a Kafka here is not told"),
        };
    };
    let limit = facts.unwritten_limit_bytes.map(format_size).unwrap_or_else(|| "some GiB".to_owned());
    End::Found {
        severity: Severity::Minor,
        text: format!(
            "a Kafka here (process {}) has its log on a disk: {} ({}); with {limit} not written yet the kernel makes \
             it wait",
            log.broker_pid,
            log.log_folder,
            log.file_system.as_deref().unwrap_or("unknown"),
        ),
        effect: "runs of gigabytes come to that limit, and whichever comes then has half the rate at twice the CPU: \
                 the disk is measured, and the runs before it",
        remedy: "where the disk is not the question: the log on tmpfs (tools/kafka run --dir /dev/shm/kafka); else \
                 wait before each run until Dirty in /proc/meminfo is small",
    }
}

/// A percentage that is small and not 0.
fn share(percent: f64) -> String {
    if percent < 0.001 { "less than 0.001 %".to_owned() } else { format!("{percent:.3} %") }
}
