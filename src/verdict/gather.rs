//! Many findings → one reason for each cause, the worst of its clients in words.

use super::{Cause, Reason, Verdict};
use crate::telemetry::Role;
use std::fmt::Write as _;

/// Names of clients told one by one; more are counted.
const NAMED: usize = 4;

/// One cause found at one client (or at the run as a whole).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundCause {
    /// The cause.
    pub(super) cause: Cause,
    /// The client; None: the run as a whole.
    pub(super) client: Option<(Role, u32)>,
    /// The value, in the unit of the threshold.
    pub(super) value: Option<f64>,
    /// What it was compared with.
    pub(super) limit: Option<f64>,
    /// How bad it is: the worst of several clients is told.
    pub(super) badness: f64,
    /// Does it limit the rate, where the cause alone does not?
    pub(super) limits: bool,
    /// The figures in words.
    pub(super) says: String,
}

/// One reason for each cause, the worst first, in the causes' order.
pub(super) fn gather(findings: Vec<FoundCause>, clients: usize) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for &cause in Cause::ALL {
        let found: Vec<&FoundCause> = findings.iter().filter(|finding| finding.cause == cause).collect();
        // The first of equals.
        let Some(worst) = found.iter().rev().max_by(|a, b| a.badness.total_cmp(&b.badness)) else { continue };
        let mut named: Vec<String> =
            found.iter().filter_map(|finding| finding.client).map(|(role, index)| format!("{role} {index}")).collect();
        named.dedup();
        let mut text = cause.words().to_owned();
        if let Some((role, index)) = worst.client {
            let _ = match named.len() {
                1 => write!(text, ", {role} {index}"),
                count if count <= NAMED => write!(text, ", {} (worst: {role} {index})", named.join(", ")),
                count => write!(text, ", {count} of {clients} clients (worst: {role} {index})"),
            };
        }
        let _ = write!(text, ": {}", worst.says);
        reasons.push(Reason {
            cause,
            verdict: match found.iter().any(|finding| finding.limits) {
                true => cause.verdict().max(Verdict::GeneratorLimited),
                false => cause.verdict(),
            },
            clients: named,
            value: worst.value,
            limit: worst.limit,
            threshold: cause.threshold().map(crate::plan::Threshold::name),
            text,
        });
    }
    // Stable: causes of one verdict keep their order.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    reasons
}
