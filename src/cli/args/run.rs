//! Arguments of `run` and `plan`.
//!
//! Over 250 lines: a table, an entry for each option.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use super::choices::{ClientArg, ColorWhen, ConsoleForm, RateScopeArg, UnknownKeys};
use super::placement::PlacementArgs;
use crate::cli::start_args::StartArgs;
use crate::cli::values::{
    FloorArg, RequiredLevel, floor, late_policy, positive_duration, required_level, socket_address,
};
use crate::plan::goal::Goal;
use crate::plan::thresholds::parse_threshold;
use crate::plan::{LatePolicy, Threshold};
use crate::units::{Rate, parse_duration, parse_rate};
use crate::worker::scrape::{KeepPattern, ScrapeTarget};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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

    /// Where clients run.
    #[command(flatten)]
    pub placement: PlacementArgs,

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
