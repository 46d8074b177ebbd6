//! Findings for people: worst first, what it does and how to change it below each; then what is fine, and what nobody
//! knows.

use super::{Findings, Other};
use crate::caveat::{Caveat, Severity};
use crate::os::fingerprint::Fingerprint;
use crate::units::counted;

/// A severity as a heading, with what it means.
const HEADINGS: [(Severity, &str); 3] = [
    (Severity::Severe, "SEVERE: figures cannot be defended while this stands"),
    (Severity::Notable, "NOTABLE: it shows in the tails of latencies, or caps the rate"),
    (Severity::Minor, "MINOR: noise and cost; to know when results differ"),
];

/// One line: `Linux 6.8.0-31-generic · Xeon · 4 CPUs (0-3), 1 socket, 1 node`.
pub fn machine_line(facts: &Fingerprint) -> String {
    let processors = &facts.processors;
    let usable = processors.usable();
    let mut parts = Vec::new();
    parts.extend(facts.kernel.kernel_release.as_ref().map(|release| format!("Linux {release}")));
    parts.extend(processors.model_name.clone());
    let counts = [(processors.sockets, "socket"), (processors.numa_nodes, "node")];
    let counts = counts.into_iter().filter_map(|(count, what)| Some(counted(count?, what)));
    let cpus = format!("{} can be used ({usable})", counted(usable.len(), "CPU"));
    parts.push(std::iter::once(cpus).chain(counts).collect::<Vec<_>>().join(", "));
    parts.extend(facts.virtualization.machine_product.clone());
    parts.join(" · ")
}

/// Everything that was judged, as text of many lines without a last line end.
pub fn findings_text(findings: &Findings) -> String {
    let Findings { findings, fine, unknown } = findings;
    let mut lines = Vec::new();
    for (severity, heading) in HEADINGS {
        let mut group = findings.iter().filter(|finding| finding.severity == severity).peekable();
        if group.peek().is_some() {
            lines.push(heading.to_owned());
            group.for_each(|finding| lines.extend(of_finding(finding)));
            lines.push(String::new());
        }
    }
    if findings.is_empty() {
        lines.extend(["nothing was found that would disturb a measurement".to_owned(), String::new()]);
    }
    for (title, others) in [("fine", fine), ("not known", unknown)] {
        if !others.is_empty() {
            lines.push(title.to_owned());
            lines.extend(others.iter().map(|Other { check, area: _, text }| format!("  {check}: {text}")));
            lines.push(String::new());
        }
    }
    lines.pop();
    lines.join("\n")
}

fn of_finding(found: &Caveat) -> Vec<String> {
    let Caveat { code, text, effect, remedy, .. } = found;
    let mut lines = vec![format!("  {code}: {text}")];
    lines.extend(effect.map(|effect| format!("    does    {effect}")));
    lines.extend(remedy.map(|remedy| format!("    change  {remedy}")));
    lines
}
