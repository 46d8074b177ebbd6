//! Maps of machines that few tests run on, with more clients than most runs have: what must hold of every map, and what
//! changes with the number of clients.

use super::{deal, hot, spread};
use crate::os::affinity::CpuSet;
use crate::os::topology::{Cpu, Topology};
use crate::plan::placement::Placement;
use std::collections::{BTreeMap, BTreeSet};

/// `nodes` × `cores` cores of two threads, numbered as Linux does on such servers: first one thread of each core, then
/// the other; one last-level cache a node.
fn server(nodes: usize, cores: usize) -> Topology {
    let all = nodes * cores;
    let cpu = |id: usize| {
        let (core, node) = (id % all, id % all / cores);
        let first_threads = node * cores..(node + 1) * cores;
        Cpu {
            id,
            package: node,
            core,
            siblings: CpuSet::from_iter([core, core + all]),
            last_level_cache: first_threads.clone().chain(first_threads.map(|first| first + all)).collect(),
            node,
        }
    };
    Topology { cpus: (0..2 * all).map(cpu).collect(), nodes: (0..nodes).collect(), model_name: "server".to_owned() }
}

fn two_times_64() -> Topology {
    server(2, 64)
}

fn eight_nodes() -> Topology {
    server(8, 16)
}

/// Physical cores of CPUs; on these servers a core is known by its first thread.
fn cores(topology: &Topology, cpus: &[usize]) -> BTreeSet<usize> {
    cpus.iter().map(|&cpu| topology.cpu(cpu).unwrap().core).collect()
}

fn clients_per_node(placement: &Placement) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    placement.clients.iter().for_each(|client| *counts.entry(client.node.unwrap()).or_insert(0) += 1);
    counts
}

/// What must hold as long as there are more CPUs than clients.
fn assert_nobody_is_disturbed(topology: &Topology, placement: &Placement) {
    let hot = hot(placement);
    let hot_set: CpuSet = hot.iter().copied().collect();
    assert_eq!(hot_set.len(), hot.len(), "a hot CPU for each");
    assert!(!placement.oversubscribed);
    assert_eq!(placement.supervisor.len(), 1, "the supervisor keeps a CPU: {}", placement.supervisor);
    assert!(placement.supervisor.intersection(&hot_set).is_empty());
    for client in &placement.clients {
        assert!(!client.hot_cpu_shared, "{client:?}");
        assert!(!client.io_cpus.is_empty(), "{client:?}");
        assert!(client.io_cpus.intersection(&hot_set).is_empty(), "I/O beside hot loops: {client:?}");
        assert!(client.io_cpus.intersection(&placement.supervisor).is_empty(), "I/O beside the supervisor: {client:?}");
        assert!(client.io_cpus.iter().all(|cpu| topology.cpu(cpu).map(|cpu| cpu.node) == client.node), "{client:?}");
    }
}

#[test]
fn sixty_four_clients_have_a_core_each_and_their_io_on_the_same_node() {
    for topology in [two_times_64(), eight_nodes()] {
        let placement = deal(&topology, spread(), 64);
        assert_nobody_is_disturbed(&topology, &placement);
        assert_eq!(cores(&topology, &hot(&placement)).len(), 64, "distinct physical cores");
        let counts = clients_per_node(&placement);
        assert!(counts.values().all(|&count| count == 64 / topology.nodes.len()), "{counts:?}");
        assert!(!placement.notes.iter().any(|note| note.text.contains("SMT")), "{:?}", placement.notes);
    }
}

#[test]
fn second_threads_of_cores_become_hot_only_when_every_core_has_a_client() {
    for topology in [two_times_64(), eight_nodes()] {
        for clients in [1, 2, 16, 100, 127, 128, 200, 246] {
            let placement = deal(&topology, spread(), clients);
            assert_nobody_is_disturbed(&topology, &placement);
            let used = cores(&topology, &hot(&placement)).len();
            assert_eq!(used, usize::try_from(clients).unwrap().min(128), "{clients} clients");
            let counts = clients_per_node(&placement);
            let (fewest, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
            assert!(most - fewest <= 2, "{clients} clients: {counts:?}");
        }
    }
}

#[test]
fn with_256_clients_every_cpu_has_one_before_any_has_two() {
    for topology in [two_times_64(), eight_nodes()] {
        let placement = deal(&topology, spread(), 256);
        let distinct: BTreeSet<usize> = hot(&placement).into_iter().collect();
        assert_eq!(distinct.len(), 256);
        assert!(placement.oversubscribed, "I/O threads have no CPU that is nobody's");
        assert!(placement.clients.iter().all(|client| client.hot_cpu_shared));
        for client in &placement.clients {
            assert!(
                client.io_cpus.iter().all(|cpu| topology.cpu(cpu).map(|cpu| cpu.node) == client.node),
                "{client:?}"
            );
        }
        let placement = deal(&topology, spread(), 512);
        let mut load = BTreeMap::new();
        hot(&placement).into_iter().for_each(|cpu| *load.entry(cpu).or_insert(0) += 1);
        assert!(load.len() == 256 && load.values().all(|&clients| clients == 2), "two each");
    }
}
