//! Arguments of the tools that start nothing: `csv` and `generate`.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use clap::Args;
use std::path::PathBuf;

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
