//! CPUs that Kafka brokers on this machine may use.

use super::broker_logs::runs_a_broker;
use super::files::FilesBelow;
use crate::os::affinity::CpuSet;
use std::path::Path;

/// All of them together; none where there is no broker that can be seen. `root`: `/`, or a tree like it.
pub fn broker_cpus(root: &Path) -> CpuSet {
    let files = FilesBelow::below(root);
    let brokers = files
        .numbered("proc", "")
        .into_iter()
        .filter(|pid| files.text(&format!("proc/{pid}/cmdline")).is_some_and(|command| runs_a_broker(&command)));
    brokers.filter_map(|pid| allowed(&files.text(&format!("proc/{pid}/status"))?)).flat_map(|cpus| cpus.0).collect()
}

fn allowed(status: &str) -> Option<CpuSet> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    CpuSet::parse(list.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fingerprint::for_tests::tree;

    #[test]
    fn brokers_are_seen_by_the_class_they_run() {
        let files = [
            ("proc/1/cmdline", "/sbin/init"),
            ("proc/1/status", "Name:\tinit\nCpus_allowed_list:\t0-7\n"),
            ("proc/77/cmdline", "java\0kafka.Kafka\0/etc/a.properties\0"),
            ("proc/77/status", "Name:\tjava\nCpus_allowed_list:\t2-3\nMems_allowed_list:\t0\n"),
            ("proc/78/cmdline", "java\0kafka.Kafka\0/etc/b.properties\0"),
            ("proc/78/status", "Cpus_allowed_list:\t5\n"),
            ("proc/79/cmdline", "java\0kafka.Kafka\0/etc/c.properties\0"),
        ];
        assert_eq!(broker_cpus(tree(&[&files]).path()).to_string(), "2-3,5");
        assert!(broker_cpus(tree(&[&files[..2]]).path()).is_empty());
    }
}
