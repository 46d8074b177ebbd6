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

use crate::caveat::{Caveat, Severity, Subject, in_order};
use crate::os::affinity::CpuSet;
use crate::os::fingerprint::Fingerprint;

/// A check that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Other {
    /// Name of the check: that of the finding it looks for.
    pub check: &'static str,
    /// About what.
    pub area: Subject,
    /// What was seen, or why nothing is known.
    pub text: String,
}

/// Every check's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Findings {
    /// Worst first, each with its effect and its remedy.
    #[serde(serialize_with = "as_findings")]
    pub findings: Vec<Caveat>,
    /// Checks that found nothing.
    pub fine: Vec<Other>,
    /// Checks that lacked their facts.
    pub unknown: Vec<Other>,
}

/// One of them in `pinload doctor --json`.
#[derive(Debug, serde::Serialize)]
struct FindingFields<'a> {
    finding: &'a str,
    severity: Severity,
    area: Subject,
    text: &'a str,
    effect: Option<&'a str>,
    remedy: Option<&'a str>,
}

fn as_findings<S: serde::Serializer>(findings: &[Caveat], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|found| {
        let Caveat { code: finding, severity, subject: area, text, figures: _, effect, remedy } = found;
        FindingFields { finding, severity: *severity, area: *area, text, effect: *effect, remedy: *remedy }
    }))
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
struct HostCheck(&'static str, Subject, fn(&CheckInput<'_>) -> End);

/// All checks, in the order in which their matters are told.
const CHECKS: &[HostCheck] = &[
    HostCheck("clocksource_not_tsc", Subject::Clock, clock::source),
    HostCheck("tsc_not_invariant", Subject::Clock, clock::invariant),
    HostCheck("tsc_differs_across_cpus", Subject::Clock, clock::across_cpus),
    HostCheck("few_cpus", Subject::Processors, processors::few),
    HostCheck("governor_not_performance", Subject::Processors, processors::governor),
    HostCheck("turbo_on", Subject::Processors, processors::turbo),
    HostCheck("deep_idle_states", Subject::Processors, processors::idle_states),
    HostCheck("smt_siblings_in_use", Subject::Processors, processors::siblings),
    HostCheck("cpus_not_isolated", Subject::Processors, processors::isolation),
    HostCheck("interrupts_on_hot_cpus", Subject::Processors, processors::interrupts),
    HostCheck("transparent_hugepages_always", Subject::Memory, memory::huge_pages),
    HostCheck("numa_balancing_on", Subject::Memory, memory::numa_balancing),
    HostCheck("swapping_likely", Subject::Memory, memory::swapping),
    HostCheck("cpu_limit", Subject::Limits, limits::cpu_limit),
    HostCheck("cpu_throttled", Subject::Limits, limits::throttled),
    HostCheck("network_slow", Subject::Machine, machine::network),
    HostCheck("kernel_old", Subject::Machine, machine::kernel),
    HostCheck("mitigations_on", Subject::Machine, machine::mitigations),
    HostCheck("virtual_machine", Subject::Machine, machine::virtual_machine),
    HostCheck("time_stolen", Subject::Machine, machine::steal),
    HostCheck("container", Subject::Machine, machine::container),
    HostCheck("broker_log_on_disk", Subject::Machine, machine::broker_log),
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
                let found = Caveat::new(name, severity, area, text);
                all.findings.push(Caveat { effect: Some(effect), remedy: Some(remedy), ..found });
            }
        }
    }
    all.findings = in_order(all.findings);
    all
}

#[cfg(test)]
mod tests;
