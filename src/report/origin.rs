//! Where a result comes from: program, library, command line, machine, start time.
//!
//! `Origin::capture` asks the system; everything else in this room is told.

use crate::os::topology::Topology;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::path::Path;
use std::time::SystemTime;

/// Where a result comes from. Texts are empty where the system does not tell.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct Origin {
    /// Version of the program.
    pub pinload_version: String,
    /// Version of the client library in use.
    pub librdkafka_version: String,
    /// The arguments as the program got them, secrets masked.
    pub command_line: Vec<String>,
    /// Start of the run, local time with offset (RFC 3339).
    pub started_at: String,
    /// The machine of the supervisor.
    pub host: OriginHost,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct OriginHost {
    /// Host name.
    pub name: String,
    /// Operating system and release.
    pub kernel: String,
    /// Model name of the CPU.
    pub cpu_model: String,
}

impl Origin {
    /// This program on this machine. `root` is where /proc and /sys are found ("/"; another folder in tests).
    pub fn capture(started_at: SystemTime, command_line: &[String], root: &Path) -> Self {
        Self {
            pinload_version: env!("CARGO_PKG_VERSION").to_owned(),
            librdkafka_version: rdkafka::util::get_rdkafka_version().1,
            command_line: command_line.to_vec(),
            started_at: rfc3339(started_at),
            host: OriginHost::read(root),
        }
    }
}

impl OriginHost {
    fn read(root: &Path) -> Self {
        let kernel_text = |name: &str| {
            let text = std::fs::read_to_string(root.join("proc/sys/kernel").join(name)).unwrap_or_default();
            text.trim().to_owned()
        };
        Self {
            name: kernel_text("hostname"),
            kernel: format!("{} {}", kernel_text("ostype"), kernel_text("osrelease")).trim().to_owned(),
            cpu_model: Topology::read(root).map(|topology| topology.model_name).unwrap_or_default(),
        }
    }
}

/// The present moment, local time with offset, RFC 3339.
pub fn now() -> String {
    rfc3339(SystemTime::now())
}

fn rfc3339(moment: SystemTime) -> String {
    local(moment).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// A moment in the local time zone; the epoch when the system's clock is out of any calendar.
pub(crate) fn local(moment: SystemTime) -> Zoned {
    Timestamp::try_from(moment).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::system())
}
