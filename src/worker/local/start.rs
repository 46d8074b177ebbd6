//! Starting clients: a segment and a process for each, then the wait until every one is connected; later the release of
//! all at one epoch.

mod client_spec;

use super::{Client, History, LocalWorker, facts, observe, partitions};
use crate::driver::ErrorClass;
use crate::load::payloads;
use crate::os::host_capacity::raise_open_files;
use crate::os::process::{self, Launch};
use crate::plan::{ClientPlan, PlacementPolicy};
use crate::telemetry::payload_pool::PoolOwner;
use crate::telemetry::{ClientState, Role, Shape, SupervisorEnd, Wanted};
use crate::units::first_few;
use crate::worker::naming::group_name;
use crate::worker::{SystemError, WorkerError};
use std::time::Duration;

/// On top of the clients' own limit of connecting, so that it is they who say why: their start, and that of those
/// before them.
const START_MARGIN: Duration = Duration::from_secs(5);
/// So many clients for each CPU are on their way at a time: enough to fill the time that brokers take, and few enough
/// that each has the CPU to come to its end. All at once would be late together.
const STARTING_PER_CPU: usize = 16;
/// Time between the order to run and the epoch: every client must have seen the order before.
const RELEASE_NS: u64 = 250_000_000;
/// And more of it for many clients.
const RELEASE_PER_CLIENT_NS: u64 = 2_000_000;

impl LocalWorker {
    /// Writes the payloads of the run into a segment that all producers map.
    pub(super) fn make_payload_pool(&mut self) -> Result<(), WorkerError> {
        let message = &self.plan()?.message;
        let payloads = payloads::make(message).map_err(SystemError::payload)?;
        let pool = PoolOwner::create(&payloads.values, &payloads.weights);
        self.pool = Some(pool.map_err(SystemError::from)?);
        Ok(())
    }

    /// Starts all clients of a role and waits until each has said ready, or why not.
    pub(super) fn start_clients(&mut self, role: Role, topics: &[String]) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        // That it can be is a matter of the plan; where it could not, opening fails and says so.
        raise_open_files(plan.demand().open_files);
        let planned: Vec<ClientPlan> = plan.clients.iter().filter(|client| client.role == role).cloned().collect();
        for client in planned {
            self.await_turn(role)?;
            let topic = topics[client.topic as usize].clone();
            let group = match client.subscription {
                Some(number) => Some(self.group(client.topic, number, &topic)?),
                None => None,
            };
            self.start_client(client, topic, group)?;
        }
        self.await_ready(role, 0)
    }

    /// Waits until another client of a role may be started.
    pub(super) fn await_turn(&mut self, role: Role) -> Result<(), WorkerError> {
        let at_once = self.plan()?.placement.allowed.len().max(1) * STARTING_PER_CPU;
        if self.of_role(role).count() < at_once { Ok(()) } else { self.await_ready(role, at_once - 1) }
    }

    /// Waits until at most so many clients of a role are not ready yet. The error names them.
    pub(super) fn await_ready(&mut self, role: Role, most: usize) -> Result<(), WorkerError> {
        let limit = self.plan()?.limits.connect;
        if self.wait_for(limit + START_MARGIN, |worker| Ok(worker.starting(role)? <= most))? {
            return Ok(());
        }
        let late: Vec<String> = self
            .of_role(role)
            .filter(|client| client.end.state() < Some(ClientState::Ready))
            .map(|client| format!("{} {}", role, client.plan.index))
            .collect();
        let why = format!("{} did not connect within {} s", first_few(&late, ", "), limit.as_secs());
        Err(WorkerError::Unreachable(why))
    }

    pub(super) fn start_client(
        &mut self,
        client: ClientPlan,
        topic: String,
        group: Option<String>,
    ) -> Result<(), WorkerError> {
        let plan = self.plan()?;
        let rows = match client.role {
            Role::Producer => 1,
            Role::Consumer => plan.producers_of(client.topic).max(1),
        };
        let shape = Shape::new(client.role, client.index, rows).with_partitions(plan.partitions_of(client.topic));
        let mut end = SupervisorEnd::create(shape).map_err(SystemError::from)?;
        end.want(Wanted::Connect);
        end.set_wall_offset(self.clock.wall_offset().offset_ns);
        let spec = self.spec(plan, &client, &end, &topic, group.as_deref());
        let stdin = serde_json::to_vec(&spec).map_err(SystemError::from)?;
        let pinned = plan.placement.policy != PlacementPolicy::None;
        let launch = Launch {
            args: vec![client.role.to_string(), client.index.to_string()],
            cpus: pinned.then(|| client.placement.io_cpus.clone()),
            memory_policy: client.placement.memory_policy.clone(),
            stdin,
            capture_stdout: false,
            show_stderr: true,
        };
        let process =
            process::launch(&launch).map_err(SystemError::starting(format!("{} {}", client.role, client.index)));
        let process = match process {
            Ok(process) => process,
            Err(error) => {
                end.unlink();
                return Err(error.into());
            }
        };
        self.clients.push(Client {
            pid: process.pid(),
            raw_samples: self.raw_file(&client),
            history: History::new(client.role).keeping_seconds(self.keep_seconds),
            plan: client,
            topic,
            group,
            process,
            end,
            exit: None,
            observed: observe::Masks::default(),
            watch: facts::UsageWatch::default(),
            moments: Vec::new(),
            partitions: partitions::PartitionSpan::default(),
        });
        Ok(())
    }

    /// The name of a group: the coordinator's, or made when first asked for.
    fn group(&mut self, topic: u32, number: u32, topic_name: &str) -> Result<String, WorkerError> {
        if let Some(known) = self.groups.get(&(topic, number)) {
            return Ok(known.clone());
        }
        let name = group_name(self.plan()?, topic_name, number);
        self.groups.insert((topic, number), name.clone());
        Ok(name)
    }

    /// How many clients of a role are not ready yet. Unlinks segments as their clients attach. Err: one has failed.
    fn starting(&mut self, role: Role) -> Result<usize, WorkerError> {
        let mut starting = 0;
        for client in self.clients.iter_mut().filter(|client| client.plan.role == role) {
            let now = client.end.state();
            if now >= Some(ClientState::Attached) {
                client.end.unlink();
            }
            if now == Some(ClientState::Failed) {
                return Err(failure(client));
            }
            starting += usize::from(now < Some(ClientState::Ready));
        }
        Ok(starting)
    }

    /// The earliest moment at which all clients can have seen the order to run.
    pub fn earliest_epoch_ns(&self) -> u64 {
        let count = u64::try_from(self.clients.len()).unwrap_or(u64::MAX);
        self.clock.now_ns() + RELEASE_NS + count * RELEASE_PER_CLIENT_NS
    }

    /// Orders the schedule and releases all clients at `epoch_ns`, which lies ahead.
    pub fn start_load_at(&mut self, epoch_ns: u64) -> Result<u64, WorkerError> {
        let rate = self.plan()?.rate.clone();
        for client in &self.clients {
            if client.plan.role == Role::Producer {
                client.end.order_rate(rate.order(client.plan.index, epoch_ns));
            }
            client.end.set_epoch(epoch_ns);
            client.end.want(Wanted::Run);
        }
        for client in &mut self.clients {
            client.history.begin(epoch_ns, client.end.counters());
        }
        self.epoch_ns = epoch_ns;
        self.period_from_ns = epoch_ns;
        self.wall_anchor.begin_load();
        self.observe_masks();
        self.watch_from_here();
        Ok(epoch_ns)
    }
}

/// The error of a client that gave up.
pub(super) fn failure(client: &Client) -> WorkerError {
    let words = client.end.last_words().unwrap_or_else(|| "no reason given".to_owned());
    let text = format!("{} {}: {words}", client.plan.role, client.plan.index);
    driver_error(client.end.gave_up_for().unwrap_or(ErrorClass::System), text)
}

/// A driver's error as the worker's.
pub(super) fn driver_error(class: ErrorClass, text: String) -> WorkerError {
    match class {
        ErrorClass::Unreachable => WorkerError::Unreachable(text),
        ErrorClass::Authentication => WorkerError::Authentication(text),
        ErrorClass::Topics => WorkerError::Topics(text),
        ErrorClass::Configuration => WorkerError::Configuration(text),
        ErrorClass::System => SystemError::Told(text).into(),
    }
}
