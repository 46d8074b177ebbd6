//! What a worker has going: nothing, or one run. The main thread owns it and answers calls with it, one after the
//! other.

use super::{Call, Reply, WorkerStatus};
use crate::os::clock::Calibration;
use crate::os::host::{HostIdentity, wall_clock};
use crate::os::signals::Signal;
use crate::plan::placement::PlacementWishes;
use crate::plan::resolve::Machine;
use crate::stats::Counters;
use crate::worker::local::LocalWorker;
use crate::worker::metrics::ledger::Present;
use crate::worker::metrics::{MetricsEndpoint, Scrape};
use crate::worker::wire::pinload::{PREFIX, RunStopped, WIRE, WorkerGreeting, run_text};
use crate::worker::{Wake, Worker, WorkerError, untold};
use crossbeam_channel::Receiver;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How a worker behaves.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Where its clients go.
    pub placement: PlacementWishes,
    /// Without a call for so long a run is ended, unless its coordinator names another time.
    pub lease: Duration,
    /// Delete topics that were made under OMB's protocol?
    pub delete_topics: bool,
    /// May payloads that come under OMB's protocol be stamped?
    pub stamps: bool,
    /// Folder in which clients record their raw samples.
    pub record_raw: Option<PathBuf>,
}

/// The run that a worker has going, if any, and what the next one needs.
#[derive(Debug)]
pub struct Session {
    pub(super) machine: Machine,
    pub(super) manner: SessionOptions,
    pub(super) worker_status: Arc<WorkerStatus>,
    root: PathBuf,
    signals: Receiver<Signal>,
    calibration: Option<Calibration>,
    pub(super) run: Option<SessionRun>,
    /// While nothing runs; a run has it in its worker.
    metrics: Option<MetricsEndpoint>,
    /// What happened, for the log.
    log: Vec<String>,
}

/// A run that is going on.
#[derive(Debug)]
pub(super) struct SessionRun {
    /// The coordinator's id; None: OMB's protocol, which has none.
    pub(super) id: Option<u64>,
    pub(super) worker: LocalWorker,
    pub(super) lease: Duration,
    /// May its payloads be stamped?
    pub(super) stamps: bool,
    /// Epoch of the load, raw ns; 0 before.
    pub(super) epoch_ns: u64,
    /// Counters as last told to OMB's coordinator.
    pub(super) told_counters: Counters,
    /// A death has been told.
    told: bool,
}

/// So many times the lease a coordinator of OMB may be silent before the load: it has no sign of life but its calls,
/// and may be busy with topics and clients of other workers for minutes.
const PATIENCE_BEFORE_LOAD: u32 = 10;

impl SessionRun {
    /// How long its coordinator may be silent.
    fn patience(&self) -> Duration {
        let setting_up = self.id.is_none() && self.epoch_ns == 0;
        if setting_up { self.lease.saturating_mul(PATIENCE_BEFORE_LOAD) } else { self.lease }
    }
}

impl Session {
    /// Nothing going on. `signals` end the waits of verbs; `metrics` is where scrapes are answered.
    pub fn new(
        machine: Machine,
        manner: SessionOptions,
        worker_status: Arc<WorkerStatus>,
        signals: Receiver<Signal>,
        metrics: MetricsEndpoint,
        root: &Path,
    ) -> Self {
        let calibration = Some(Calibration::begin(root));
        let (root, metrics) = (root.to_owned(), Some(metrics));
        Self { machine, manner, worker_status, root, signals, calibration, run: None, metrics, log: Vec::new() }
    }

    /// Answers a scrape between two calls; within one the worker does. A scrape is no sign of life of a coordinator.
    pub fn answer_scrape(&mut self, scrape: Scrape) {
        match (&mut self.run, &self.metrics) {
            (Some(run), _) => run.worker.answer_scrape(scrape),
            (None, Some(metrics)) => metrics.answer(scrape, &Present::default()),
            (None, None) => {}
        }
    }

    /// Answers one call.
    pub fn answer(&mut self, call: &Call) -> Reply {
        self.worker_status.called();
        let reply = match (call.path.strip_prefix(PREFIX), self.foreign(call)) {
            (Some("hello"), _) => Reply::json(&self.hello()),
            (_, Some(refusal)) => refusal,
            (Some(verb), None) => super::pinload::answer(self, verb, call),
            (None, None) => super::omb::answer(self, call),
        };
        // A verb may have taken long: its coordinator lived all the time.
        self.worker_status.called();
        reply
    }

    /// A call that belongs to another run than the one that is going on.
    fn foreign(&self, call: &Call) -> Option<Reply> {
        let active = run_text(self.run.as_ref()?.id?);
        match &call.run {
            Some(run) if *run == active => None,
            Some(run) => Some(conflict(&format!("run {active} is active here; run {run} has to wait for its end"))),
            None => Some(conflict(&format!("run {active} of a pinload coordinator is active here: wait for its end"))),
        }
    }

    fn hello(&self) -> WorkerGreeting {
        WorkerGreeting {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wire: WIRE,
            host: HostIdentity::read(&self.root),
            wall_clock: wall_clock(),
            run: self.run.as_ref().and_then(|run| run.id).map(run_text),
            omb_run: self.has_omb_run(),
        }
    }

    /// Is a run going on that OMB's protocol has begun?
    pub(super) fn has_omb_run(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.id.is_none())
    }

    /// A new run, on the ruins of the one before where there is one.
    pub(super) fn begin(&mut self, id: Option<u64>, lease: Duration) -> &mut SessionRun {
        self.end("a new run begins");
        // Signals of the time before are nothing to the new run.
        while self.signals.try_recv().is_ok() {}
        let calibration = self.calibration.take().unwrap_or_else(|| Calibration::begin(&self.root));
        let mut worker = LocalWorker::new(self.signals.clone(), calibration, &self.root);
        self.metrics.take().into_iter().for_each(|metrics| worker.serve_metrics(metrics));
        worker.record_raw(self.manner.record_raw.clone());
        self.worker_status.set_run(id);
        let stamps = self.manner.stamps;
        self.run.insert(SessionRun {
            id,
            worker,
            lease,
            stamps,
            epoch_ns: 0,
            told_counters: Counters::default(),
            told: false,
        })
    }

    /// Ends what is going on, for the reason that stands in the log. What the worker has to say of it comes back.
    pub(super) fn end(&mut self, why: &str) -> Option<Result<RunStopped, WorkerError>> {
        let mut run = self.run.take()?;
        self.log.push(format!("the run is ended: {why}"));
        let end = run.worker.stop_all(&mut untold);
        self.metrics = run.worker.leave_metrics();
        match &end {
            Ok(end) => self.log.extend(end.warnings.iter().map(|warning| warning.text.clone())),
            Err(error) => self.log.push(error.to_string()),
        }
        self.worker_status.set_run(None);
        self.calibration = Some(Calibration::begin(&self.root));
        let statuses = run.worker.statuses();
        if run.id.is_none() {
            let mut counters = Counters::default();
            statuses.iter().for_each(|status| counters.add(&status.counters));
            self.log.extend(super::omb::end_to_end_words(&counters));
        }
        Some(end.map(|end| RunStopped { end, statuses }))
    }

    /// Between calls, at least once a second: deaths are noticed, and a coordinator that is gone.
    pub fn tick(&mut self) {
        let Some(run) = &mut self.run else {
            self.metrics.iter_mut().filter(|metrics| metrics.roll_is_due()).for_each(MetricsEndpoint::roll);
            return;
        };
        let now_ns = run.worker.now_ns();
        match run.worker.wait_until(now_ns) {
            Wake::ClientDied(death) if !std::mem::replace(&mut run.told, true) => {
                self.log.push(death.to_string());
                self.worker_status.set_death(death);
            }
            Wake::BrokerLost(loss) => {
                self.log.push(loss.to_string());
                self.worker_status.set_loss(loss);
            }
            _ => {}
        }
        let silence = self.worker_status.silence();
        let lease = run.patience();
        if silence > lease {
            let lease = lease.as_secs();
            self.end(&format!("its coordinator has not called for {lease} s (the lease)"));
        }
    }

    /// The program ends.
    pub fn close(&mut self, why: &str) {
        self.end(why);
    }

    /// What happened since this was last asked, line by line.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub(super) fn log(&mut self, line: String) {
        self.log.push(line);
    }
}

fn conflict(why: &str) -> Reply {
    Reply::text(409, why)
}
