//! Kafka brokers on this machine, as a load that shares it with them has to know them.

use super::broker_logs::{BrokerLog, BrokerLogFacts, running_brokers};
use super::files::FilesBelow;
use crate::os::affinity::CpuSet;
use std::path::Path;

/// What brokers on this machine use; nothing where there is none that can be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokersHere {
    /// CPUs that they may use, all of them together.
    pub cpus: CpuSet,
    /// The first of their logs that lies on a disk.
    pub log_on_disk: Option<BrokerLog>,
}

impl BrokersHere {
    /// `root`: `/`, or a tree like it.
    pub fn below(root: &Path) -> Self {
        let files = FilesBelow::below(root);
        let brokers = running_brokers(&files);
        let statuses = brokers.iter().filter_map(|(pid, _)| files.text(&format!("proc/{pid}/status")));
        Self {
            cpus: statuses.filter_map(|status| allowed(&status)).flat_map(|cpus| cpus.0).collect(),
            log_on_disk: BrokerLogFacts::of(&files, &brokers).on_disk().cloned(),
        }
    }
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
        assert_eq!(BrokersHere::below(tree(&[&files]).path()).cpus.to_string(), "2-3,5");
        assert_eq!(BrokersHere::below(tree(&[&files[..2]]).path()), BrokersHere::default());
    }
}
