//! Arguments as typed, and their help. `parse.rs` reads them, `options.rs` turns them into what `plan` decides with.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

mod choices;
mod placement;
mod run;
mod worker;

pub use choices::{ClientArg, ColorWhen, ConsoleForm, PlacementArg, RateScopeArg, UnknownKeys};
pub use run::RunArgs;
pub use worker::WorkerArgs;

use super::bench_loop::BenchLoopArgs;
use super::campaign_args::{BUNDLE_EXAMPLES, BundleArgs, CAMPAIGN_EXAMPLES, CampaignArgs};
use super::tool_args::{
    CALIBRATE_EXAMPLES, CAPACITY_EXAMPLES, COMPARE_EXAMPLES, CSV_EXAMPLES, CalibrateArgs, CapacityArgs, CompareArgs,
    CsvArgs, DOCTOR_EXAMPLES, DoctorArgs, ExamplesArgs, ExplainArgs, GENERATE_EXAMPLES, GenerateArgs, RAW_EXAMPLES,
    REPORT_EXAMPLES, RawArgs, ReportArgs,
};
use clap::{Parser, Subcommand};

/// Load generator for Apache Kafka: every client is a process of its own, pinned to its own CPU.
///
/// It reads the workload and driver files of the OpenMessaging Benchmark (OMB), sends and receives as they say, and
/// writes OMB's result file plus a detail file with everything else it measured: latencies from the intended and from
/// the actual send time, and an exact account of every message.
#[derive(Debug, Parser)]
#[command(name = "pinload", version, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Without a command, options and files mean `run`, as OMB users write it:\n  \
    pinload -d driver.yaml workload.yaml\n\n\
    `pinload run --help` explains the options and shows examples.")]
pub struct Pinload {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run each workload on each driver and write the results
    #[command(after_help = RUN_EXAMPLES, after_long_help = format!("{RUN_EXAMPLES}\n\n{RUN_NOTES}"))]
    Run(Box<RunArgs>),
    /// List the workload and driver files that pinload carries, or print one
    #[command(after_help = "Example:\n  pinload examples kafka-driver > kafka.yaml")]
    Examples(ExamplesArgs),
    /// Show what `run` would do with the same arguments, and why; run nothing
    ///
    /// Prints topics, clients, the CPUs each client gets, rates, and what becomes of each client property.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Box<RunArgs>),
    /// Run clients for a coordinator on another host, which drives this worker over HTTP
    ///
    /// It serves `pinload run --workers` as well as coordinators of OMB, until it is ended with Ctrl-C.
    #[command(after_help = WORKER_EXAMPLES)]
    Worker(Box<WorkerArgs>),
    /// Put the figures of many result files into one CSV table
    ///
    /// Reads the result files of pinload, of OMB and of its Redpanda and AutoMQ forks. Rates in OMB's columns are
    /// rounded to one digit, as OMB does.
    #[command(after_help = CSV_EXAMPLES)]
    Csv(CsvArgs),
    /// Make one HTML page of results, of one run or of several overlaid
    ///
    /// Reads detail files of pinload and results of OMB and its forks. The page needs no network and no other file.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Find the highest rate at which goals hold, and latency on the way there
    ///
    /// Runs the workload at one rate after another, each a run of its own. The options of `run` hold for every trial.
    #[command(after_help = CAPACITY_EXAMPLES)]
    Capacity(Box<CapacityArgs>),
    /// Run many points: a workload and a driver under settings that vary, each several times, in a folder that stands
    /// for itself
    ///
    /// Each run is a run of its own; one that fails does not stop the rest. Results are a table (CSV, Markdown, JSON)
    /// with intervals over repeats and a page with figures over dimensions. docs/campaigns.md describes the file.
    #[command(after_help = CAMPAIGN_EXAMPLES)]
    Campaign(CampaignArgs),
    /// Pack a folder of results into one file with checksums, without secrets
    #[command(after_help = BUNDLE_EXAMPLES)]
    Bundle(BundleArgs),
    /// Compare two results, or two folders of repeats: is the new one better, and how sure is that
    ///
    /// For each figure the difference, its interval of 95 % and a verdict in words; what was not the same besides comes
    /// first. Reads pinload's and OMB's results. docs/questions.md says what the statistics mean.
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// Make a workload file for each combination of a template's lists
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(GenerateArgs),
    /// Look at this machine: what about it would disturb a measurement, and how to change it
    ///
    /// Clock, CPUs and who else uses them, memory, limits, network, kernel, virtual machine. It starts and changes
    /// nothing, needs no rights, and ends with 0 whatever it finds. What the system does not tell is said to be not
    /// known.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Measure what this machine and build can do without a broker, and store it for later runs
    ///
    /// Speed of the clients' loops, pacing error, cost of the clock, gaps on each CPU, latencies through the embedded
    /// broker. Runs put the stored figures beside their own and warn where these are near. Measure when nothing else
    /// runs.
    #[command(after_help = CALIBRATE_EXAMPLES)]
    Calibrate(CalibrateArgs),
    /// Print the JSON Schema of the detail file
    #[command(after_help = "Example:\n  pinload schema > detail.schema.json")]
    Schema,
    /// Print raw samples of `run --record-raw`, one a line, or sum them up
    #[command(after_help = RAW_EXAMPLES)]
    Raw(RawArgs),
    /// Explain fields of the detail file: meaning, unit, source, error, and how that was checked
    #[command(after_help = "Example:\n  pinload explain p99_9_ns publish_delay")]
    Explain(ExplainArgs),
    /// Measure what the clients' own loops cost
    #[command(hide = true)]
    BenchLoop(Box<BenchLoopArgs>),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  pinload completions bash > ~/.local/share/bash-completion/completions/pinload")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

const WORKER_EXAMPLES: &str = "\
Examples:
  For a coordinator on this host, or at the other end of an SSH tunnel:
    pinload worker
  For coordinators on other hosts that know the token:
    pinload worker --bind 0.0.0.0 --token-file token.txt";

const RUN_EXAMPLES: &str = "\
Examples:
  A first run, with nothing installed:
    pinload run --embedded
  On a Kafka, without any file; --save DIR writes the files that this means:
    pinload run --bootstrap localhost:9092 --producers 4 --size 1KiB --rate 50k --duration 5m --property acks=1
  One workload on a cluster, at 50,000 msg/s in total:
    pinload run -d kafka.yaml --rate 50k --rate-scope total workload.yaml
  Two workloads on two drivers, four runs:
    pinload run -d kafka.yaml,tuned.yaml small.yaml large.yaml
  Clients on CPUs 2 to 5, librdkafka's threads on 8 to 11:
    pinload run -d kafka.yaml --cpus 2-5 --io-cpus 8-11 workload.yaml";

const RUN_NOTES: &str = "\
Results go to standard output and to files, everything else to standard error. Ctrl-C stops sending,
flushes, and writes what was measured; a second Ctrl-C ends at once.

Exit codes:
  0    all runs completed
  1    a run failed for another reason than those below, such as a wait that reached its limit
  2    the command line is wrong
  3    a configuration file, or what it asks for, is refused
  4    the broker (or a worker) cannot be reached, or refused the authentication or the topics
  5    a client process or a worker died: the result is invalid
  6    the results could not be written
  7    the machine refused: shared memory, processes, ports
  8    with --require-valid: a run completed, and its verdict is not VALID, or its latencies are the broker's not as \
far as asked
  9    a run completed, and a goal of it was missed, or nobody can tell whether it was met
  10   the system under test failed: messages failed, are unknown, lost, duplicated or corrupt, or the broker was gone
  130  ended by Ctrl-C
  143  ended by SIGTERM or SIGHUP
Of several runs the first failure's code counts; one failed run does not stop the next.";

const PLAN_EXAMPLES: &str = "\
Examples:
  What would run, and where:
    pinload plan -d kafka.yaml workload.yaml
  The same inside a CPU set of your own:
    taskset -c 0-7 pinload plan -d kafka.yaml workload.yaml";
