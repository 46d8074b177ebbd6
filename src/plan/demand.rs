//! What the clients of a run take of a machine: at least this, before a message is sent.

use super::{ClientPlan, DriverKind, PayloadPlan, Plan};
use crate::os::host_capacity::HostCapacity;
use crate::telemetry::{Role, Shape};
use crate::units::{counted, format_count, format_size};

const MIB: u64 = 1 << 20;
/// A client beside its segment: measured 2.3 MiB without a client library.
const CLIENT_BYTES: u64 = 5 * MIB / 2;
/// librdkafka in it: threads, connections, buffers, with nothing outstanding.
const LIBRARY_BYTES: u64 = 3 * MIB;
/// The supervisor by itself, and what it keeps of each client (its histograms).
const SUPERVISOR_BYTES: u64 = 40 * MIB;
const KEPT_OF_CLIENT_BYTES: u64 = 3 * MIB / 10;
/// Rows of a client's timeline: at most, and bytes of one.
const MOST_ROWS: u64 = 2_300;
const ROW_BYTES: u64 = 200;
/// librdkafka's own thread, and one for each connection: the address given, a broker, the group's coordinator. And the
/// loop.
const TASKS_WITH_LIBRARY: u64 = 5;
/// The supervisor's threads, a helper's, and some to spare.
const OTHER_TASKS: u64 = 16;
/// Of each client the supervisor has its segment open, and its end of what the process is told through.
const FILES_OF_CLIENT: u64 = 2;
/// The supervisor's own files, and some to spare.
const OTHER_FILES: u64 = 64;

/// The least that the clients of one host need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Client processes.
    pub clients: u64,
    /// Memory of all processes, shared memory included.
    pub memory_bytes: u64,
    /// Of it in /dev/shm.
    pub shared_memory_bytes: u64,
    /// Processes and their threads.
    pub tasks: u64,
    /// Files that the supervisor has open.
    pub open_files: u64,
}

impl Plan {
    /// What the clients of this plan take.
    pub fn demand(&self) -> Demand {
        let clients = self.clients.len() as u64;
        let segment = |client: &ClientPlan| {
            let rows = match client.role {
                Role::Producer => 1,
                Role::Consumer => self.producers_of(client.topic).max(1),
            };
            let shape = Shape::new(client.role, client.index, rows);
            shape.with_partitions(self.partitions_of(client.topic)).total_bytes() as u64
        };
        let payloads = match &self.message.payload {
            _ if self.producers() == 0 => 0,
            PayloadPlan::Randomized { pool, .. } => u64::from(*pool),
            PayloadPlan::Folder { files, .. } => u64::from(*files),
            PayloadPlan::Distribution { sizes, .. } => sizes.len() as u64,
            PayloadPlan::File { .. } | PayloadPlan::Given { .. } => 1,
        };
        let shared_memory_bytes =
            self.clients.iter().map(segment).sum::<u64>() + payloads * u64::from(self.message.largest_bytes);
        let (library_bytes, tasks) = match self.driver.kind {
            DriverKind::Null => (0, 1),
            DriverKind::Kafka | DriverKind::Embedded => (LIBRARY_BYTES, TASKS_WITH_LIBRARY),
        };
        let seconds = self.duration.map_or(u64::MAX, |duration| (self.warmup + duration).as_secs());
        let each = CLIENT_BYTES + library_bytes + KEPT_OF_CLIENT_BYTES + seconds.min(MOST_ROWS) * ROW_BYTES;
        Demand {
            clients,
            memory_bytes: SUPERVISOR_BYTES + clients * each + shared_memory_bytes,
            shared_memory_bytes,
            tasks: clients * tasks + OTHER_TASKS,
            open_files: clients * FILES_OF_CLIENT + OTHER_FILES,
        }
    }
}

/// What to do about it.
const INSTEAD: &str =
    "take fewer producers or consumers, or spread them over several machines (pinload worker on each, run -w)";

impl Demand {
    /// Why it cannot be met at all, with figures; None: it can, as far as is known.
    pub fn refusal(&self, room: &HostCapacity) -> Option<String> {
        let clients = counted(self.clients, "client");
        if let Some(has) = room.memory_bytes.filter(|has| self.memory_bytes > *has) {
            let (needs, has) = (format_size(self.memory_bytes), format_size(has));
            return Some(format!(
                "{clients} need at least {needs} of memory, this machine (or its control group) has {has}: {INSTEAD}"
            ));
        }
        if let Some(has) = room.shared_memory_free_bytes.filter(|has| self.shared_memory_bytes > *has) {
            let (needs, has) = (format_size(self.shared_memory_bytes), format_size(has));
            return Some(format!(
                "{clients} need {needs} of shared memory, {has} are free in /dev/shm: make it larger (docker run \
                 --shm-size, an emptyDir with medium Memory, mount -o remount,size=… /dev/shm), or {INSTEAD}"
            ));
        }
        if let Some(has) = room.tasks_free.filter(|has| self.tasks > *has) {
            let (needs, has) = (format_count(self.tasks), format_count(has));
            return Some(format!(
                "{clients} need about {needs} processes and threads, {has} can be started (pids.max of the control \
                 group, ulimit -u, kernel.pid_max, kernel.threads-max): raise that, or {INSTEAD}"
            ));
        }
        let has = room.open_files.filter(|has| self.open_files > *has)?;
        let (needs, has) = (format_count(self.open_files), format_count(has));
        Some(format!(
            "{clients} need about {needs} open files, {has} are allowed (ulimit -Hn): raise that, or {INSTEAD}"
        ))
    }

    /// What is short just now; None: nothing, as far as is known.
    pub fn warning(&self, room: &HostCapacity) -> Option<String> {
        let has = room.memory_free_bytes.filter(|has| self.memory_bytes > *has)?;
        let (clients, needs, has) = (counted(self.clients, "client"), format_size(self.memory_bytes), format_size(has));
        Some(format!(
            "{clients} need at least {needs} of memory, {has} are free now: the machine may swap or end processes"
        ))
    }
}

impl std::fmt::Display for Demand {
    /// `at least 1.4 GiB of memory, 801.6 MiB of it in /dev/shm; about 1,016 processes and threads`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "at least {} of memory, {} of it in /dev/shm; about {} processes and threads",
            format_size(self.memory_bytes),
            format_size(self.shared_memory_bytes),
            format_count(self.tasks)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const GIB: u64 = 1 << 30;

    fn of(clients: usize) -> Demand {
        let mut plan = Plan::for_tests(Duration::ZERO, Some(Duration::from_secs(60)));
        plan.clients = vec![plan.clients[0].clone(); clients];
        plan.demand()
    }

    #[test]
    fn eight_thousand_clients_are_refused_on_a_small_machine_with_both_figures() {
        let room = HostCapacity { memory_bytes: Some(24 * GIB), ..HostCapacity::default() };
        let refusal = of(8_001).refusal(&room).unwrap();
        assert!(refusal.starts_with("8,001 clients need at least "), "{refusal}");
        assert!(
            refusal.contains(" GiB of memory, this machine (or its control group) has 24.0 GiB: take fewer"),
            "{refusal}"
        );
        assert!(of(8_001).memory_bytes > 50 * GIB, "{:?}", of(8_001));
        assert_eq!(of(200).refusal(&room), None);
        assert_eq!(of(8_001).refusal(&HostCapacity::default()), None, "nothing is known");
    }

    #[test]
    fn each_kind_of_room_is_looked_at() {
        let demand = of(100);
        for (room, words) in [
            (
                HostCapacity { shared_memory_free_bytes: Some(64 << 20), ..HostCapacity::default() },
                "64.0 MiB are free in /dev/shm",
            ),
            (HostCapacity { tasks_free: Some(100), ..HostCapacity::default() }, "100 can be started"),
            (HostCapacity { open_files: Some(128), ..HostCapacity::default() }, "128 are allowed"),
        ] {
            let refusal = demand.refusal(&room).unwrap();
            assert!(refusal.contains(words), "{refusal}");
        }
        let busy =
            HostCapacity { memory_bytes: Some(4 * GIB), memory_free_bytes: Some(GIB / 2), ..HostCapacity::default() };
        assert_eq!(demand.refusal(&busy), None);
        assert!(demand.warning(&busy).is_some_and(|warning| warning.contains("512.0 MiB are free now")));
    }
}
