//! Arguments of `worker`.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use super::choices::ColorWhen;
use super::placement::PlacementArgs;
use crate::cli::values::positive_duration;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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

    /// Where clients run.
    #[command(flatten)]
    pub placement: PlacementArgs,

    /// Colours on the terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub color: ColorWhen,
}
