//! What the kernel and the processor say of the TSC.

use super::files::FilesBelow;
use super::tsc_across_cpus::TscAcrossCpus;

/// Clock source and TSC.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClockFacts {
    /// Clock source in use.
    pub clocksource: Option<String>,
    /// Clock sources that could be used.
    pub available_clocksources: Vec<String>,
    /// The TSC runs at one speed.
    ///
    /// The TSC runs at one speed, whatever the CPU's frequency (every CPU has the flag); None: /proc/cpuinfo lists no
    /// flags.
    pub constant_tsc: Option<bool>,
    /// The TSC goes on while a CPU sleeps.
    pub nonstop_tsc: Option<bool>,
    /// The TSCs of all CPUs compared with that of one; null: not checked (one CPU, no TSC).
    pub tsc_across_cpus: Option<TscAcrossCpus>,
}

impl ClockFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        const FOLDER: &str = "sys/devices/system/clocksource/clocksource0";
        let words = |text: String| text.split_ascii_whitespace().map(str::to_owned).collect();
        let cpuinfo = files.text("proc/cpuinfo").unwrap_or_default();
        Self {
            clocksource: files.word(&format!("{FOLDER}/current_clocksource")),
            available_clocksources: files
                .text(&format!("{FOLDER}/available_clocksource"))
                .map(words)
                .unwrap_or_default(),
            constant_tsc: every_cpu_has(&cpuinfo, "constant_tsc"),
            nonstop_tsc: every_cpu_has(&cpuinfo, "nonstop_tsc"),
            tsc_across_cpus: None,
        }
    }
}

/// Is this flag in the list of every CPU? None: there are no lists.
pub(super) fn every_cpu_has(cpuinfo: &str, flag: &str) -> Option<bool> {
    let mut lists = cpuinfo.lines().filter(|line| line.starts_with("flags")).peekable();
    lists.peek()?;
    Some(lists.all(|line| line.split_ascii_whitespace().any(|word| word == flag)))
}
