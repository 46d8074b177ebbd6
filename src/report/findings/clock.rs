//! How time is read.

use super::{CheckInput, End, Severity};
use crate::units::format_ns;

/// A difference of TSCs that is proven to be larger than this is told: end-to-end times are microseconds.
const TSC_OFFSET_NS: u64 = 500;

pub(super) fn source(case: &CheckInput<'_>) -> End {
    match case.facts.clock.clocksource.as_deref() {
        None => End::Unknown("the kernel does not tell its clock source"),
        Some("tsc") => End::Fine("the kernel's clock source is tsc".to_owned()),
        Some(other) => End::Found {
            severity: Severity::Severe,
            text: format!("the kernel's clock source is {other}, not tsc"),
            effect: "pinload reads time with clock_gettime instead of the TSC: a reading costs from tens of ns to a \
                     whole system call (hpet, acpi_pm: about 1 µs), paid several times per message, in the hot loop \
                     and in librdkafka",
            remedy: "write tsc to /sys/devices/system/clocksource/clocksource0/current_clocksource, or boot with \
                     clocksource=tsc tsc=reliable; where the kernel gave the TSC up, its log says why",
        },
    }
}

pub(super) fn invariant(case: &CheckInput<'_>) -> End {
    let clock = &case.facts.clock;
    let (Some(constant), Some(nonstop)) = (clock.constant_tsc, clock.nonstop_tsc) else {
        return End::Unknown("/proc/cpuinfo lists no processor flags");
    };
    let lacking: Vec<_> = [("constant_tsc", constant), ("nonstop_tsc", nonstop)]
        .into_iter()
        .filter_map(|(flag, there)| (!there).then_some(flag))
        .collect();
    if lacking.is_empty() {
        return End::Fine("constant_tsc and nonstop_tsc".to_owned());
    }
    End::Found {
        severity: Severity::Severe,
        text: format!("the processor does not promise an invariant TSC (no {})", lacking.join(", no ")),
        effect: "the TSC may change its speed or stop while a CPU sleeps, so pinload does not use it: time is read \
                 with clock_gettime, which costs more",
        remedy: "on a virtual machine let the hypervisor show the host's TSC (QEMU: -cpu host,migratable=no,+invtsc); \
            old processors have none",
    }
}

pub(super) fn across_cpus(case: &CheckInput<'_>) -> End {
    let Some(seen) = &case.facts.clock.tsc_across_cpus else {
        return End::Unknown("not checked: only a running pinload on the machine itself can, on two CPUs or more");
    };
    if seen.compared_cpus.is_empty() {
        return End::Unknown("no CPU could be compared: they were busy");
    }
    let missing = match seen.not_compared_cpus.len() {
        0 => String::new(),
        _ => format!("; CPUs {} were busy and are not compared", seen.not_compared_cpus),
    };
    let uncertainty = format_ns(seen.offset_uncertainty_ns);
    if seen.proven_offset_ns <= TSC_OFFSET_NS {
        return End::Fine(format!("the TSCs of all CPUs agree within {uncertainty}{missing}"));
    }
    End::Found {
        severity: Severity::Severe,
        text: format!("the TSCs of two CPUs are at least {} apart{missing}", format_ns(seen.proven_offset_ns)),
        effect: "producers and consumers run on different CPUs: their end-to-end times are wrong by this much, in \
            either direction",
        remedy: "boot with clocksource=hpet or tsc=unstable so that pinload falls back to clock_gettime, update \
                 firmware, or report it to the host's operator; keep clients on CPUs of one socket",
    }
}
