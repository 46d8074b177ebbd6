//! Topologies of recorded machines, of damaged trees, and of this machine.

use super::*;

fn fixture(tree: &str) -> Topology {
    Topology::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topology").join(tree)).unwrap()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn two_sockets_with_smt_are_understood() {
    let machine = fixture("two-sockets-smt");
    assert_eq!((machine.cpus.len(), &machine.nodes), (32, &vec![0, 1]));
    assert_eq!(machine.model_name, "Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz");
    assert_eq!(
        machine.cpu(25).unwrap(),
        &Cpu {
            id: 25,
            package: 1,
            core: 1,
            siblings: CpuSet::from_iter([9, 25]),
            last_level_cache: CpuSet::parse("8-15,24-31").unwrap(),
            node: 1
        }
    );
}

#[test]
fn eight_nodes_and_one_that_has_only_memory() {
    let machine = fixture("eight-nodes");
    assert_eq!(machine.nodes, [0, 1, 2, 3, 4, 5, 6, 7]);
    for cpu in &machine.cpus {
        assert_eq!((cpu.node, cpu.package), (cpu.id / 4, cpu.id / 16));
        assert_eq!(cpu.siblings, CpuSet::of(cpu.id));
        let whole_package = if cpu.package == 0 { "0-15" } else { "16-31" };
        assert_eq!(cpu.last_level_cache.to_string(), whole_package, "no cache is listed");
    }
}

#[test]
fn offline_cpus_are_not_there() {
    let machine = fixture("offline-cpus");
    assert_eq!(machine.online().to_string(), "0,2-5,7");
    assert_eq!(machine.cpu(1), None);
    assert_eq!(machine.cpu(4).unwrap().siblings.to_string(), "0,4");
    assert_eq!(machine.cpu(5).unwrap().siblings.to_string(), "5", "its sibling 1 is offline");
    assert_eq!(machine.cpu(5).unwrap().last_level_cache.to_string(), "0,2-5,7");
}

#[test]
fn a_small_vm_without_node_cache_and_core_files_is_one_node_with_a_core_per_cpu() {
    let machine = fixture("plain-vm");
    assert_eq!(machine.nodes, [0]);
    for (cpu, id) in machine.cpus.iter().zip(0..) {
        assert_eq!((cpu.id, cpu.core, cpu.node, cpu.package), (id, id, 0, 0));
        assert_eq!(cpu.siblings, CpuSet::of(id));
        assert_eq!(cpu.last_level_cache.to_string(), "0-1");
    }
}

#[test]
fn without_sys_the_processors_come_from_cpuinfo() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\n\nprocessor\t: 1\n");
    let machine = Topology::read(root.path()).unwrap();
    assert_eq!((machine.online().to_string().as_str(), machine.model_name.as_str()), ("0-1", "unknown"));
    let error = Topology::read(&root.path().join("nowhere")).unwrap_err();
    assert!(error.to_string().ends_with("nowhere/proc/cpuinfo: no processors are listed"), "{error}");
}

#[test]
fn a_file_with_something_else_in_it_is_named() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "sys/devices/system/cpu/online", "0-1\n");
    write(root.path(), "sys/devices/system/cpu/cpu1/topology/core_id", "many\n");
    let error = Topology::read(root.path()).unwrap_err();
    assert!(error.to_string().ends_with("cpu1/topology/core_id: \"many\" is not a number"), "{error}");
}

#[test]
fn core_numbers_that_repeat_on_another_die_are_made_unique() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "sys/devices/system/cpu/online", "0-3\n");
    for (cpu, core, siblings) in [(0, 0, "0,2"), (1, 0, "1,3"), (2, 0, "0,2"), (3, 0, "1,3")] {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}/topology");
        write(root.path(), &format!("{folder}/core_id"), &format!("{core}\n"));
        write(root.path(), &format!("{folder}/physical_package_id"), "-1\n");
        write(root.path(), &format!("{folder}/thread_siblings_list"), &format!("{siblings}\n"));
    }
    let machine = Topology::read(root.path()).unwrap();
    assert_eq!(machine.cpus.iter().map(|cpu| cpu.core).collect::<Vec<_>>(), [0, 1, 0, 1]);
    assert!(machine.cpus.iter().all(|cpu| cpu.package == 0), "-1 means unknown");
}

#[test]
fn this_machine_can_be_read_and_holds_the_cpus_of_this_process() {
    let machine = Topology::read(Path::new("/")).unwrap();
    let allowed = super::super::affinity::current_mask().unwrap();
    assert!(allowed.difference(&machine.online()).is_empty());
}
