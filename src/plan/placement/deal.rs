//! The order in which CPUs become hot CPUs.
//!
//! CPUs are grouped into domains: the CPUs of one last-level cache within one node, or a whole node where its caches
//! are small. A hot loop and its I/O threads hand messages to each other all the time, so each domain is filled with
//! hot loops only so far that their I/O threads find room beside them, before it is filled further.

use super::PlacementPolicy;
use crate::os::affinity::CpuSet;
use crate::os::topology::{Cpu, Topology};
use std::collections::{BTreeMap, BTreeSet};

/// Caches shared by fewer CPUs than this are no domains: two hot loops and their I/O CPUs must fit.
const SMALLEST_CACHE_DOMAIN: usize = 4;

/// CPUs that should stay together.
struct Domain {
    node: usize,
    /// All its usable CPUs, best hot CPU first.
    cpus: Vec<usize>,
    /// Physical cores among them.
    cores: usize,
}

/// The usable CPUs of the domain that `cpu` belongs to. What counts as a domain is a matter of the machine, not of
/// which of its CPUs may be used.
pub(super) fn domain_of(topology: &Topology, usable: &CpuSet, cpu: &Cpu) -> CpuSet {
    let neighbours = || topology.cpus.iter().filter(|other| other.node == cpu.node);
    let node: CpuSet = neighbours().map(|other| other.id).collect();
    let caches_are_domains =
        neighbours().all(|other| other.last_level_cache.intersection(&node).len() >= SMALLEST_CACHE_DOMAIN);
    let domain = if caches_are_domains { cpu.last_level_cache.intersection(&node) } else { node };
    domain.intersection(usable)
}

/// The usable CPUs of a node.
pub(super) fn on_node<'a>(topology: &'a Topology, usable: &'a CpuSet, node: usize) -> impl Iterator<Item = &'a Cpu> {
    topology.cpus.iter().filter(move |cpu| cpu.node == node && usable.contains(cpu.id))
}

/// The first `wanted` hot CPUs out of `usable`, best first; fewer when there are not as many. `home` is where the
/// supervisor lives: it comes last of all, and its SMT sibling after all other cores.
pub(super) fn deal(
    topology: &Topology,
    usable: &CpuSet,
    home: usize,
    policy: PlacementPolicy,
    wanted: usize,
) -> Vec<usize> {
    let domains = domains(topology, usable, home, policy);
    // As many hot loops as I/O CPUs, each on its own core; then all CPUs of a domain but one; then all.
    let room: [fn(&Domain) -> usize; 3] =
        [|domain| domain.cores.min(domain.cpus.len() / 2), |domain| domain.cpus.len() - 1, |domain| domain.cpus.len()];
    let mut taken = vec![0; domains.len()];
    let mut order = Vec::with_capacity(wanted);
    for room in room {
        loop {
            let before = order.len();
            for (domain, taken) in domains.iter().zip(&mut taken) {
                let here = match policy {
                    PlacementPolicy::Compact => room(domain).saturating_sub(*taken),
                    PlacementPolicy::Auto | PlacementPolicy::Spread | PlacementPolicy::None => {
                        usize::from(*taken < room(domain))
                    }
                };
                order.extend(&domain.cpus[*taken..*taken + here]);
                *taken += here;
            }
            if order.len() == before {
                break;
            }
        }
    }
    // Where the supervisor lives is the last resort, whatever its domain.
    if let Some(position) = order.iter().position(|&cpu| cpu == home) {
        order.remove(position);
        order.push(home);
    }
    order.truncate(wanted);
    order
}

/// The domains in the order in which they are dealt from: `Spread` changes the node at each step, `Compact` stays.
fn domains(topology: &Topology, usable: &CpuSet, home: usize, policy: PlacementPolicy) -> Vec<Domain> {
    let cpus = || topology.cpus.iter().filter(|cpu| usable.contains(cpu.id));
    let members: BTreeSet<CpuMembers> =
        cpus().map(|cpu| (cpu.node, domain_of(topology, usable, cpu).iter().collect())).collect();
    let mut seen_on_node = BTreeMap::new();
    let mut domains: Vec<(usize, Domain)> = members
        .into_iter()
        .map(|(node, members)| {
            let rank_on_node = seen_on_node.entry(node).and_modify(|rank| *rank += 1).or_insert(0);
            let (cpus, cores) = best_first(topology, &members, home);
            (*rank_on_node, Domain { node, cpus, cores })
        })
        .collect();
    if policy != PlacementPolicy::Compact {
        domains.sort_by_key(|(rank_on_node, domain)| (*rank_on_node, domain.node));
    }
    domains.into_iter().map(|(_, domain)| domain).collect()
}

type CpuMembers = (usize, Vec<usize>);

/// One CPU of each physical core, the supervisor's core last, then their SMT siblings; and how many cores there are.
fn best_first(topology: &Topology, members: &[usize], home: usize) -> (Vec<usize>, usize) {
    let home_core: CpuSet = topology.cpu(home).map_or(CpuSet::of(home), |cpu| cpu.siblings.clone());
    let mut cores = BTreeSet::new();
    let (mut first, mut siblings) = (Vec::new(), Vec::new());
    for &id in members.iter().filter(|&&id| id != home) {
        let core = topology.cpu(id).and_then(|cpu| cpu.siblings.iter().next()).unwrap_or(id);
        if cores.insert(core) { first.push(id) } else { siblings.push(id) }
    }
    first.sort_by_key(|&id| (home_core.contains(id), id));
    let count = first.len();
    first.extend(siblings);
    first.extend(members.iter().filter(|&&id| id == home));
    (first, count)
}
