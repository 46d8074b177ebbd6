//! CPUs: which there are, which this process may use, which share a core, which are kept free of others.

use super::files::FilesBelow;
use crate::os::affinity::CpuSet;
use crate::os::topology::Topology;
use std::path::Path;

/// CPUs.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ProcessorFacts {
    /// Model of the CPUs.
    pub model_name: Option<String>,
    /// Version of the microcode.
    pub microcode: Option<String>,
    /// CPUs that are online.
    pub online_cpus: Option<CpuSet>,
    /// CPUs that pinload may use.
    pub allowed_cpus: Option<CpuSet>,
    /// Physical packages.
    #[schemars(extend("unit" = "sockets"))]
    pub sockets: Option<usize>,
    /// NUMA nodes with CPUs.
    #[schemars(extend("unit" = "nodes"))]
    pub numa_nodes: Option<usize>,
    /// Sets of CPUs that share a core, where it is more than one.
    pub smt_siblings: Vec<CpuSet>,
    /// CPUs kept out of scheduling (isolcpus).
    pub isolated_cpus: Option<CpuSet>,
    /// CPUs without a timer tick while one thread runs.
    pub nohz_full_cpus: Option<CpuSet>,
}

impl ProcessorFacts {
    pub(super) fn read(files: &FilesBelow, root: &Path, allowed: Option<&CpuSet>) -> Self {
        let topology = Topology::read(root).ok();
        let mut siblings: Vec<CpuSet> = Vec::new();
        for cpu in topology.iter().flat_map(|topology| &topology.cpus) {
            if cpu.siblings.len() > 1 && !siblings.contains(&cpu.siblings) {
                siblings.push(cpu.siblings.clone());
            }
        }
        let packages = |topology: &Topology| {
            let mut packages: Vec<_> = topology.cpus.iter().map(|cpu| cpu.package).collect();
            packages.sort_unstable();
            packages.dedup();
            packages.len()
        };
        let of_cpuinfo = |name: &str| {
            let text = files.text("proc/cpuinfo")?;
            let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            model_name: of_cpuinfo("model name"),
            microcode: of_cpuinfo("microcode"),
            online_cpus: topology.as_ref().map(Topology::online),
            allowed_cpus: allowed.cloned().or_else(|| allowed_by_status(&files.text("proc/self/status")?)),
            sockets: topology.as_ref().map(packages),
            numa_nodes: topology.as_ref().map(|topology| topology.nodes.len()),
            smt_siblings: siblings,
            isolated_cpus: files.cpus("sys/devices/system/cpu/isolated"),
            nohz_full_cpus: files.cpus("sys/devices/system/cpu/nohz_full"),
        }
    }

    /// CPUs that can be used: allowed and online, as far as either is known.
    pub fn usable(&self) -> CpuSet {
        match (&self.allowed_cpus, &self.online_cpus) {
            (Some(allowed), Some(online)) => allowed.intersection(online),
            (Some(cpus), None) | (None, Some(cpus)) => cpus.clone(),
            (None, None) => CpuSet::default(),
        }
    }
}

fn allowed_by_status(status: &str) -> Option<CpuSet> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    CpuSet::parse(list.trim()).ok()
}
