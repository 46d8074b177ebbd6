//! Where clients run: options that `run`, `plan` and `worker` have in common.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use super::choices::PlacementArg;
use crate::cli::cpu_list::CpuList;
use crate::cli::values::cpu_set;
use crate::os::affinity::CpuSet;
use crate::plan::placement::PlacementWishes;
use clap::Args;

/// Options of placement.
#[derive(Debug, Clone, Args)]
pub struct PlacementArgs {
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
    #[arg(id = "placement", long = "placement", value_name = "HOW", value_enum,
          default_value_t = PlacementArg::Auto, help_heading = "Placement")]
    pub policy: PlacementArg,
}

impl PlacementArgs {
    /// Was any CPU or node named?
    pub fn names_cpus(&self) -> bool {
        self.cpus.is_some() || self.io_cpus.is_some() || self.numa_node.is_some()
    }

    /// As `plan` wants them.
    pub fn wishes(&self) -> PlacementWishes {
        PlacementWishes {
            policy: self.policy.into(),
            cpus: self.cpus.as_ref().map(|cpus| cpus.0.clone()),
            io_cpus: self.io_cpus.clone(),
            numa_node: self.numa_node,
        }
    }
}
