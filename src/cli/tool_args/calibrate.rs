//! Arguments of `calibrate`.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use crate::cli::cpu_list::CpuList;
use crate::cli::values::measurement_seconds;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

pub(in crate::cli) const CALIBRATE_EXAMPLES: &str = "\
Examples:
  All of it, half a minute, stored for later runs:
    pinload calibrate
  Longer measurements, for better tails:
    pinload calibrate --seconds 10
  Only who else uses these CPUs; nothing is stored:
    pinload calibrate --parts gaps --cpus 2-5";

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// Length of each measurement in seconds (0.1 to 600)
    #[arg(long, value_name = "N", value_parser = measurement_seconds, default_value = "2")]
    pub seconds: Duration,

    /// Only these parts (a comma list); then nothing is stored, unless --output names a file
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',')]
    pub parts: Vec<CalibrationPart>,

    /// CPUs to use: gaps are watched on each of them, loops run on the first [default: all that can be used]
    #[arg(long, value_name = "CPUS")]
    pub cpus: Option<CpuList>,

    /// Write the figures to this file instead of the state folder
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
}

/// A part of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CalibrationPart {
    /// What reading a clock costs
    Clock,
    /// Messages per second and ns per message of the loops on the null driver
    Loop,
    /// Pacing error of one producer at a ladder of rates
    Pacing,
    /// How long and how often each CPU keeps a spinning thread waiting
    Gaps,
    /// Latencies through the embedded broker
    EndToEnd,
}

impl CalibrationPart {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 5] = [Self::Clock, Self::Loop, Self::Pacing, Self::Gaps, Self::EndToEnd];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Loop => "loop",
            Self::Pacing => "pacing",
            Self::Gaps => "gaps",
            Self::EndToEnd => "end-to-end",
        }
    }
}

impl CalibrateArgs {
    /// Is this part to be measured?
    pub fn wants(&self, part: CalibrationPart) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}
