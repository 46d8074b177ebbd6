//! A consumer's side of its group: what it is assigned, what it commits, whether it is paused.

use crate::driver::ConsumerEvents;
use crate::driver::kafka::native::{GroupClient, GroupMember, fetch_has_begun};
use crate::driver::kafka::watch::ClientErrors;
use rdkafka::client::ClientContext as _;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// What is known of the group, and what is to be done there. It is called from `poll` on our own thread.
#[derive(Debug, Default)]
pub(super) struct GroupMembership {
    watch: ClientErrors,
    /// Do we commit?
    commits: bool,
    always_timed: bool,
    closing: AtomicBool,
    paused: AtomicBool,
    rebalances: AtomicU64,
    /// Partitions that are ours and are read: whose fetching has begun, or is paused.
    assigned: AtomicU64,
    /// Are there some more, whose fetching has not begun?
    positions_open: AtomicBool,
    commit_in_flight: AtomicBool,
    /// In commits that wait for the broker's answer.
    commit_wait_ns: AtomicU64,
    commits_succeeded: AtomicU64,
    commits_failed: AtomicU64,
}

impl GroupMembership {
    /// Of a consumer that `commits`, or leaves that to librdkafka. `always_timed`: the record's time is wanted of
    /// messages with a stamp too.
    pub(super) fn new(commits: bool, always_timed: bool) -> Self {
        Self { commits, always_timed, ..Self::default() }
    }

    pub(super) fn errors(&self) -> &ClientErrors {
        &self.watch
    }

    pub(super) fn always_timed(&self) -> bool {
        self.always_timed
    }

    pub(super) fn commit_wait_ns(&self) -> u64 {
        self.commit_wait_ns.load(Relaxed)
    }

    pub(super) fn commit_in_flight(&self) -> bool {
        self.commit_in_flight.load(Relaxed)
    }

    /// What has happened so far, but for what the queue of fetched messages did.
    pub(super) fn events(&self) -> ConsumerEvents {
        ConsumerEvents {
            rebalances: self.rebalances.load(Relaxed),
            assigned: self.assigned.load(Relaxed),
            commits_succeeded: self.commits_succeeded.load(Relaxed),
            commits_failed: self.commits_failed.load(Relaxed),
            client_errors: self.watch.errors(),
            all_brokers_down: self.watch.all_brokers_down(),
            fetch_pauses: 0,
            fetch_paused_ns: 0,
        }
    }

    /// An asynchronous commit begins; `committed` ends it.
    pub(super) fn commit_begins(&self) {
        self.commit_in_flight.store(true, Relaxed);
    }

    /// From now on partitions are given back without a commit.
    pub(super) fn leaves(&self) {
        self.closing.store(true, Relaxed);
    }

    pub(super) fn has_left(&self) {
        self.assigned.store(0, Relaxed);
    }

    /// Pauses or resumes the partitions of `client`, and those that it will be given.
    pub(super) fn set_paused(&self, paused: bool, client: Option<&GroupClient<Self>>) {
        self.paused.store(paused, Relaxed);
        if let Some(client) = client {
            self.apply_pause(client);
        }
    }

    /// Looks for the beginnings of partitions that are not read yet, while there are such.
    pub(super) fn look_for_open_positions(&self, client: &GroupClient<Self>) {
        if self.positions_open.load(Relaxed) {
            self.look_for_positions(client);
        }
    }

    /// Counts the end of a commit by librdkafka's code. With nothing new to commit it is neither a success nor a
    /// failure.
    pub(super) fn committed(&self, code: i32) {
        self.commit_in_flight.store(false, Relaxed);
        if code == 0 {
            self.commits_succeeded.fetch_add(1, Relaxed);
        } else if code != RDKafkaErrorCode::NoOffset as i32 {
            self.commits_failed.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn commit_sync(&self, client: &GroupClient<Self>) {
        self.committed(self.commit_and_wait(client));
    }

    /// The next owner begins at what is committed: without this it would receive again what we have received.
    ///
    /// Kafka takes it while the group is being rearranged, librdkafka's mock cluster refuses it. That is no trouble
    /// with committing: what comes again because of it is counted where it comes.
    fn commit_before_leaving_partitions(&self, client: &GroupClient<Self>) {
        match self.commit_and_wait(client) {
            code if code == RDKafkaErrorCode::RebalanceInProgress as i32 => {}
            code => self.committed(code),
        }
    }

    /// Commits what was handed out and waits for the answer: librdkafka's code.
    fn commit_and_wait(&self, client: &GroupClient<Self>) -> i32 {
        let begun = Instant::now();
        let code = match client.commit_consumer_state(CommitMode::Sync) {
            Ok(()) => 0,
            Err(error) => error.rdkafka_error_code().map_or(RDKafkaErrorCode::Fail as i32, |code| code as i32),
        };
        let waited_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.commit_wait_ns.fetch_add(waited_ns, Relaxed);
        code
    }

    fn apply_pause(&self, client: &GroupClient<Self>) {
        let Ok(assignment) = client.assignment() else { return };
        let result = if self.paused.load(Relaxed) { client.pause(&assignment) } else { client.resume(&assignment) };
        if let Err(error) = result {
            self.watch.error(error, "pausing or resuming partitions failed");
        }
    }

    /// A partition counts as assigned from the moment on from which nothing in it can be missed: with
    /// `auto.offset.reset=latest` that is later than the assignment, on a busy machine by a tenth of a second and more.
    fn look_for_positions(&self, client: &GroupClient<Self>) {
        let Ok(assignment) = client.assignment() else { return };
        let paused = self.paused.load(Relaxed);
        let elements = assignment.elements();
        let all = elements.len();
        let begun =
            elements.iter().filter(|one| paused || fetch_has_begun(client, one.topic(), one.partition())).count();
        self.positions_open.store(begun < all, Relaxed);
        self.assigned.store(u64::try_from(begun).unwrap_or(u64::MAX), Relaxed);
    }
}

impl GroupMember for GroupMembership {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }

    fn before_revoke(&self, client: &GroupClient<Self>) {
        if self.commits && !self.closing.load(Relaxed) && !client.assignment_lost() {
            self.commit_before_leaving_partitions(client);
        }
    }

    fn after_rebalance(&self, client: &GroupClient<Self>, assigned: bool) {
        if assigned {
            self.rebalances.fetch_add(1, Relaxed);
            if self.paused.load(Relaxed) {
                self.apply_pause(client);
            }
        }
        self.look_for_positions(client);
    }

    fn auto_committed(&self, result: KafkaResult<()>) {
        let code = result.map_or_else(|error| error.rdkafka_error_code().map_or(-1, |code| code as i32), |()| 0);
        self.committed(code);
    }
}
