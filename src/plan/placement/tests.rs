//! Placement on machines from small to large; each test states the whole map of the clients it is about.
//!
//! Over 250 lines: a table, one machine after the other.

mod big_machines;

use super::*;
use std::path::Path;

fn fixture(tree: &str) -> Topology {
    Topology::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topology").join(tree)).unwrap()
}

/// One node, no SMT, caches shared by `per_cache` neighbours.
fn chiplets(cpus: usize, per_cache: usize) -> Topology {
    let cpus = (0..cpus)
        .map(|id| crate::os::topology::Cpu {
            id,
            package: 0,
            core: id,
            siblings: CpuSet::of(id),
            last_level_cache: (id / per_cache * per_cache..(id / per_cache + 1) * per_cache).collect(),
            node: 0,
        })
        .collect();
    Topology { cpus, nodes: vec![0], model_name: "chiplets".to_owned() }
}

fn try_deal(topology: &Topology, wishes: PlacementWishes, clients: u32) -> Result<Placement, PlacementError> {
    place(topology, &topology.online(), &MemoryPolicy::Default, &wishes, clients, 0, None)
}

fn deal(topology: &Topology, wishes: PlacementWishes, clients: u32) -> Placement {
    try_deal(topology, wishes, clients).unwrap()
}

fn spread() -> PlacementWishes {
    PlacementWishes { policy: PlacementPolicy::Spread, ..PlacementWishes::default() }
}
fn auto() -> PlacementWishes {
    PlacementWishes::default()
}
fn compact() -> PlacementWishes {
    PlacementWishes { policy: PlacementPolicy::Compact, ..PlacementWishes::default() }
}

/// Of a load without a schedule.
fn deal_unscheduled(topology: &Topology, wishes: &PlacementWishes, clients: u32, brokers: &str) -> Placement {
    let brokers = CpuSet::parse(brokers).unwrap();
    place(topology, &topology.online(), &MemoryPolicy::Default, wishes, clients, 0, Some(&brokers)).unwrap()
}

fn hot(placement: &Placement) -> Vec<usize> {
    placement.clients.iter().map(|client| client.hot_cpu.unwrap()).collect()
}
fn io(placement: &Placement) -> Vec<String> {
    placement.clients.iter().map(|client| client.io_cpus.to_string()).collect()
}

#[test]
fn one_client_on_two_cpus_has_one_of_them_and_its_io_the_other() {
    let placement = deal(&fixture("plain-vm"), spread(), 1);
    assert_eq!((hot(&placement), io(&placement)), (vec![1], vec!["0".to_owned()]));
    assert_eq!(placement.supervisor, CpuSet::of(0));
    assert!(!placement.oversubscribed && !placement.clients[0].hot_cpu_shared);
    assert_eq!(
        placement.notes,
        ["The supervisor shares CPU 0 with librdkafka's threads: there are too few for one of its own."]
    );
}

#[test]
fn four_clients_on_two_cpus_share_everything_and_it_is_said_in_one_sentence() {
    let topology = fixture("plain-vm");
    let placement = place(&topology, &topology.online(), &MemoryPolicy::Default, &spread(), 2, 2, None).unwrap();
    assert_eq!(hot(&placement), [1, 0, 1, 0]);
    assert_eq!(io(&placement), ["0-1"; 4]);
    assert_eq!(placement.supervisor.to_string(), "0-1");
    assert!(placement.oversubscribed && placement.clients.iter().all(|client| client.hot_cpu_shared));
    assert_eq!(
        placement.notes,
        [
            "The supervisor shares CPUs 0-1 with the clients: there is no other.",
            "4 of 4 clients share their hot CPUs (0-1) with each other and with I/O threads, as there are more hot \
             loops than CPUs for them: they sleep before they spin, let other sessions of the machine go first, and \
             latencies include waiting for a CPU."
        ]
    );
}

#[test]
fn without_a_schedule_clients_that_share_cpus_are_pinned_to_none_unless_that_is_asked_for() {
    let vm = fixture("plain-vm");
    let placement = deal_unscheduled(&vm, &auto(), 4, "");
    assert!(placement.oversubscribed && placement.clients.iter().all(|client| client.hot_cpu_shared));
    assert!(placement.clients.iter().all(|client| client.hot_cpu.is_none()));
    assert_eq!(io(&placement), ["0-1"; 4]);
    assert_eq!(placement.notes[0], "The supervisor shares CPUs 0-1 with the clients: there is no other.");
    assert!(placement.notes[1].text.contains("they are not pinned to one (--placement spread pins them)"));
    assert_eq!(hot(&deal_unscheduled(&vm, &spread(), 4, "")), [1, 0, 1, 0]);
    let named = PlacementWishes { cpus: Some(vec![0, 1]), ..auto() };
    assert_eq!(hot(&deal_unscheduled(&vm, &named, 4, "")), [0, 1, 0, 1]);
    assert_eq!(hot(&deal(&vm, auto(), 4)), [1, 0, 1, 0], "on a schedule all are pinned");
}

#[test]
fn clients_with_cpus_of_their_own_are_pinned() {
    let sockets = fixture("two-sockets-smt");
    let (auto, spread) = (deal_unscheduled(&sockets, &auto(), 4, ""), deal(&sockets, spread(), 4));
    assert_eq!((auto.clients, auto.notes), (spread.clients, spread.notes));
}

#[test]
fn clients_that_share_a_node_stay_on_it() {
    let placement = deal_unscheduled(&fixture("two-sockets-smt"), &auto(), 64, "");
    let of_node = |node| placement.clients.iter().find(|client| client.node == Some(node)).unwrap();
    assert_eq!(of_node(0).io_cpus.to_string(), "0-7,16-23");
    assert_eq!(of_node(1).io_cpus.to_string(), "8-15,24-31");
    assert_eq!(of_node(1).memory_policy, Some(MemoryPolicy::Preferred(1)));
}

#[test]
fn a_broker_on_this_host_shares_the_cpus_where_there_are_few() {
    let vm = fixture("plain-vm");
    let few = deal_unscheduled(&vm, &auto(), 1, "0-1");
    assert!(few.oversubscribed && few.clients[0].hot_cpu.is_none());
    assert_eq!(few.clients[0].io_cpus.to_string(), "0-1");
    assert!(few.notes[1].text.contains("brokers of this host among them"), "{:?}", few.notes);
    let apart = deal_unscheduled(&vm, &auto(), 1, "0");
    assert_eq!((apart.oversubscribed, apart.clients[0].hot_cpu), (false, Some(1)));
    let many = deal_unscheduled(&fixture("two-sockets-smt"), &auto(), 1, "0-31");
    assert_eq!((many.oversubscribed, many.clients[0].hot_cpu), (false, Some(1)));
}

#[test]
fn as_many_clients_as_cpus_have_hot_cpus_of_their_own_but_share_them_with_io() {
    let placement = deal(&fixture("plain-vm"), spread(), 2);
    assert_eq!((hot(&placement), io(&placement)), (vec![1, 0], vec!["0-1".to_owned(); 2]));
    assert!(placement.oversubscribed);
    assert!(placement.notes[1].text.contains("share their hot CPUs (0-1) with I/O threads, as there is no CPU left"));
}

#[test]
fn spread_changes_the_node_with_each_client_and_keeps_io_beside_it() {
    let placement = deal(&fixture("two-sockets-smt"), spread(), 4);
    assert_eq!(hot(&placement), [1, 8, 2, 9]);
    let node_0 = "3-7,16-23";
    let node_1 = "10-15,24-31";
    assert_eq!(io(&placement), [node_0, node_1, node_0, node_1]);
    assert_eq!(placement.supervisor, CpuSet::of(0));
    assert_eq!(placement.clients[1].node, Some(1));
    assert_eq!(placement.clients[1].memory_policy, Some(MemoryPolicy::Preferred(1)));
    assert_eq!(
        placement.notes,
        [
            "The supervisor has CPU 0 to itself.",
            "Each client's memory is taken from its hot CPU's node first; other nodes serve when that is full."
        ]
    );
}

#[test]
fn compact_fills_a_nodes_cores_before_the_next_node() {
    let placement = deal(&fixture("two-sockets-smt"), compact(), 9);
    assert_eq!(hot(&placement), [1, 2, 3, 4, 5, 6, 7, 8, 9], "CPU 0 is the supervisor's");
    assert_eq!(placement.clients[0].io_cpus.to_string(), "16-23");
    assert_eq!(placement.clients[8].io_cpus.to_string(), "10-15,24-31");
}

#[test]
fn smt_siblings_become_hot_only_after_all_cores() {
    let topology = fixture("two-sockets-smt");
    let placement = deal(&topology, spread(), 15);
    let siblings_of_hot: Vec<_> = hot(&placement).iter().map(|cpu| cpu % 16).collect();
    let cores: CpuSet = siblings_of_hot.iter().copied().collect();
    assert_eq!(cores.len(), 15, "15 distinct cores besides the supervisor's");
    assert!(!placement.notes.iter().any(|note| note.text.contains("SMT")));

    let placement = deal(&topology, spread(), 20);
    assert_eq!(hot(&placement).iter().filter(|&&cpu| cpu < 16).count(), 15, "all cores first");
    assert!(
        placement.notes.iter().any(|note| note.text.contains("are SMT siblings of other hot CPUs")),
        "{placement:#?}"
    );
    assert!(!placement.oversubscribed);
}

#[test]
fn io_never_meets_a_hot_loop_while_another_cpu_is_left() {
    for tree in ["two-sockets-smt", "eight-nodes", "offline-cpus", "plain-vm"] {
        let topology = fixture(tree);
        for wishes in [spread(), compact()] {
            for clients in 1..u32::try_from(topology.cpus.len()).unwrap() {
                let placement = deal(&topology, wishes.clone(), clients);
                let hot_set: CpuSet = hot(&placement).into_iter().collect();
                assert_eq!(hot_set.len(), placement.clients.len(), "{tree}, {clients} clients: all distinct");
                for client in &placement.clients {
                    assert!(!client.io_cpus.is_empty());
                    assert!(client.io_cpus.intersection(&hot_set).is_empty(), "{tree}, {clients}: {client:?}");
                    assert!(!client.hot_cpu_shared);
                }
                assert!(placement.supervisor.intersection(&hot_set).is_empty());
                let io: CpuSet = placement.clients.iter().flat_map(|client| client.io_cpus.iter()).collect();
                let alone = placement.supervisor.intersection(&io).is_empty();
                assert_eq!(alone, placement.clients.len() + 2 <= topology.cpus.len(), "{tree}, {clients}");
            }
        }
    }
}

#[test]
fn eight_nodes_are_dealt_one_client_each_before_a_second() {
    let placement = deal(&fixture("eight-nodes"), spread(), 9);
    assert_eq!(hot(&placement), [1, 4, 8, 12, 16, 20, 24, 28, 5], "node 0 has only three CPUs left");
    assert_eq!(io(&placement)[..3], ["2-3", "6-7", "9-11"]);
    let placement = deal(&fixture("eight-nodes"), compact(), 4);
    assert_eq!(hot(&placement), [1, 4, 5, 8], "half of each node is left to I/O threads");
}

#[test]
fn a_node_without_an_io_cpu_of_its_own_is_named() {
    let topology = fixture("eight-nodes");
    let wishes = PlacementWishes { cpus: Some(vec![4, 5, 6, 7]), ..spread() };
    let placement = deal(&topology, wishes, 4);
    assert_eq!(io(&placement)[0], "1-3,8-31");
    assert!(
        placement.notes.iter().any(|note| note.text.starts_with("I/O threads of the clients on node 1 run on another"))
    );
}

#[test]
fn caches_that_hold_enough_cpus_keep_a_client_and_its_io_together() {
    let placement = deal(&chiplets(16, 4), spread(), 4);
    assert_eq!(hot(&placement), [1, 4, 8, 12]);
    assert_eq!(io(&placement), ["2-3", "5-7", "9-11", "13-15"]);
    let placement = deal(&chiplets(16, 4), compact(), 4);
    assert_eq!(hot(&placement), [1, 4, 5, 8]);
    let placement = deal(&chiplets(16, 1), spread(), 4);
    assert_eq!(hot(&placement), [1, 2, 3, 4], "private caches say nothing");
    assert_eq!(io(&placement), ["5-15"; 4]);
}

#[test]
fn offline_cpus_are_left_out_and_siblings_respected() {
    let placement = deal(&fixture("offline-cpus"), spread(), 2);
    assert_eq!((hot(&placement), io(&placement)[0].as_str()), (vec![2, 3], "4-5,7"));
    let placement = deal(&fixture("offline-cpus"), spread(), 4);
    assert_eq!(hot(&placement), [2, 3, 5, 4], "4 is the sibling of the supervisor's CPU, 7 of hot CPU 3");
    assert_eq!(io(&placement)[0], "7");
}

#[test]
fn an_inherited_mask_is_the_frame_of_everything() {
    let topology = fixture("two-sockets-smt");
    let allowed = CpuSet::parse("10-12,26-28").unwrap();
    let placement = place(&topology, &allowed, &MemoryPolicy::Default, &spread(), 1, 1, None).unwrap();
    assert_eq!((hot(&placement), placement.supervisor.clone()), (vec![11, 12], CpuSet::of(10)));
    assert_eq!(io(&placement), ["26-28"; 2]);
    assert_eq!(
        placement.notes[0],
        "6 of the 32 online CPUs may be used (10-12,26-28), as inherited from taskset, numactl or a cgroup cpuset."
    );
}

#[test]
fn an_inherited_memory_policy_is_kept_and_said() {
    let topology = fixture("two-sockets-smt");
    let inherited = MemoryPolicy::Interleave(vec![0, 1]);
    let placement = place(&topology, &topology.online(), &inherited, &spread(), 1, 1, None).unwrap();
    assert!(placement.clients.iter().all(|client| client.memory_policy.is_none()));
    assert_eq!(placement.notes[0], "The inherited memory policy (interleave:0-1) is kept.");
    let placement = deal(&fixture("offline-cpus"), spread(), 1);
    assert_eq!(placement.clients[0].memory_policy, None, "one node needs no policy");
}

#[test]
fn cpus_by_name_are_dealt_in_the_users_order() {
    let wishes = PlacementWishes { cpus: Some(vec![9, 3, 0]), ..spread() };
    let placement = deal(&fixture("two-sockets-smt"), wishes.clone(), 3);
    assert_eq!((hot(&placement), placement.supervisor.clone()), (vec![9, 3, 0], CpuSet::of(1)));
    assert_eq!(placement.clients[1].io_cpus.to_string(), "2,4-7,16-23");
    let placement = deal(&fixture("two-sockets-smt"), wishes, 4);
    assert_eq!(hot(&placement), [9, 3, 0, 9]);
    let shared: Vec<_> = placement.clients.iter().map(|client| client.hot_cpu_shared).collect();
    assert_eq!(shared, [true, false, false, true]);
    assert!(placement.oversubscribed);
}

#[test]
fn io_cpus_by_name_are_everybodys_and_no_hot_loops() {
    let wishes = PlacementWishes { io_cpus: Some(CpuSet::from_iter([0, 1])), ..spread() };
    let placement = deal(&fixture("two-sockets-smt"), wishes.clone(), 2);
    assert_eq!((hot(&placement), io(&placement)), (vec![3, 8], vec!["0-1".to_owned(); 2]));
    assert_eq!(placement.supervisor, CpuSet::of(2));
    let wishes = PlacementWishes { cpus: Some(vec![1, 2]), ..wishes };
    let placement = deal(&fixture("two-sockets-smt"), wishes, 2);
    let shared: Vec<_> = placement.clients.iter().map(|client| client.hot_cpu_shared).collect();
    assert_eq!(shared, [true, false], "CPU 1 is also an I/O CPU");
}

#[test]
fn a_node_by_name_holds_everything() {
    let wishes = PlacementWishes { numa_node: Some(1), ..spread() };
    let placement = deal(&fixture("two-sockets-smt"), wishes, 3);
    assert_eq!((hot(&placement), placement.supervisor.clone()), (vec![9, 10, 11], CpuSet::of(8)));
    assert_eq!(io(&placement)[0], "12-15,24-31");
    assert!(placement.notes[0].text.starts_with("Everything runs on node 1 (CPUs 8-15,24-31)"));
}

#[test]
fn no_pinning_leaves_everything_to_the_scheduler() {
    let wishes = PlacementWishes { policy: PlacementPolicy::None, ..spread() };
    let placement = deal(&fixture("two-sockets-smt"), wishes.clone(), 3);
    for client in &placement.clients {
        assert_eq!((client.hot_cpu, client.io_cpus.to_string().as_str()), (None, "0-31"));
        assert_eq!((client.hot_cpu_shared, &client.memory_policy), (false, &None));
    }
    let placement = deal(&fixture("plain-vm"), wishes, 2);
    assert!(placement.oversubscribed && placement.clients[0].hot_cpu_shared);
}

#[test]
fn wishes_that_cannot_be_met_say_why() {
    let topology = fixture("offline-cpus");
    let say = |wishes| try_deal(&topology, wishes, 1).unwrap_err().to_string();
    assert_eq!(
        say(PlacementWishes { cpus: Some(vec![0, 1]), ..spread() }),
        "--cpus: CPU 1 cannot be used: it is not online; online are 0,2-5,7"
    );
    assert_eq!(
        say(PlacementWishes { numa_node: Some(3), ..spread() }),
        "--numa-node 3: no such node with CPUs; this machine has node 0"
    );
    assert_eq!(
        say(PlacementWishes { policy: PlacementPolicy::None, io_cpus: Some(CpuSet::of(2)), ..spread() }),
        "--io-cpus: CPU 2 cannot be used: --placement none pins nothing; leave one of the two out"
    );
    let topology = fixture("two-sockets-smt");
    let allowed = CpuSet::parse("0-7").unwrap();
    let say = |wishes| place(&topology, &allowed, &MemoryPolicy::Default, &wishes, 1, 1, None).unwrap_err().to_string();
    assert_eq!(
        say(PlacementWishes { io_cpus: Some(CpuSet::of(9)), ..spread() }),
        "--io-cpus: CPU 9 cannot be used: this process may only use 0-7 (taskset, numactl or a cgroup cpuset)"
    );
    assert_eq!(
        say(PlacementWishes { numa_node: Some(1), ..spread() }),
        "--numa-node 1: none of its CPUs is among those this process may use (0-7)"
    );
    assert_eq!(
        say(PlacementWishes { numa_node: Some(0), cpus: Some(vec![9]), ..spread() }),
        "--cpus: CPU 9 cannot be used: this process may only use 0-7 (taskset, numactl or a cgroup cpuset)"
    );
}

#[test]
fn nobody_to_place_is_no_trouble() {
    let placement = deal(&fixture("plain-vm"), spread(), 0);
    assert!(placement.clients.is_empty() && !placement.oversubscribed);
}
