//! Arguments as typed, and their help. `parse.rs` reads them, `options.rs` turns them into what `plan` decides with.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use super::bench_loop::BenchLoopArgs;
use super::campaign_args::{BUNDLE_EXAMPLES, BundleArgs, CAMPAIGN_EXAMPLES, CampaignArgs};
use super::cpu_list::CpuList;
use super::start_args::StartArgs;
use super::tool_args::{
    CALIBRATE_EXAMPLES, CAPACITY_EXAMPLES, COMPARE_EXAMPLES, CSV_EXAMPLES, CalibrateArgs, CapacityArgs, CompareArgs,
    CsvArgs, DOCTOR_EXAMPLES, DoctorArgs, ExamplesArgs, ExplainArgs, GENERATE_EXAMPLES, GenerateArgs, RAW_EXAMPLES,
    REPORT_EXAMPLES, RawArgs, ReportArgs,
};
use super::values::{
    FloorArg, RequiredLevel, cpu_set, floor, late_policy, positive_duration, required_level, socket_address,
};
use crate::os::affinity::CpuSet;
use crate::plan::goal::Goal;
use crate::plan::thresholds::parse_threshold;
use crate::plan::{LatePolicy, Threshold};
use crate::units::{Rate, parse_duration, parse_rate};
use crate::worker::scrape::{KeepPattern, ScrapeTarget};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

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

/// Arguments of `run` and `plan`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Workload files, run in the order of their names [default: pinload examples simple-workload]
    #[arg(value_name = "WORKLOAD.yaml")]
    pub workloads: Vec<PathBuf>,

    /// Driver files: a comma list, or repeated; each workload runs on each
    #[arg(short, long, value_name = "FILE", value_delimiter = ',')]
    pub drivers: Vec<PathBuf>,

    /// Use the built-in broker instead of a driver file; nothing needs to be installed
    ///
    /// It is librdkafka's mock cluster in a helper process, reached over TCP on this host. It keeps little and
    /// persists nothing: good for a first run and for tests, no measure of Kafka.
    #[arg(long, conflicts_with = "drivers")]
    pub embedded: bool,

    /// Arguments that stand for files.
    #[command(flatten)]
    pub start: StartArgs,

    /// What clients are made of, instead of `client` in the driver file [default: librdkafka]
    ///
    /// librdkafka  Kafka's C client library: what a client sees;
    /// wire        Kafka's protocol written by pinload itself: what the broker can do (docs/wire-driver.md).
    #[arg(long, value_name = "WHAT", value_enum, verbatim_doc_comment)]
    pub client: Option<ClientArg>,

    /// Existing topics to use instead of new ones (a comma list); they are never deleted
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub topics: Vec<String>,

    /// Do not delete the topics that this run made
    #[arg(long)]
    pub keep_topics: bool,

    /// What to do about keys in the files that nobody knows
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = UnknownKeys::Error)]
    pub unknown_keys: UnknownKeys,

    /// Length of the measurement, instead of testDurationMinutes (30s, 5m, 1h30m)
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load")]
    pub duration: Option<Duration>,

    /// Length of the warm-up, instead of warmupDurationMinutes; 0s for none
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Load")]
    pub warmup: Option<Duration>,

    /// Messages per second, instead of producerRate (20000, 50k, 1.5M, unlimited)
    #[arg(long, value_name = "RATE", value_parser = parse_rate, help_heading = "Load")]
    pub rate: Option<Rate>,

    /// Whose rate it is: each producer's, or of all together
    ///
    /// Without this the driver file decides: OMB's Java driverClass means the total, the Python guide's and --embedded
    /// mean each producer.
    #[arg(long, value_name = "SCOPE", value_enum, help_heading = "Load")]
    pub rate_scope: Option<RateScopeArg>,

    /// What a producer does when it is late: bounded[:N], catch-up, skip, shift [default: bounded:2]
    ///
    /// bounded[:N]  catches up at no more than N times the rate (2 when not given);
    /// catch-up     catches up as fast as it can, as OMB does;
    /// skip         leaves out what is late by more than one interval, and counts it;
    /// shift        moves the rest of the schedule back, and counts what is lost by it.
    ///
    /// With the first two every message keeps its intended time, so that delays
    /// show in the latencies. The last two hide load that was never offered, and
    /// the result says so.
    #[arg(long, value_name = "POLICY", value_parser = late_policy, verbatim_doc_comment, help_heading = "Load")]
    pub late_policy: Option<LatePolicy>,

    /// Send OMB's payloads byte for byte, without pinload's stamp of 48 bytes at the start
    ///
    /// End-to-end latencies then come from the record's CreateTime (whole ms), and messages are not accounted for one
    /// by one.
    #[arg(long, help_heading = "Load")]
    pub no_stamp: bool,

    /// How long to wait for a broker's first answer [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load")]
    pub connect_timeout: Option<Duration>,

    /// How long creating all topics may take, and deleting them [default: 60s, and 1s more for each 50 topics or
    /// partitions]
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load")]
    pub topics_timeout: Option<Duration>,

    /// How long to wait until every consumer has its partitions and probes have come through [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load")]
    pub ready_timeout: Option<Duration>,

    /// How long a broker may answer nobody in the middle of the load before the run ends with what there is [default:
    /// 30s]
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load")]
    pub unreachable_timeout: Option<Duration>,

    /// CPUs of the clients' own loops, dealt in this order: producers first (2,3,8-11)
    #[arg(long, value_name = "CPUS", help_heading = "Placement")]
    pub cpus: Option<CpuList>,

    /// CPUs of librdkafka's threads (8-11)
    #[arg(long, value_name = "CPUS", value_parser = cpu_set, help_heading = "Placement")]
    pub io_cpus: Option<CpuSet>,

    /// Only CPUs and memory of this NUMA node
    #[arg(long, value_name = "NODE", help_heading = "Placement")]
    pub numa_node: Option<usize>,

    /// How CPUs are dealt to clients
    #[arg(long, value_name = "HOW", value_enum, default_value_t = PlacementArg::Auto, help_heading = "Placement")]
    pub placement: PlacementArg,

    /// End with exit code 8 when a run's verdict is not VALID, or its latencies are the broker's not as far as LEVEL
    ///
    /// Levels are p50, p75, p90, p95, p99, p99.9, p99.99 and max: --require-valid=p99 asks for latencies of which the
    /// generator can have added no more than 5 % (--threshold own-share=0.05) to any percentile up to p99.
    #[arg(long, value_name = "LEVEL", value_parser = required_level, num_args = 0..=1, require_equals = true,
          default_missing_value = "valid", help_heading = "Verdict")]
    pub require_valid: Option<RequiredLevel>,

    /// Judge by another value than the default (repeatable); docs/verdict.md lists names and meanings
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_threshold, help_heading = "Verdict")]
    pub threshold: Vec<(Threshold, f64)>,

    /// What the run shall reach, beside the workload's goals (repeatable): exit code 9 when it does not
    ///
    /// A figure of the detail file, a comparison, a bound, and windows if wanted: 'end_to_end_intended p99 <= 20ms in
    /// 99 % of 10s windows', 'publish_rate >= 0.99 target', 'lost == 0'. Nothing is met by figures of an INVALID run.
    /// docs/questions.md has the grammar.
    #[arg(long, value_name = "GOAL", value_parser = Goal::parse, help_heading = "Verdict")]
    pub goal: Vec<Goal>,

    /// Write how the runs ended and what became of each goal to this file, as JUnit's XML
    #[arg(long, value_name = "FILE", help_heading = "Verdict")]
    pub junit: Option<PathBuf>,

    /// Put this calibration beside the result instead of the stored one; none: no calibration
    #[arg(long, value_name = "FILE|none", value_parser = floor, help_heading = "Verdict")]
    pub floor: Option<FloorArg>,

    /// Put the results of a folder into a CSV table and do nothing else, as `pinload csv`
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub csv: Option<PathBuf>,

    /// Write OMB's result to this file instead of <workload>-<driver>-<time>.json; one run only
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Folder for the result files
    #[arg(long, value_name = "DIR", default_value = ".", help_heading = "Output")]
    pub output_dir: PathBuf,

    /// Write no page (.html) for people beside the results
    ///
    /// `pinload report` makes one later from the detail file.
    #[arg(long, help_heading = "Output")]
    pub no_report: bool,

    /// Write HdrHistogram's log (.hlog) of the measurement beside the results: every latency, second by second
    ///
    /// With workers on other hosts a line for each period instead.
    #[arg(long, help_heading = "Output")]
    pub hlog: bool,

    /// Record every sample: each client writes a file of its own into this folder, for `pinload raw`
    ///
    /// 56 bytes a message for its producer and for each subscription. Clients write them in their own loops, which
    /// disturbs what they measure; the result says so. On workers: `pinload worker --record-raw`.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub record_raw: Option<PathBuf>,

    /// Workers on other hosts that run the clients (a comma list of http://host:port)
    ///
    /// Each is a `pinload worker`. The first half produces, the others consume; one alone does both.
    #[arg(
        short,
        long,
        value_name = "URLS",
        value_delimiter = ',',
        conflicts_with = "embedded",
        help_heading = "Workers"
    )]
    pub workers: Vec<String>,

    /// A YAML file with the list `workers` of such addresses (OMB's short form is -wf)
    #[arg(long, value_name = "FILE", conflicts_with = "embedded", help_heading = "Workers")]
    pub workers_file: Option<PathBuf>,

    /// More workers consume and fewer produce, for workloads that build a backlog
    #[arg(short = 'x', long, help_heading = "Workers")]
    pub extra: bool,

    /// A file with the token that the workers want to be shown
    #[arg(long, value_name = "FILE", help_heading = "Workers")]
    pub token_file: Option<PathBuf>,

    /// Serve Prometheus metrics while the run goes on, at http://HOST:PORT/metrics (port 0: any free one)
    ///
    /// Not together with --workers: each worker has a metrics page of its own.
    #[arg(long, value_name = "HOST:PORT", value_parser = socket_address, help_heading = "Output")]
    pub metrics_addr: Option<std::net::SocketAddr>,

    /// Read this page of Prometheus metrics beside the run, every 5 s, and draw it under the run's figures (repeatable)
    ///
    /// Pages of brokers (Kafka's JMX exporter, Redpanda) and of their hosts (node exporter):
    /// broker-1=http://10.0.0.1:7071/metrics. It is read
    /// by the supervisor; a page that cannot be read is told, and no run ends for it.
    #[arg(long, value_name = "NAME=URL", value_parser = ScrapeTarget::parse, help_heading = "Output")]
    pub scrape: Vec<ScrapeTarget>,

    /// Series of such pages to keep, instead of the defaults (repeatable): a name, `*` standing for anything
    ///
    /// 'kafka_server_*', 'node_cpu_seconds_total{*mode="idle"*}'. The defaults are CPU, disk, network, request
    /// queues and replication as
    /// Kafka, Redpanda and the node exporter call them; docs/report.md lists them.
    #[arg(
        long,
        value_name = "PATTERN",
        value_parser = KeepPattern::parse,
        requires = "scrape",
        help_heading = "Output",
    )]
    pub scrape_keep: Vec<KeepPattern>,

    /// What standard output carries: rows for people, OMB's lines, or JSON
    ///
    /// rows  one aligned row for each period, and a screen at the end;
    /// omb   the lines that OMB logs, byte for byte, for scripts that read them;
    /// json  one object a line for each period and one at the end (docs/files.md).
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t = ConsoleForm::Rows,
        verbatim_doc_comment,
        help_heading = "Output",
    )]
    pub console: ConsoleForm,

    /// Show the run over the whole terminal while it goes on
    ///
    /// Rates, backlog and latencies over time, each client, errors. Keys: p pauses the view, s sorts, q leaves it
    /// without ending the run, e ends the run. It draws on standard error; what goes to standard output is the same as
    /// without it.
    #[arg(long, conflicts_with_all = ["quiet", "verbose"], help_heading = "Output")]
    pub tui: bool,

    /// Only errors, warnings, the screen at the end and the names of the files
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,

    /// Also the whole plan and every step
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,

    /// No live line
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,

    /// Colours on the terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub color: ColorWhen,
}

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Port for the calls of coordinators; 0 for any free one
    #[arg(short, long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// Port for the metrics page, /metrics (OMB's short form is -sp); 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    pub stats_port: u16,

    /// Address of both ports; other than this host's own loopback only with --token-file or --insecure
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", help_heading = "Security")]
    pub bind: std::net::IpAddr,

    /// A file with a token that every caller must show
    #[arg(long, value_name = "FILE", conflicts_with = "insecure", help_heading = "Security")]
    pub token_file: Option<PathBuf>,

    /// Anybody who reaches the port may use this worker (OMB's coordinators know no token)
    #[arg(long, help_heading = "Security")]
    pub insecure: bool,

    /// Largest request in MiB: OMB's coordinators send all payloads in one
    #[arg(long, value_name = "MIB", default_value_t = 256, help_heading = "Security")]
    pub max_request: usize,

    /// Most connections at a time
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Security",
    )]
    pub max_connections: u32,

    /// Under OMB's protocol send the coordinator's payloads byte for byte
    ///
    /// Without it their first 48 bytes are pinload's stamp, so that a pinload worker which receives them knows when
    /// they were sent. No part of OMB reads them.
    #[arg(long)]
    pub no_stamp: bool,

    /// End a run whose coordinator has not called for so long
    #[arg(long, value_name = "TIME", value_parser = positive_duration, default_value = "60s")]
    pub lease: Duration,

    /// Delete the topics that an OMB coordinator had made here, which OMB itself leaves behind
    #[arg(long)]
    pub delete_topics: bool,

    /// Record every sample of every run: each client writes a file of its own into this folder, for `pinload raw`
    #[arg(long, value_name = "DIR")]
    pub record_raw: Option<PathBuf>,

    /// CPUs of the clients' own loops, dealt in this order (2,3,8-11)
    #[arg(long, value_name = "CPUS", help_heading = "Placement")]
    pub cpus: Option<CpuList>,

    /// CPUs of librdkafka's threads (8-11)
    #[arg(long, value_name = "CPUS", value_parser = cpu_set, help_heading = "Placement")]
    pub io_cpus: Option<CpuSet>,

    /// Only CPUs and memory of this NUMA node
    #[arg(long, value_name = "NODE", help_heading = "Placement")]
    pub numa_node: Option<usize>,

    /// How CPUs are dealt to clients
    #[arg(long, value_name = "HOW", value_enum, default_value_t = PlacementArg::Auto, help_heading = "Placement")]
    pub placement: PlacementArg,

    /// Colours on the terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub color: ColorWhen,
}

/// `--client`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientArg {
    /// Kafka's C client library
    Librdkafka,
    /// Kafka's protocol written by pinload itself
    Wire,
}

/// `--unknown-keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownKeys {
    /// Refuse the file
    Error,
    /// Warn and go on
    Warn,
}

/// `--rate-scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateScopeArg {
    /// Each producer sends at this rate
    PerProducer,
    /// All producers together send at this rate
    Total,
}

/// `--placement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlacementArg {
    /// As spread; without a schedule nobody is pinned to a CPU that others need too
    Auto,
    /// Distinct cores first, nodes in turn
    Spread,
    /// Fill one node before the next
    Compact,
    /// Pin nothing
    None,
}

/// `--console`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsoleForm {
    /// For people
    Rows,
    /// OMB's lines
    Omb,
    /// For programs
    Json,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
