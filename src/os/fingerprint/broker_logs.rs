//! Kafka brokers on this machine, where their logs lie, and how much the kernel lets wait to be written there.

use super::files::FilesBelow;
use std::path::Path;

/// The class that a broker's process runs.
const BROKER: &str = "kafka.Kafka";
/// Where a broker's log lies when nobody says.
const DEFAULT_FOLDER: &str = "/tmp/kafka-logs";
/// The kernel counts dirty pages, of this size on all machines that brokers usually run on.
const PAGE_BYTES: u64 = 4_096;

/// Logs of brokers, and what is written but not on a disk yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct BrokerLogFacts {
    /// With more than this not written to a disk yet the kernel makes wait whoever writes.
    pub unwritten_limit_bytes: Option<u64>,
    /// Folders that the brokers which can be seen keep their logs in.
    pub logs: Vec<BrokerLog>,
}

/// A folder that a broker keeps its log in.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct BrokerLog {
    /// The broker's process.
    pub broker_pid: usize,
    /// The folder, as the broker sees it.
    pub log_folder: String,
    /// Kind of its file system; tmpfs is memory; null: not known.
    pub file_system: Option<String>,
}

impl BrokerLog {
    /// Is it on something that is written back? None: not known.
    pub fn is_written_back(&self) -> Option<bool> {
        self.file_system.as_deref().map(|kind| !matches!(kind, "tmpfs" | "ramfs"))
    }
}

impl BrokerLogFacts {
    /// The first log on something that is written back; None: none is known.
    pub fn on_disk(&self) -> Option<&BrokerLog> {
        self.logs.iter().find(|log| log.is_written_back() == Some(true))
    }

    pub(super) fn read(files: &FilesBelow) -> Self {
        Self::of(files, &running_brokers(files))
    }

    /// Of these brokers.
    pub(super) fn of(files: &FilesBelow, brokers: &[(usize, String)]) -> Self {
        let logs = brokers.iter().flat_map(|(pid, command)| logs_of(files, *pid, command)).collect();
        Self { unwritten_limit_bytes: unwritten_limit_bytes(files), logs }
    }
}

fn unwritten_limit_bytes(files: &FilesBelow) -> Option<u64> {
    let text = files.text("proc/vmstat")?;
    let pages = |name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.trim().parse().ok()
    };
    Some((pages("nr_dirty_threshold")? + pages("nr_dirty_background_threshold")?) / 2 * PAGE_BYTES)
}

/// Processes of brokers, with their command lines.
pub(super) fn running_brokers(files: &FilesBelow) -> Vec<(usize, String)> {
    let commands = files.numbered("proc", "").into_iter().filter_map(|pid| {
        let command = files.text(&format!("proc/{pid}/cmdline"))?;
        Some((pid, command))
    });
    commands.filter(|(_, command)| command.split('\0').any(|word| word == BROKER)).collect()
}

/// None of a broker whose settings cannot be read.
fn logs_of(files: &FilesBelow, pid: usize, command: &str) -> Vec<BrokerLog> {
    let mut words = command.split('\0').skip_while(|word| *word != BROKER).skip(1);
    let Some(settings) = words.next().filter(|word| word.starts_with('/')) else { return Vec::new() };
    // As the broker sees it: it may live in a container.
    let Some(settings) = files.text(&format!("proc/{pid}/root{settings}")) else { return Vec::new() };
    let mut set: Vec<&str> = settings.lines().collect();
    // What the command line sets holds over the file.
    set.extend(words.filter(|word| !word.starts_with("--")));
    let last = |name: &str| {
        let mut values = set.iter().rev().filter_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix('='));
        values.next().map(str::trim)
    };
    let mounts = files.text(&format!("proc/{pid}/mounts")).unwrap_or_default();
    let folders = last("log.dirs").or_else(|| last("log.dir")).unwrap_or(DEFAULT_FOLDER).split(',').map(str::trim);
    folders
        .map(|folder| BrokerLog {
            broker_pid: pid,
            log_folder: folder.to_owned(),
            file_system: file_system_of(&mounts, folder),
        })
        .collect()
}

/// Of the mount that holds the folder: the longest, and of equals the last.
fn file_system_of(mounts: &str, folder: &str) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let above = mounted.filter(|(place, _)| Path::new(folder).starts_with(place));
    above.max_by_key(|(place, _)| place.len()).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fingerprint::for_tests::tree;

    const MOUNTS: &str = "/dev/vda / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n/dev/vdb /data xfs rw 0 0\n";

    fn logs(command: &str, settings: &str) -> Vec<(String, Option<String>)> {
        let files = [
            ("proc/1/cmdline", "/sbin/init"),
            ("proc/77/cmdline", command),
            ("proc/77/mounts", MOUNTS),
            ("proc/77/root/etc/server.properties", settings),
        ];
        let facts = BrokerLogFacts::read(&FilesBelow::below(tree(&[&files]).path()));
        assert!(facts.logs.iter().all(|log| log.broker_pid == 77));
        facts.logs.into_iter().map(|log| (log.log_folder, log.file_system)).collect()
    }

    fn on(folder: &str, kind: &str) -> (String, Option<String>) {
        (folder.to_owned(), Some(kind.to_owned()))
    }

    #[test]
    fn a_brokers_log_is_where_its_settings_say() {
        let started = "java\0-Xmx1g\0-cp\0libs/*\0kafka.Kafka\0/etc/server.properties\0";
        let two = "node.id=1\nlog.dirs = /data/kafka, /dev/shm/kafka\n#log.dirs=/old\n";
        assert_eq!(logs(started, two), [on("/data/kafka", "xfs"), on("/dev/shm/kafka", "tmpfs")]);
        assert_eq!(logs(started, "log.dir=/database\n"), [on("/database", "ext4")], "no part of /data");
        assert_eq!(logs(started, ""), [on("/tmp/kafka-logs", "ext4")]);
        let over = format!("{started}--override\0log.dirs=/dev/shm/other\0");
        assert_eq!(logs(&over, two), [on("/dev/shm/other", "tmpfs")]);
    }

    #[test]
    fn what_is_no_broker_or_cannot_be_read_has_no_log() {
        assert_eq!(logs("java\0kafka.tools.StorageTool\0format\0", ""), []);
        assert_eq!(logs("grep\0kafka.Kafka\0", ""), []);
        assert_eq!(logs("java\0kafka.Kafka\0config/server.properties\0", ""), []);
        assert_eq!(logs("java\0kafka.Kafka\0/etc/others.properties\0", ""), []);
    }

    #[test]
    fn what_may_wait_is_half_way_between_the_kernels_two_thresholds() {
        let vmstat = [("proc/vmstat", "nr_dirty 5\nnr_dirty_threshold 3000\nnr_dirty_background_threshold 1000\n")];
        let facts = BrokerLogFacts::read(&FilesBelow::below(tree(&[&vmstat]).path()));
        assert_eq!(facts.unwritten_limit_bytes, Some(2_000 * PAGE_BYTES));
        assert_eq!(BrokerLogFacts::read(&FilesBelow::below(tree(&[]).path())), BrokerLogFacts::default());
    }
}
