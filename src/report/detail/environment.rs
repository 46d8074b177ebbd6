//! The hosts of the clients as they were found before the load, and what of that disturbs a measurement.

use crate::caveat::Severity;
use crate::os::affinity::CpuSet;
use crate::os::fingerprint::Fingerprint;
use crate::report::findings::{Findings, judge};
use crate::worker::{ClientReport, Environment, RunEnd};

/// One host.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub(super) struct EnvironmentDetail<'a> {
    /// Address of the worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<&'a str>,
    /// CPUs that hot loops were planned on.
    hot_cpus: CpuSet,
    /// What about the host disturbs a measurement, worst first.
    findings: Vec<FindingDetail>,
    /// Checks that could not be made: the system does not tell.
    not_known: Vec<&'static str>,
    /// What the system tells of itself; null or empty: it does not tell.
    facts: &'a Fingerprint,
}

/// A finding; `pinload doctor` says what it does and how to change it.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct FindingDetail {
    /// Stable name of the finding.
    finding: &'static str,
    /// `severe`: figures cannot be defended; notable: it shows in tails or caps the rate; minor: noise and cost.
    severity: Severity,
    /// What was found.
    text: String,
}

/// All hosts that told of themselves.
pub(super) fn environments(end: &RunEnd) -> Vec<EnvironmentDetail<'_>> {
    end.environments.iter().map(|environment| EnvironmentDetail::new(environment, &end.clients)).collect()
}

impl<'a> EnvironmentDetail<'a> {
    fn new(environment: &'a Environment, clients: &[ClientReport]) -> Self {
        let Environment { worker, fingerprint } = environment;
        let hot_cpus: CpuSet =
            clients.iter().filter(|client| client.worker == *worker).filter_map(|client| client.planned_cpu).collect();
        let Findings { findings, fine: _, unknown } = judge(fingerprint, &hot_cpus);
        Self {
            worker: worker.as_deref(),
            hot_cpus,
            findings: findings
                .into_iter()
                .map(|found| FindingDetail { finding: found.code, severity: found.severity, text: found.text })
                .collect(),
            not_known: unknown.into_iter().map(|unknown| unknown.check).collect(),
            facts: fingerprint,
        }
    }
}
