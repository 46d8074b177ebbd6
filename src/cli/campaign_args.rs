//! Arguments of `campaign` and `bundle`.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use clap::Args;
use std::path::PathBuf;

pub(super) const CAMPAIGN_EXAMPLES: &str = "\
Examples:
  What would run, in which order, and for how long:
    pinload campaign --dry-run sweep.yaml
  All of it, into a folder of its own:
    pinload campaign sweep.yaml
  On after an interruption; finished runs are not made again:
    pinload campaign --resume campaign-sweep-2026-11-28-10-00-00
with a file such as
  workload: workload.yaml
  driver: kafka.yaml
  settings:
    --duration: 30s
    --warmup: 10s
  dimensions:
    - producer.linger.ms: [0, 5, 20]
    - common.acks: [1, all]
  repeats: 3

The exit code is that of the first run that did not end with 0, as of `pinload run`; 130 and 143: interrupted,
--resume goes on.";

/// Arguments of `campaign`.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// The campaign: base, dimensions, repeats (docs/campaigns.md)
    #[arg(value_name = "CAMPAIGN.yaml", required_unless_present = "resume")]
    pub file: Option<PathBuf>,

    /// Show all points, the order of the runs and the time; run nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Go on with the campaign of this folder: what has not run yet, and what failed
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    pub resume: Option<PathBuf>,

    /// Where the folder of the campaign is made
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "resume")]
    pub output_dir: PathBuf,
}

pub(super) const BUNDLE_EXAMPLES: &str = "\
Example:
  pinload bundle campaign-sweep-2026-11-28-10-00-00

Exit code 3: the folder cannot be read, or its files are not what its SHA256SUMS says.";

/// Arguments of `bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// A folder of results, as of `pinload campaign`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// The file to write [default: <folder>.tar.gz in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
