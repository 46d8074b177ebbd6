//! What the coordinator needs to know of a protocol: how a phase is asked for over HTTP, and how the answer is read.
//! Who is asked, how long it is waited for, and what becomes of the run when a worker is lost, is the coordinator's.

use super::DistributedWorkers;
use super::calls::{FleetAnswer, FleetRequest};
use super::errors::NotAdmitted;
use super::heartbeat::FleetAlarm;
use super::peer::{Peer, PeerCallError};
use crate::plan::Plan;
use crate::telemetry::Role;
use crate::worker::wire::pinload::{TopicNames, WorkerGreeting};
use crate::worker::{
    CountersStats, LatencySet, LiveCounters, PeriodStats, ProgressText, RunEnd, SubscriptionBalance, WorkerError,
    WorkerLoss,
};
use crossbeam_channel::Receiver;
use std::fmt::Debug;
use std::time::Duration;

/// How far consumers are that catch up with what was acknowledged.
#[derive(Debug)]
pub(super) enum CatchUpState {
    /// More is to come.
    Waiting,
    /// Everything has come, or nothing more will.
    Over,
    /// It has taken too long, in words.
    GivenUp(String),
}

/// Who speaks it, and what a failure means. The verbs stand in the traits below.
pub(super) trait FleetProtocol: Debug + Sized + 'static {
    /// What stands before the name of a call.
    const PREFIX: &'static str;
    /// Limit of a call that takes no time of its own.
    const CALL_LIMIT: Duration;
    /// The call that ends a run.
    const STOP: &'static str;
    /// Between two questions whether a worker is still there.
    const BEAT_EVERY: Duration;
    /// Between two looks at consumers that catch up, ns.
    const LOOK_EVERY_NS: u64;
    /// What is known of one worker.
    type Known: Debug + Default;

    /// The run's id, which goes with every call; None: the protocol knows none.
    fn run(&self) -> Option<u64>;
    /// Err: why this worker cannot be driven, its address named. `hello` is what one of pinload's said of itself.
    fn admits(peer: &Peer, hello: Option<&WorkerGreeting>) -> Result<(), NotAdmitted>;
    /// What a refusal or an answer that cannot be read means for the run. `loading`: the load has begun.
    fn refused(worker: &str, verb: &str, error: PeerCallError, loading: bool) -> WorkerError;
    /// A call came to nothing.
    fn failed(worker: &str, verb: &str, error: PeerCallError, loading: bool) -> WorkerError {
        match error {
            PeerCallError::NoAnswer(cause) => {
                WorkerError::WorkerLost(WorkerLoss { worker: worker.to_owned(), cause: cause.to_string() })
            }
            error => Self::refused(worker, verb, error, loading),
        }
    }

    /// Is the worker there, and well? `missed`: the question before had no answer. `ended` is closed with the run.
    fn beat(worker: usize, peer: &Peer, missed: &mut bool, ended: &Receiver<()>) -> Option<FleetAlarm>;
}

/// How a run begins.
pub(super) trait FleetBeginning: FleetEnding {
    /// The run begins on all workers, which are there and free. Hands the plan to `take_plan` before anything begins.
    fn initialize(fleet: &mut DistributedWorkers<Self>, plan: Plan) -> Result<(), WorkerError>;
    /// Body of the first worker's order to make the topics.
    fn topics_order(plan: &Plan) -> Result<Vec<u8>, WorkerError>;
    /// The topics that it made.
    fn topics_made(fleet: &DistributedWorkers<Self>, answer: &FleetAnswer<Vec<u8>>) -> Result<TopicNames, WorkerError>;
    /// The orders to start the clients of a role.
    fn client_orders(
        fleet: &DistributedWorkers<Self>,
        role: Role,
        topics: &[String],
    ) -> Result<Vec<FleetRequest>, WorkerError>;
    /// One more probe from each producer.
    fn probe(fleet: &mut DistributedWorkers<Self>) -> Result<(), WorkerError> {
        fleet.post(Role::Producer, "probe-producers", Self::CALL_LIMIT)
    }
    /// What is missing before the load may begin, in words.
    fn missing(fleet: &mut DistributedWorkers<Self>) -> Result<Vec<String>, WorkerError>;
    /// The load begins; returns its epoch, raw ns.
    fn start(fleet: &mut DistributedWorkers<Self>) -> Result<u64, WorkerError>;
    /// Body of the order to go on at this rate of all producers.
    fn rate_order(fleet: &DistributedWorkers<Self>, total_per_s: f64) -> Result<Vec<u8>, WorkerError>;
}

/// What workers report while the load goes on.
pub(super) trait FleetFigures: FleetEnding {
    /// Totals, read now.
    fn live(fleet: &mut DistributedWorkers<Self>) -> Result<LiveCounters, WorkerError>;
    /// The same as OMB counts.
    fn counters_stats(fleet: &mut DistributedWorkers<Self>) -> Result<CountersStats, WorkerError> {
        let LiveCounters { counters, expected_receipts, receipts, .. } = Self::live(fleet)?;
        Ok(CountersStats::of(&counters, expected_receipts, receipts))
    }
    /// What each worker has to say of the period that ends at `boundary_ns`.
    fn periods(fleet: &mut DistributedWorkers<Self>, boundary_ns: u64) -> Result<Vec<PeriodStats>, WorkerError>;
    /// Latencies since the measurement began, asked for at its end.
    fn cumulative_latencies(fleet: &mut DistributedWorkers<Self>) -> Result<LatencySet, WorkerError>;
    /// The same while it goes on.
    fn latencies_so_far(fleet: &mut DistributedWorkers<Self>) -> Result<LatencySet, WorkerError> {
        Self::cumulative_latencies(fleet)
    }
    /// The measurement begins at `boundary_ns`.
    fn reset(fleet: &mut DistributedWorkers<Self>, boundary_ns: u64) -> Result<(), WorkerError>;
    /// Per topic, subscription and producer, where the workers can tell one message from another.
    fn balances(_fleet: &DistributedWorkers<Self>) -> Result<Vec<SubscriptionBalance>, WorkerError> {
        Ok(Vec::new())
    }
}

/// How a run ends.
pub(super) trait FleetEnding: FleetProtocol {
    /// Until when consumers are waited for.
    type CatchUp;

    /// Producers stop, as far as the protocol can say so.
    fn stop_producers(fleet: &mut DistributedWorkers<Self>) -> Result<(), WorkerError>;
    /// The wait for consumers begins.
    fn begin_catch_up(fleet: &DistributedWorkers<Self>) -> Result<Self::CatchUp, WorkerError>;
    /// One look at them.
    fn look_at_catch_up(
        fleet: &mut DistributedWorkers<Self>,
        catch_up: &mut Self::CatchUp,
    ) -> Result<CatchUpState, WorkerError>;
    /// Before a run is ended that ends as planned; may take its time.
    fn before_stop(_fleet: &mut DistributedWorkers<Self>, _tell: ProgressText<'_>) {}
    /// Before the call that ends a run, however it ends; nobody listens to alarms any more.
    fn let_go(_fleet: &mut DistributedWorkers<Self>) {}
    /// What member number `member` answered to that call. Err: what went wrong, its address named.
    fn stopped(
        fleet: &mut DistributedWorkers<Self>,
        member: usize,
        answer: Result<Vec<u8>, PeerCallError>,
    ) -> Result<(), WorkerError>;
    /// Adds what the workers have told to the end of the run.
    fn complete(fleet: &mut DistributedWorkers<Self>, end: &mut RunEnd);
}
