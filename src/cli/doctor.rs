//! `pinload doctor`: the facts about this machine and what they do to a measurement.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::root;
use super::tool_args::DoctorArgs;
use crate::os::affinity::CpuSet;
use crate::os::fingerprint::Fingerprint;
use crate::report::findings::{Findings, findings_text, judge, machine_line};
use crate::units::counted;

/// Name and version of the document that `--json` prints; the version rises when a field changes its meaning or goes.
const SCHEMA: DoctorSchema = DoctorSchema { name: "pinload-doctor", version: 1 };

#[derive(Debug, serde::Serialize)]
struct DoctorSchema {
    name: &'static str,
    version: u32,
}

/// What `--json` prints.
#[derive(Debug, serde::Serialize)]
struct DoctorDocument<'a> {
    schema: DoctorSchema,
    pinload_version: &'static str,
    /// Where /proc and /sys were read.
    root: String,
    /// CPUs that were taken for hot.
    hot_cpus: &'a CpuSet,
    facts: &'a Fingerprint,
    #[serde(flatten)]
    findings: &'a Findings,
}

/// Findings are no failure: the exit code is 0 with and without.
pub(super) fn doctor(args: &DoctorArgs, messages: &mut Messages) -> ExitStatus {
    let root = args.root.as_deref().unwrap_or(root());
    if let Some(why) = unreadable(root) {
        messages.error(&format!("{}: {why}; name a folder that holds proc and sys with --root DIR", root.display()));
        return ExitStatus::ConfigurationRefused;
    }
    let facts = match args.root {
        Some(_) => Fingerprint::read(root, None),
        None => Fingerprint::of_this_machine(root, None),
    };
    let hot = args.cpus.clone().unwrap_or_else(|| facts.processors.usable());
    let findings = judge(&facts, &hot);
    if args.json {
        let document = DoctorDocument {
            schema: SCHEMA,
            pinload_version: env!("CARGO_PKG_VERSION"),
            root: root.display().to_string(),
            hot_cpus: &hot,
            facts: &facts,
            findings: &findings,
        };
        match serde_json::to_string_pretty(&document) {
            Ok(text) => messages.result(&text),
            Err(error) => {
                messages.error(&format!("cannot write the findings: {error}"));
                return ExitStatus::ResultsNotWritten;
            }
        }
        return ExitStatus::Success;
    }
    messages.table(&format!("{}\n\n{}", machine_line(&facts), findings_text(&findings)));
    messages.info("found", &counted(findings.findings.len(), "finding"));
    ExitStatus::Success
}

/// A root that is not there is a mistake of the user's; missing files below it are not.
fn unreadable(root: &std::path::Path) -> Option<String> {
    std::fs::read_dir(root).err().map(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        std::io::ErrorKind::NotADirectory => "is not a folder".to_owned(),
        _ => format!("cannot be read: {error}"),
    })
}
