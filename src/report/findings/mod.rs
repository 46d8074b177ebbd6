//! What the facts about a machine (`os::fingerprint`) do to a measurement: one check per matter, each with a stable
//! name. Pure: a function of the facts and of the CPUs that hot loops run on.
//!
//! A check comes to one of three ends: fine, found, not known. What is not known is said, and is no finding.

mod clock;
mod limits;
mod machine;
mod memory;
mod processors;
mod text;

pub use text::{findings_text, machine_line};

use crate::os::affinity::CpuSet;
use crate::os::fingerprint::Fingerprint;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Figures cannot be defended while it stands.
    Severe,
    /// It shows in the tails of latencies, or caps the rate.
    Notable,
    /// It adds noise or cost; good to know when results differ.
    Minor,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// How time is read.
    Clock,
    /// The CPUs and who else uses them.
    Processors,
    /// Memory management.
    Memory,
    /// Limits of control groups.
    Limits,
    /// Network, kernel, virtual machine, container, brokers beside it.
    Machine,
}

/// One thing that does something to a result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HostFinding {
    /// Stable name.
    pub finding: &'static str,
    /// How bad.
    pub severity: Severity,
    /// About what.
    pub area: Area,
    /// What was found, with figures.
    pub text: String,
    /// What it does to a result.
    pub effect: &'static str,
    /// How to change it.
    pub remedy: &'static str,
}

/// A check that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Other {
    /// Name of the check: that of the finding it looks for.
    pub check: &'static str,
    /// About what.
    pub area: Area,
    /// What was seen, or why nothing is known.
    pub text: String,
}

/// Every check's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Findings {
    /// Worst first.
    pub findings: Vec<HostFinding>,
    /// Checks that found nothing.
    pub fine: Vec<Other>,
    /// Checks that lacked their facts.
    pub unknown: Vec<Other>,
}

/// What a check is told.
#[derive(Debug)]
struct CheckInput<'a> {
    facts: &'a Fingerprint,
    /// CPUs of hot loops; where none are pinned, all that can be used.
    hot: &'a CpuSet,
}

/// How a check ends.
enum End {
    Fine(String),
    Unknown(&'static str),
    Found { severity: Severity, text: String, effect: &'static str, remedy: &'static str },
}

/// A check: its name, its area, how it is made.
struct HostCheck(&'static str, Area, fn(&CheckInput<'_>) -> End);

/// All checks, in the order in which their matters are told.
const CHECKS: &[HostCheck] = &[
    HostCheck("clocksource_not_tsc", Area::Clock, clock::source),
    HostCheck("tsc_not_invariant", Area::Clock, clock::invariant),
    HostCheck("tsc_differs_across_cpus", Area::Clock, clock::across_cpus),
    HostCheck("few_cpus", Area::Processors, processors::few),
    HostCheck("governor_not_performance", Area::Processors, processors::governor),
    HostCheck("turbo_on", Area::Processors, processors::turbo),
    HostCheck("deep_idle_states", Area::Processors, processors::idle_states),
    HostCheck("smt_siblings_in_use", Area::Processors, processors::siblings),
    HostCheck("cpus_not_isolated", Area::Processors, processors::isolation),
    HostCheck("interrupts_on_hot_cpus", Area::Processors, processors::interrupts),
    HostCheck("transparent_hugepages_always", Area::Memory, memory::huge_pages),
    HostCheck("numa_balancing_on", Area::Memory, memory::numa_balancing),
    HostCheck("swapping_likely", Area::Memory, memory::swapping),
    HostCheck("cpu_limit", Area::Limits, limits::cpu_limit),
    HostCheck("cpu_throttled", Area::Limits, limits::throttled),
    HostCheck("network_slow", Area::Machine, machine::network),
    HostCheck("kernel_old", Area::Machine, machine::kernel),
    HostCheck("mitigations_on", Area::Machine, machine::mitigations),
    HostCheck("virtual_machine", Area::Machine, machine::virtual_machine),
    HostCheck("time_stolen", Area::Machine, machine::steal),
    HostCheck("container", Area::Machine, machine::container),
    HostCheck("broker_log_on_disk", Area::Machine, machine::broker_log),
];

/// Makes every check. `hot`: CPUs that hot loops run on; empty: any CPU that can be used.
pub fn judge(facts: &Fingerprint, hot: &CpuSet) -> Findings {
    let usable = facts.processors.usable();
    let case = CheckInput { facts, hot: if hot.is_empty() { &usable } else { hot } };
    let mut all = Findings::default();
    for &HostCheck(name, area, check) in CHECKS {
        match check(&case) {
            End::Fine(text) => all.fine.push(Other { check: name, area, text }),
            End::Unknown(why) => all.unknown.push(Other { check: name, area, text: why.to_owned() }),
            End::Found { severity, text, effect, remedy } => {
                all.findings.push(HostFinding { finding: name, severity, area, text, effect, remedy });
            }
        }
    }
    // Stable: within one severity the order of the checks stays.
    all.findings.sort_by_key(|finding| finding.severity);
    all
}

#[cfg(test)]
mod tests;
