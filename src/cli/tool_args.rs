//! Arguments of the tools that need no workload: `csv`, `generate`, `doctor`, `calibrate`, `explain` and `raw`.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

mod calibrate;

pub(super) use calibrate::CALIBRATE_EXAMPLES;
pub use calibrate::{CalibrateArgs, CalibrationPart};

use super::args::RunArgs;
use super::values::{Precision, cpu_set, positive_duration, precision};
use crate::campaign::compare::gate::FailIf;
use crate::os::affinity::CpuSet;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

pub(super) const CSV_EXAMPLES: &str = "\
Examples:
  OMB's columns, into results-<seconds>.csv:
    pinload csv results/
  Everything about each run, to look at:
    pinload csv --wide -o - results/ | column -s, -t | less -S";

pub(super) const GENERATE_EXAMPLES: &str = "\
Example:
  pinload generate -t template.yaml -o workloads/
with a template such as
  topics: [1]
  partitionsPerTopic: [1, 16]
  messageSize: [100, 1024]
  subscriptionsPerTopic: [1]
  producersPerTopic: [1]
  consumerPerSubscription: [1]
  producerRate: [1000, 50000]
  useRandomizedPayloads: true
  randomBytesRatio: 0.5
  randomizedPayloadPoolSize: 100";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  This machine, if clients run anywhere:
    pinload doctor
  If their loops run on CPUs 2 to 5, as with pinload run --cpus 2-5:
    pinload doctor --cpus 2-5
  Names of what was found, for a script:
    pinload doctor --json | jq -r '.findings[].finding'";

pub(super) const RAW_EXAMPLES: &str = "\
Examples:
  Every sample of a run, for a table:
    pinload raw samples/ > samples.csv
  Counts and exact percentiles of the measurement, which began 60 s after the load and ended 360 s after it:
    pinload raw --summary --from 60 --to 360 samples/

Exit code 3: a file is no file of raw samples, or is damaged. A file that ends within a record, as after a kill, is \
read up to its
last whole one, and that is said.";

pub(super) const REPORT_EXAMPLES: &str = "\
Examples:
  The page of a run that was made without one, beside its files:
    pinload report results/simple-workload-Kafka-2026-11-22-14-00-00.json
  All runs of a folder on top of each other:
    pinload report results/ -o comparison.html";

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Result files, or folders of them (not those in folders below)
    ///
    /// Of a pinload run, its detail file or the result file beside it. The first is what the others are compared with.
    #[arg(value_name = "FILE|DIR", required = true)]
    pub results: Vec<PathBuf>,

    /// The file to write [default: of one run, beside it as *.html; of several, report.html in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) const CAPACITY_EXAMPLES: &str = "\
Examples:
  The highest rate with a p99 of at most 20 ms, and latency on the way there:
    pinload capacity -d kafka.yaml --goal 'end_to_end_intended p99 <= 20ms' workload.yaml
  Three answers that share their trials, within an hour:
    pinload capacity -d kafka.yaml --budget 1h --goal 'end_to_end_actual p99 <= 5ms' \\
      --goal 'end_to_end_actual p99 <= 20ms' --goal 'end_to_end_actual p99 <= 100ms' workload.yaml";

/// Arguments of `capacity`.
#[derive(Debug, Clone, Args)]
pub struct CapacityArgs {
    /// The workload, the driver, and how they are run.
    #[command(flatten)]
    pub run: RunArgs,

    /// Longest time for all of it; what is known by then is the answer
    #[arg(long, value_name = "TIME", value_parser = positive_duration, default_value = "30m", help_heading = "Search")]
    pub budget: Duration,

    /// How far apart the highest rate that held and the lowest that did not may be at the end
    #[arg(long, value_name = "PERCENT", value_parser = precision, default_value = "2%", help_heading = "Search")]
    pub precision: Precision,

    /// Length of the measurement in trials that decide; the first ones take a quarter of it
    #[arg(long, value_name = "TIME", value_parser = positive_duration, default_value = "40s", help_heading = "Search")]
    pub trial: Duration,

    /// Do not measure latency at 10, 25, 50, 75, 90 and 95 % of the answer
    #[arg(long, help_heading = "Search")]
    pub no_ladder: bool,
}

pub(super) const COMPARE_EXAMPLES: &str = "\
Examples:
  Two runs:
    pinload compare before.detail after.detail
  Two folders of repeats, in CI (exit code 11 when it holds):
    pinload compare --fail-if 'worse than 5 % in p99' main/ branch/";

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A result file, a folder of repeats (not those in folders below), or a bundle of one (campaign.tar.gz/runs/p001
    /// is the first point of a campaign's)
    #[arg(value_name = "BASE")]
    pub base: PathBuf,

    /// The same of what is compared with it
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    /// End with exit code 11 when this holds, or cannot be told (repeatable): 'worse than 5 % in p99', 'worse in
    /// publish_rate', 'worse'
    #[arg(long, value_name = "CONDITION", value_parser = FailIf::parse)]
    pub fail_if: Vec<FailIf>,

    /// Print all of it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Names of fields; without one all are listed
    #[arg(value_name = "FIELD")]
    pub fields: Vec<String>,
}

/// Arguments of `examples`.
#[derive(Debug, Args)]
pub struct ExamplesArgs {
    /// Which to print; without one all are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `raw`.
#[derive(Debug, Args)]
pub struct RawArgs {
    /// Files of raw samples, or folders of them (*.raw)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Counts and exact percentiles of each client and of all, as JSON, instead of lines
    #[arg(long, conflicts_with = "format")]
    pub summary: bool,

    /// How a line is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = RawFormat::Csv)]
    pub format: RawFormat,

    /// Only what came after this many seconds since the load began, as periods are cut
    #[arg(long, value_name = "SECONDS")]
    pub from: Option<u64>,

    /// Only what came before this many seconds since the load began, as periods are cut
    #[arg(long, value_name = "SECONDS")]
    pub to: Option<u64>,
}

/// `--format` of `raw`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RawFormat {
    /// Comma-separated values, with the names of the columns first
    Csv,
    /// One JSON object a line
    Json,
}

/// Arguments of `csv`.
#[derive(Debug, Args)]
pub struct CsvArgs {
    /// Folder of result files (*.json; not those in folders below it)
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// The Redpanda fork's 42 columns, and throughput, backlog and end-to-end latency, instead of OMB's 13
    #[arg(long)]
    pub wide: bool,

    /// The file to write; - for standard output [default: results-<seconds since 1970>.csv in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Template: a workload file in which seven keys are lists
    #[arg(short, long, value_name = "FILE")]
    pub template_file: PathBuf,

    /// Folder for the workload files; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    pub output_folder: PathBuf,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// CPUs that clients' loops will run on (2-5) [default: all that can be used]
    #[arg(long, value_name = "CPUS", value_parser = cpu_set)]
    pub cpus: Option<CpuSet>,

    /// Print facts and findings as JSON
    #[arg(long)]
    pub json: bool,

    /// Read DIR/proc and DIR/sys, copied from another machine, instead of this one's
    ///
    /// Files that are missing there are not known. What takes a running machine (do the TSCs of all CPUs agree?) is not
    /// checked.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}
