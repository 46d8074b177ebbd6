//! Memory management.

use super::{CheckInput, End, Severity};

pub(super) fn huge_pages(case: &CheckInput<'_>) -> End {
    match case.facts.memory.transparent_hugepage.as_deref() {
        None => End::Unknown("the kernel does not tell its setting of transparent huge pages"),
        Some("always") => End::Found {
            severity: Severity::Minor,
            text: "transparent huge pages are always used".to_owned(),
            effect: "the kernel may stop a thread to make room for one, or move its pages: rare stalls of up to some \
                ms that look like the broker's",
            remedy: "write madvise (or never) to /sys/kernel/mm/transparent_hugepage/enabled",
        },
        Some(other) => End::Fine(other.to_owned()),
    }
}

pub(super) fn numa_balancing(case: &CheckInput<'_>) -> End {
    match (case.facts.memory.numa_balancing, case.facts.processors.numa_nodes) {
        (_, Some(1)) => End::Fine("one node: nothing to balance".to_owned()),
        (None, _) => End::Unknown("the kernel does not tell its setting of NUMA balancing"),
        (Some(0), _) => End::Fine("off".to_owned()),
        (Some(_), _) => End::Found {
            severity: Severity::Notable,
            text: "automatic NUMA balancing is on".to_owned(),
            effect: "the kernel unmaps pages to see who uses them: page faults of some µs in hot loops, although \
                pinload has placed memory already",
            remedy: "sysctl kernel.numa_balancing=0",
        },
    }
}

/// With swap space and this eagerness, memory that lay still for a while is written out although there is room.
const EAGER: u32 = 10;

pub(super) fn swapping(case: &CheckInput<'_>) -> End {
    let memory = &case.facts.memory;
    match (memory.swap_total_bytes, memory.swappiness) {
        (Some(0), _) => End::Fine("no swap space".to_owned()),
        (Some(_), Some(swappiness)) if swappiness > EAGER => End::Found {
            severity: Severity::Minor,
            text: format!("swap space is on, and swappiness is {swappiness}"),
            effect: "payloads and histograms that lay still for a while may be on a disk when they are needed: single \
                stalls of several ms",
            remedy: "swapoff -a, or sysctl vm.swappiness=1",
        },
        (Some(_), Some(swappiness)) => End::Fine(format!("swappiness {swappiness}")),
        _ => End::Unknown("the kernel does not tell swap space and swappiness"),
    }
}
