//! What was decided and why, one sentence each, for `pinload plan` and the result.

use super::{ClientPlacement, Placement, PlacementPolicy, PlacementWishes};
use crate::caveat::{Caveat, Subject};
use crate::os::affinity::CpuSet;
use crate::os::memory_policy::MemoryPolicy;
use crate::os::topology::Topology;
use std::collections::BTreeSet;

pub(super) fn note(code: &'static str, text: impl Into<String>) -> Caveat {
    Caveat::note(code, Subject::Placement, text)
}

/// What was found and asked for, before anything is dealt.
pub(super) fn of_the_frame(
    topology: &Topology,
    allowed: &CpuSet,
    usable: &CpuSet,
    inherited_policy: &MemoryPolicy,
    wishes: &PlacementWishes,
) -> Vec<Caveat> {
    let mut notes = Vec::new();
    let inherited = allowed.intersection(&topology.online());
    if inherited.len() < topology.cpus.len() {
        let text = format!(
            "{} of the {} online CPUs may be used ({inherited}), as inherited from taskset, numactl or a cgroup \
             cpuset.",
            inherited.len(),
            topology.cpus.len(),
        );
        notes.push(note("inherited_cpus", text));
    }
    if let Some(node) = wishes.numa_node {
        let text = format!("Everything runs on node {node} (CPUs {usable}), as asked with --numa-node.");
        notes.push(note("one_node", text));
    }
    if *inherited_policy != MemoryPolicy::Default {
        notes.push(note(
            "inherited_memory_policy",
            format!("The inherited memory policy ({inherited_policy}) is kept."),
        ));
    }
    if wishes.policy == PlacementPolicy::None {
        let text = format!("No client is pinned, as asked with --placement none: all may use CPUs {usable}.");
        notes.push(note("not_pinned", text));
    }
    notes
}

/// What the deal led to.
pub(super) fn of_the_deal(topology: &Topology, placement: &Placement, brokers: &CpuSet) -> Vec<Caveat> {
    let clients = &placement.clients;
    let hot: CpuSet = clients.iter().filter_map(|client| client.hot_cpu).collect();
    let io: CpuSet = clients.iter().flat_map(|client| client.io_cpus.iter()).collect();
    let sentences = [
        ("supervisor_cpus", Some(supervisor(&placement.supervisor, &loops(clients), &io))),
        ("shared_cpus", placement.oversubscribed.then(|| shared(clients, &hot, brokers))),
        ("smt_siblings", smt(topology, &hot)),
        ("io_on_another_node", far_io(topology, clients)),
        (
            "memory_of_own_node",
            clients.iter().any(|client| client.memory_policy.is_some()).then(|| {
                "Each client's memory is taken from its hot CPU's node first; other nodes serve when that is full."
                    .to_owned()
            }),
        ),
    ];
    sentences.into_iter().filter_map(|(code, text)| Some(note(code, text?))).collect()
}

/// Where hot loops may run.
fn loops(clients: &[ClientPlacement]) -> CpuSet {
    let of = |client: &ClientPlacement| client.hot_cpu.map_or_else(|| client.io_cpus.clone(), CpuSet::of);
    clients.iter().flat_map(|client| of(client).0).collect()
}

fn supervisor(supervisor: &CpuSet, hot: &CpuSet, io: &CpuSet) -> String {
    let plural = if supervisor.len() == 1 { "CPU" } else { "CPUs" };
    if !supervisor.intersection(hot).is_empty() {
        format!("The supervisor shares {plural} {supervisor} with the clients: there is no other.")
    } else if !supervisor.intersection(io).is_empty() {
        format!(
            "The supervisor shares {plural} {supervisor} with librdkafka's threads: there are too few for one of its \
             own."
        )
    } else {
        format!("The supervisor has {plural} {supervisor} to itself.")
    }
}

fn shared(clients: &[ClientPlacement], hot: &CpuSet, brokers: &CpuSet) -> String {
    let sharing: Vec<&ClientPlacement> = clients.iter().filter(|client| client.hot_cpu_shared).collect();
    let free: CpuSet =
        sharing.iter().filter(|client| client.hot_cpu.is_none()).flat_map(|client| client.io_cpus.iter()).collect();
    let sharing = sharing.len();
    if !free.is_empty() {
        let broker = if brokers.intersection(&free).is_empty() { "" } else { ", brokers of this host among them" };
        return format!(
            "{sharing} of {} clients share CPUs {free} with whatever runs there{broker}, as there are too few for hot \
             loops, I/O threads and brokers: they are not pinned to one (--placement spread pins them), sleep before \
             they spin, let other sessions of the machine go first, and latencies include waiting for a CPU.",
            clients.len(),
        );
    }
    let (with, cpus) = match clients.len() > hot.len() {
        true => ("each other and with", "are more hot loops than CPUs for them"),
        false => ("", "is no CPU left beside the hot loops"),
    };
    let whom = if with.is_empty() { String::new() } else { format!("{with} ") };
    format!(
        "{sharing} of {} clients share their hot CPUs ({hot}) with {whom}I/O threads, as there {cpus}: they sleep \
         before they spin, let other sessions of the machine go first, and latencies include waiting for a CPU.",
        clients.len(),
    )
}

/// Hot loops that run on the two threads of one core slow each other down.
fn smt(topology: &Topology, hot: &CpuSet) -> Option<String> {
    let paired: CpuSet = topology
        .cpus
        .iter()
        .filter(|cpu| hot.contains(cpu.id) && cpu.siblings.intersection(hot).len() > 1)
        .map(|cpu| cpu.id)
        .collect();
    (!paired.is_empty()).then(|| {
        format!(
            "Hot CPUs {paired} are SMT siblings of other hot CPUs: their loops share physical cores and slow each \
            other."
        )
    })
}

fn far_io(topology: &Topology, clients: &[ClientPlacement]) -> Option<String> {
    let is_far = |client: &&ClientPlacement| {
        client
            .node
            .is_some_and(|node| client.io_cpus.iter().all(|cpu| topology.cpu(cpu).is_some_and(|cpu| cpu.node != node)))
    };
    let nodes: BTreeSet<usize> = clients.iter().filter(is_far).filter_map(|client| client.node).collect();
    let nodes: CpuSet = nodes.into_iter().collect();
    (!nodes.is_empty()).then(|| {
        format!("I/O threads of the clients on node {nodes} run on another node: no CPU is given to them on their own.")
    })
}
