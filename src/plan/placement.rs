//! Which CPU each hot loop gets, which CPUs librdkafka's threads get, which memory. Pure: a function of topology, the
//! inherited mask and policy, and the user's wishes.
//!
//! Over 250 lines: one algorithm, in the order of its decisions.

use crate::caveat::Caveat;
use crate::os::affinity::CpuSet;
use crate::os::memory_policy::MemoryPolicy;
use crate::os::topology::Topology;

mod deal;
mod io_threads;
mod notes;

/// How CPUs are dealt out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementPolicy {
    /// As `Spread`, but in a load without a schedule a client whose hot CPU others need too is not pinned to it: it may
    /// use all CPUs of its node that are nobody's own. A pinned loop would wait for its CPU while another is free. (On
    /// a schedule pinned loops on shared CPUs did as well or better in tails.)
    #[default]
    Auto,
    /// Distinct physical cores first, clients kept together with their I/O CPUs on one node, nodes filled in turn.
    Spread,
    /// Fill one node (and its cores) before the next.
    Compact,
    /// No pinning at all; memory policy as inherited.
    None,
}

/// What the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementWishes {
    /// How to deal.
    pub policy: PlacementPolicy,
    /// Hot CPUs, in the order they are to be dealt (`--cpus`); a subset of the inherited mask.
    pub cpus: Option<Vec<usize>>,
    /// CPUs for librdkafka's threads (`--io-cpus`).
    pub io_cpus: Option<CpuSet>,
    /// Only this node (`--numa-node`).
    pub numa_node: Option<usize>,
}

/// One client's place.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClientPlacement {
    /// CPU of the hot loop; null: not pinned, or not seen.
    #[schemars(extend("unit" = "CPU number"))]
    pub hot_cpu: Option<usize>,
    /// CPUs of the client library's threads.
    ///
    /// CPUs of librdkafka's threads (and of everything before the hot loop is pinned).
    pub io_cpus: CpuSet,
    /// True: others run on this CPU too, so pacing sleeps before it spins.
    pub hot_cpu_shared: bool,
    /// NUMA memory policy that was set; null: inherited.
    pub memory_policy: Option<MemoryPolicy>,
    /// Node of the hot CPU.
    #[schemars(extend("unit" = "NUMA node"))]
    pub node: Option<usize>,
    /// Where the wire driver's I/O thread runs; absent: there is none, the hot loop does its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_thread: Option<IoThreadCpu>,
}

/// The CPU of an I/O thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct IoThreadCpu {
    /// CPU of the I/O thread.
    #[schemars(extend("unit" = "CPU number"))]
    pub cpu: usize,
    /// True: the supervisor or a broker of this host needs it too, so the thread naps when it has nothing to do.
    pub shared: bool,
}

/// Everybody's place.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Placement {
    /// Late policy, placement policy.
    pub policy: PlacementPolicy,
    /// CPUs the program was allowed to use.
    pub allowed: CpuSet,
    /// CPUs of the supervisor.
    pub supervisor: CpuSet,
    /// Their places, in the order of the plan's clients.
    pub clients: Vec<ClientPlacement>,
    /// True: hot CPUs are shared.
    pub oversubscribed: bool,
    /// What was decided and why.
    ///
    /// One sentence each: what was decided and why (the supervisor's CPU, shared CPUs, an inherited memory policy kept,
    /// …).
    pub notes: Vec<Caveat>,
}

/// A wish that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// A CPU outside the inherited mask, or offline.
    #[error("{option}: CPU {cpu} cannot be used: {why}")]
    Cpu {
        /// Which option named it.
        option: &'static str,
        /// The CPU.
        cpu: usize,
        /// Why not.
        why: String,
    },
    /// A node without usable CPUs.
    #[error("--numa-node {node}: {why}")]
    Node {
        /// The node.
        node: usize,
        /// Why not.
        why: String,
    },
}

/// CPUs beside the hot ones that brokers on this host need: with fewer they run on those too.
const BROKER_CPUS: usize = 2;

/// Deals CPUs to `producers` + `consumers` clients (in that order). `unscheduled_beside`: the load has no schedule, and
/// these CPUs are those that the run's brokers on this host may use (none, if they are elsewhere).
///
/// # Errors
/// A wish that names CPUs or nodes that cannot be used.
pub fn place(
    topology: &Topology,
    allowed: &CpuSet,
    inherited_policy: &MemoryPolicy,
    wishes: &PlacementWishes,
    producers: u32,
    consumers: u32,
    unscheduled_beside: Option<&CpuSet>,
) -> Result<Placement, PlacementError> {
    let usable = usable(topology, allowed, wishes)?;
    let clients = usize::try_from(u64::from(producers) + u64::from(consumers)).unwrap_or(usize::MAX);
    let mut notes = notes::of_the_frame(topology, allowed, &usable, inherited_policy, wishes);
    if wishes.policy == PlacementPolicy::None {
        return Ok(unpinned(allowed, &usable, clients, notes));
    }
    let shares = share(topology, &usable, wishes, clients);
    let prefer_own_node = topology.nodes.len() > 1 && *inherited_policy == MemoryPolicy::Default;
    let mut placed: Vec<ClientPlacement> = (0..clients)
        .map(|index| {
            let hot_cpu = shares.hot[index % shares.hot.len()];
            let node = topology.cpu(hot_cpu).map(|cpu| cpu.node);
            ClientPlacement {
                hot_cpu: Some(hot_cpu),
                io_cpus: shares.io_cpus_of(topology, hot_cpu),
                hot_cpu_shared: false,
                memory_policy: node.filter(|_| prefer_own_node).map(MemoryPolicy::Preferred),
                node,
                io_thread: None,
            }
        })
        .collect();
    let nobody = CpuSet::default();
    let hot_cpus_with_company = company(&placed, unscheduled_beside.unwrap_or(&nobody));
    for client in &mut placed {
        client.hot_cpu_shared = client.hot_cpu.is_some_and(|cpu| hot_cpus_with_company.contains(cpu));
    }
    // Who names CPUs means them.
    let names_cpus = wishes.cpus.is_some() || wishes.io_cpus.is_some();
    if wishes.policy == PlacementPolicy::Auto && unscheduled_beside.is_some() && !names_cpus {
        set_free(topology, &usable, &mut placed);
    }
    let placement = Placement {
        policy: wishes.policy,
        allowed: allowed.clone(),
        supervisor: shares.supervisor,
        oversubscribed: placed.iter().any(|client| client.hot_cpu_shared),
        clients: placed,
        notes: Vec::new(),
    };
    notes.extend(notes::of_the_deal(topology, &placement, unscheduled_beside.unwrap_or(&nobody)));
    Ok(Placement { notes, ..placement })
}

/// What may be used at all: inherited and online, and on the node wished for; the other wishes must lie within it.
fn usable(topology: &Topology, allowed: &CpuSet, wishes: &PlacementWishes) -> Result<CpuSet, PlacementError> {
    let mut usable = allowed.intersection(&topology.online());
    if let Some(node) = wishes.numa_node {
        let refuse = |why: &str| Err(PlacementError::Node { node, why: why.to_owned() });
        if !topology.nodes.contains(&node) {
            let nodes: CpuSet = topology.nodes.iter().copied().collect();
            let word = if topology.nodes.len() == 1 { "node" } else { "nodes" };
            return refuse(&format!("no such node with CPUs; this machine has {word} {nodes}"));
        }
        usable = deal::on_node(topology, &usable, node).map(|cpu| cpu.id).collect();
        if usable.is_empty() {
            return refuse(&format!("none of its CPUs is among those this process may use ({allowed})"));
        }
    }
    let hot = wishes.cpus.iter().flatten().map(|&cpu| ("--cpus", cpu));
    let io = wishes.io_cpus.iter().flat_map(CpuSet::iter).map(|cpu| ("--io-cpus", cpu));
    for (option, cpu) in hot.chain(io) {
        let why = if wishes.policy == PlacementPolicy::None {
            "--placement none pins nothing; leave one of the two out".to_owned()
        } else if topology.cpu(cpu).is_none() {
            format!("it is not online; online are {}", topology.online())
        } else if !allowed.contains(cpu) {
            format!("this process may only use {allowed} (taskset, numactl or a cgroup cpuset)")
        } else if !usable.contains(cpu) {
            format!("it is not on node {}", wishes.numa_node.unwrap_or(0))
        } else {
            continue;
        };
        return Err(PlacementError::Cpu { option, cpu, why });
    }
    Ok(usable)
}

/// Who has which CPUs, before it is known which client gets which.
struct Shares {
    usable: CpuSet,
    supervisor: CpuSet,
    /// Hot CPUs in the order of clients; never empty, may repeat when the user says so.
    hot: Vec<usize>,
    /// CPUs that are nobody's hot CPU and not the supervisor's own.
    free: CpuSet,
    io_wish: Option<CpuSet>,
}

fn share(topology: &Topology, usable: &CpuSet, wishes: &PlacementWishes, clients: usize) -> Shares {
    let io_wish = wishes.io_cpus.clone().filter(|io| !io.is_empty());
    let cpu_wish = wishes.cpus.clone().filter(|cpus| !cpus.is_empty());
    // Hot loops stay off the CPUs that the user gave to I/O, unless nothing else is left.
    let for_hot = Some(usable.difference(&io_wish.clone().unwrap_or_default()));
    let for_hot = for_hot.filter(|cpus| !cpus.is_empty()).unwrap_or_else(|| usable.clone());
    let fixed: CpuSet = cpu_wish.iter().flatten().copied().collect();
    // The lowest CPU is where interrupts tend to go: better for the supervisor than for a hot loop.
    let home = for_hot.difference(&fixed).iter().next();
    let hot_wanted = if cpu_wish.is_some() { fixed.len() } else { clients };
    let io_wanted = usize::from(io_wish.is_none());
    let own_home = home.filter(|_| for_hot.len() > hot_wanted + io_wanted);
    let hot = cpu_wish.unwrap_or_else(|| {
        let for_hot = for_hot.difference(&own_home.iter().copied().collect());
        deal::deal(topology, &for_hot, home.unwrap_or(0), wishes.policy, clients.max(1))
    });
    let mut free = usable.difference(&hot.iter().copied().collect());
    let supervisor = match own_home {
        Some(home) => {
            free.0.remove(&home);
            CpuSet::of(home)
        }
        None if free.is_empty() => usable.clone(),
        None => free.clone(),
    };
    Shares { usable: usable.clone(), supervisor, hot, free, io_wish }
}

impl Shares {
    /// The user's own, or the nearest CPUs that are nobody's: same domain, same node, anywhere; when there are none,
    /// every usable CPU of the node, for the scheduler to sort out.
    fn io_cpus_of(&self, topology: &Topology, hot_cpu: usize) -> CpuSet {
        if let Some(io) = &self.io_wish {
            return io.clone();
        }
        let Some(cpu) = topology.cpu(hot_cpu) else { return self.usable.clone() };
        let node: CpuSet = deal::on_node(topology, &self.usable, cpu.node).map(|cpu| cpu.id).collect();
        let domain = deal::domain_of(topology, &self.usable, cpu);
        [self.free.intersection(&domain), self.free.intersection(&node), self.free.clone()]
            .into_iter()
            .find(|cpus| !cpus.is_empty())
            .unwrap_or(node)
    }
}

/// Clients that share their hot CPUs are not pinned to them, but to all of the node that are not another client's own.
fn set_free(topology: &Topology, usable: &CpuSet, clients: &mut [ClientPlacement]) {
    let own = clients.iter().filter(|client| !client.hot_cpu_shared).filter_map(|client| client.hot_cpu).collect();
    for client in clients.iter_mut().filter(|client| client.hot_cpu_shared) {
        let node = client.hot_cpu.take().and_then(|cpu| topology.cpu(cpu)).map(|cpu| cpu.node);
        let of_node: CpuSet = deal::on_node(topology, usable, node.unwrap_or(0)).map(|cpu| cpu.id).collect();
        client.io_cpus = of_node.difference(&own);
    }
}

/// Hot CPUs that are not one client's alone: another hot loop or somebody's I/O threads run there too, or brokers of
/// this host that may use no other CPUs to speak of.
fn company(clients: &[ClientPlacement], brokers: &CpuSet) -> CpuSet {
    let mut seen = CpuSet::default();
    let mut shared = CpuSet::default();
    for client in clients {
        shared.0.extend(client.hot_cpu.filter(|&cpu| !seen.0.insert(cpu)));
    }
    let io: CpuSet = clients.iter().flat_map(|client| client.io_cpus.iter()).collect();
    shared.0.extend(seen.intersection(&io).0);
    if brokers.difference(&seen).len() < BROKER_CPUS {
        shared.0.extend(seen.intersection(brokers).0);
    }
    shared
}

/// Everybody everywhere, as the scheduler likes. A client that spins takes a whole CPU also without being pinned: when
/// there is not one more CPU than clients, hot loops and I/O threads are bound to meet.
fn unpinned(allowed: &CpuSet, usable: &CpuSet, clients: usize, notes: Vec<Caveat>) -> Placement {
    let hot_cpu_shared = clients >= usable.len();
    let client = ClientPlacement {
        hot_cpu: None,
        io_cpus: usable.clone(),
        hot_cpu_shared,
        memory_policy: None,
        node: None,
        io_thread: None,
    };
    Placement {
        policy: PlacementPolicy::None,
        allowed: allowed.clone(),
        supervisor: usable.clone(),
        clients: vec![client; clients],
        oversubscribed: hot_cpu_shared && clients > 0,
        notes,
    }
}

#[cfg(test)]
mod tests;
