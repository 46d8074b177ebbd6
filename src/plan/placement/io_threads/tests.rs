//! Who gets an I/O thread where.

use crate::os::affinity::CpuSet;
use crate::os::memory_policy::MemoryPolicy;
use crate::os::topology::{Cpu, Topology};
use crate::plan::placement::{PlacementWishes, place};

/// One node, so many CPUs in cores of so many threads.
fn machine(cpus: usize, threads: usize) -> Topology {
    let cpu = |id: usize| Cpu {
        id,
        package: 0,
        core: id / threads,
        siblings: (id / threads * threads..(id / threads + 1) * threads).collect(),
        last_level_cache: (0..cpus).collect(),
        node: 0,
    };
    Topology { cpus: (0..cpus).map(cpu).collect(), nodes: vec![0], model_name: "plain".to_owned() }
}

/// CPU of each client's I/O thread, and whether it naps there; the note's words.
fn threads(
    topology: &Topology,
    (cpus, io_cpus): (Option<&str>, Option<&str>),
    (producers, consumers): (u32, u32),
    brokers: &str,
) -> (Vec<Option<(usize, bool)>>, String) {
    let parse = |text| CpuSet::parse(text).unwrap();
    let wishes = PlacementWishes {
        cpus: cpus.map(|cpus| parse(cpus).iter().collect()),
        io_cpus: io_cpus.map(parse),
        ..PlacementWishes::default()
    };
    let mut placement =
        place(topology, &topology.online(), &MemoryPolicy::Default, &wishes, producers, consumers, None).unwrap();
    let brokers = if brokers.is_empty() { CpuSet::default() } else { parse(brokers) };
    placement.give_io_threads(topology, producers, wishes.io_cpus.is_some(), &brokers);
    let of = placement.clients.iter().map(|client| client.io_thread.map(|thread| (thread.cpu, thread.shared)));
    (of.collect(), placement.notes.iter().map(|note| note.text.clone()).collect())
}

#[test]
fn each_producer_has_one_on_a_cpu_of_its_own() {
    let (threads, words) = threads(&machine(8, 1), (None, None), (2, 2), "");
    let [Some((first, false)), Some((second, false)), None, None] = threads[..] else { panic!("{threads:?}") };
    assert_ne!(first, second);
    assert!(words.contains("spins on a CPU of its own"), "{words}");
}

#[test]
fn all_have_one_or_none_has() {
    for (cpus, threads_a_core, producers, consumers, brokers) in [
        (2, 1, 1, 0, ""),    // The other CPU is the supervisor's too.
        (6, 1, 3, 1, ""),    // One I/O CPU for three.
        (4, 1, 1, 1, "0-3"), // The broker needs it.
        (6, 2, 2, 0, ""),    // What is left is the other half of a hot loop's core.
        (2, 1, 4, 4, ""),    // Loops that do not spin.
    ] {
        let (threads, words) = threads(&machine(cpus, threads_a_core), (None, None), (producers, consumers), brokers);
        assert!(threads.iter().all(Option::is_none), "{cpus} CPUs: {threads:?}");
        assert!(words.contains("do their socket work themselves"), "{words}");
    }
    let (threads, words) = threads(&machine(4, 1), (None, None), (0, 2), "");
    assert!(threads.iter().all(Option::is_none) && !words.contains("socket work"), "{words}");
}

#[test]
fn brokers_of_this_host_with_cpus_enough_leave_it_alone() {
    let (threads, _) = threads(&machine(16, 1), (None, None), (1, 1), "0-15");
    assert!(matches!(threads[0], Some((_, false))), "{threads:?}");
}

#[test]
fn who_names_the_cpu_has_it_there_and_it_naps_where_others_are() {
    let (two, words) = threads(&machine(2, 1), (Some("0"), Some("1")), (1, 0), "0-1");
    assert_eq!(two, [Some((1, true))]);
    assert!(words.contains("naps"), "{words}");
    let (four, _) = threads(&machine(4, 1), (Some("1,2"), Some("3")), (1, 1), "");
    assert_eq!(four, [Some((3, false)), None]);
}
