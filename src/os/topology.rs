//! What CPUs, cores, caches and NUMA nodes the machine has, read from a root folder so that tests read fixture trees.
//!
//! The meaning of the files: the kernel's Documentation/admin-guide/cputopology.rst and
//! Documentation/ABI/testing/sysfs-devices-system-cpu.

use super::affinity::CpuSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One logical CPU that is online.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cpu {
    /// Its number.
    pub id: usize,
    /// Physical package (socket).
    pub package: usize,
    /// Core number, unique within its package.
    pub core: usize,
    /// CPUs that share this core, itself included.
    pub siblings: CpuSet,
    /// CPUs that share its last-level cache, itself included.
    pub last_level_cache: CpuSet,
    /// NUMA node.
    pub node: usize,
}

/// The machine as far as placement cares.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Topology {
    /// Online CPUs in ascending order.
    pub cpus: Vec<Cpu>,
    /// NUMA nodes that have online CPUs, ascending.
    pub nodes: Vec<usize>,
    /// CPU model name.
    pub model_name: String,
}

/// A file of /sys or /proc that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the machine's topology from {path}: {why}")]
pub struct TopologyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Topology {
    /// Reads `root/sys/devices/system/{cpu,node}` and `root/proc/cpuinfo`. Missing node, cache or core files
    /// (containers, small VMs) mean one node, one core per CPU; a missing cache means one cache per package.
    ///
    /// # Errors
    /// A file that is there and holds something else than it should, or no list of online CPUs anywhere.
    pub fn read(root: &Path) -> Result<Self, TopologyError> {
        let system = root.join("sys/devices/system");
        let cpuinfo_path = root.join("proc/cpuinfo");
        let cpuinfo = text(&cpuinfo_path).unwrap_or_default();
        let online = match list(&system.join("cpu/online"))? {
            Some(online) => online,
            None => values(&cpuinfo, "processor").filter_map(|id| id.parse().ok()).collect(),
        };
        if online.is_empty() {
            return Err(TopologyError { path: cpuinfo_path, why: "no processors are listed".to_owned() });
        }
        let nodes = nodes_of_cpus(&system.join("node"), &online)?;
        let mut cpus = Vec::with_capacity(online.len());
        for id in online.iter() {
            let folder = system.join(format!("cpu/cpu{id}"));
            let siblings = list(&folder.join("topology/thread_siblings_list"))?.unwrap_or_default();
            cpus.push(Cpu {
                id,
                package: number(&folder.join("topology/physical_package_id"))?.unwrap_or(0),
                core: number(&folder.join("topology/core_id"))?.unwrap_or(id),
                siblings: with_itself(id, &siblings, &online),
                last_level_cache: with_itself(id, &last_level_cache(&folder.join("cache"))?, &online),
                node: nodes.get(&id).copied().unwrap_or(0),
            });
        }
        assume_one_cache_per_package(&mut cpus);
        make_core_numbers_unique(&mut cpus);
        let nodes = cpus.iter().map(|cpu| cpu.node).collect::<BTreeSet<_>>().into_iter().collect();
        let model_name = values(&cpuinfo, "model name").next().unwrap_or("unknown").to_owned();
        Ok(Self { cpus, nodes, model_name })
    }
    /// The CPU with this number, when online.
    pub fn cpu(&self, id: usize) -> Option<&Cpu> {
        self.cpus.iter().find(|cpu| cpu.id == id)
    }
    /// All online CPUs.
    pub fn online(&self) -> CpuSet {
        self.cpus.iter().map(|cpu| cpu.id).collect()
    }
}

/// Which node each CPU belongs to; empty where the kernel knows no nodes.
fn nodes_of_cpus(folder: &Path, online: &CpuSet) -> Result<BTreeMap<usize, usize>, TopologyError> {
    let mut node_of = BTreeMap::new();
    // A node list has the form of a CPU list. Nodes may have memory only.
    for node in list(&folder.join("online"))?.unwrap_or_default().iter() {
        let cpus = list(&folder.join(format!("node{node}/cpulist")))?.unwrap_or_default();
        node_of.extend(cpus.intersection(online).iter().map(|cpu| (cpu, node)));
    }
    Ok(node_of)
}

/// The CPUs that share the highest cache level listed in this folder; empty when nothing is listed.
fn last_level_cache(folder: &Path) -> Result<CpuSet, TopologyError> {
    let mut best = (0, CpuSet::default());
    for index in (0..).map(|index| folder.join(format!("index{index}"))).take_while(|index| index.is_dir()) {
        let level = number(&index.join("level"))?.unwrap_or(0);
        if level > best.0
            && let Some(shared) = list(&index.join("shared_cpu_list"))?
        {
            best = (level, shared);
        }
    }
    Ok(best.1)
}

/// Lists may name CPUs that are offline, and may be missing: a CPU always shares with itself.
fn with_itself(id: usize, listed: &CpuSet, online: &CpuSet) -> CpuSet {
    let mut set = listed.intersection(online);
    set.0.insert(id);
    set
}

/// When no CPU is told to share a cache with any that is not on its core, the kernel has not listed the last level (VMs
/// often hide it): the usual truth is one per package.
fn assume_one_cache_per_package(cpus: &mut [Cpu]) {
    if cpus.iter().any(|cpu| !cpu.last_level_cache.difference(&cpu.siblings).is_empty()) {
        return;
    }
    let mut packages: BTreeMap<usize, CpuSet> = BTreeMap::new();
    for cpu in cpus.iter() {
        packages.entry(cpu.package).or_default().0.insert(cpu.id);
    }
    for cpu in cpus {
        cpu.last_level_cache = packages[&cpu.package].clone();
    }
}

/// `core_id` repeats on packages of several dies: such numbers give way to the number of the core's first CPU.
fn make_core_numbers_unique(cpus: &mut [Cpu]) {
    let first_sibling = |cpu: &Cpu| cpu.siblings.iter().next().unwrap_or(cpu.id);
    let mut cores: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
    for cpu in cpus.iter() {
        cores.entry((cpu.package, cpu.core)).or_default().insert(first_sibling(cpu));
    }
    if cores.values().any(|firsts| firsts.len() > 1) {
        for cpu in cpus {
            cpu.core = first_sibling(cpu);
        }
    }
}

/// Values of a key in /proc/cpuinfo, one per CPU.
fn values<'a>(cpuinfo: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(move |(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}

/// A file's text; a file that cannot be read (containers hide some) counts as missing.
fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn list(path: &Path) -> Result<Option<CpuSet>, TopologyError> {
    let refuse =
        |error: super::affinity::AffinityError| TopologyError { path: path.to_owned(), why: error.to_string() };
    text(path).map(|text| CpuSet::parse(&text)).transpose().map_err(refuse)
}

/// A number; the kernel writes -1 where it does not know, which counts as missing.
fn number(path: &Path) -> Result<Option<usize>, TopologyError> {
    let Some(text) = text(path) else { return Ok(None) };
    match text.trim().parse::<i64>() {
        Ok(value) => Ok(usize::try_from(value).ok()),
        Err(_) => Err(TopologyError { path: path.to_owned(), why: format!("{:?} is not a number", text.trim()) }),
    }
}

#[cfg(test)]
mod tests;
