//! `pinload calibrate`: what this machine and build can do without a broker, measured part by part and stored for later
//! results.
//!
//! Measuring stands in `loops`, `gaps` and `end_to_end`; where the figures go, and what a run finds there, in `store`.

mod end_to_end;
mod loops;
mod store;
mod waited;

pub(super) use store::standing;

use super::exit::ExitStatus;
use super::messages::Messages;
use super::plans::read_machine;
use super::root;
use super::tool_args::{CalibrateArgs, CalibrationPart};
use super::values::SHORTEST_MEASUREMENT as SHORTEST;
use crate::os::affinity::CpuSet;
use crate::os::clock::{Calibration, Clock, MIN_BASELINE};
use crate::os::clock_cost::ClockCosts;
use crate::os::gaps;
use crate::os::scheduling::Steal;
use crate::os::signals::Signal;
use crate::plan::PlacementPolicy;
use crate::plan::placement::{PlacementWishes, place};
use crate::plan::resolve::Machine;
use crate::report::floor::{Disturbance, Floor, FloorSchema, Identity, floor_text};
use crate::units::{counted, format_duration};
use crate::worker::Interruption;
use crossbeam_channel::Receiver;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use waited::{Waited, stolen_percent};

/// Why a calibration ends before its time.
enum CalibrationStop {
    /// A signal.
    Interrupted(Interruption),
    /// A part failed.
    Failed(ExitStatus, String),
}

/// What all parts need.
struct CalibrationContext<'a> {
    machine: Machine,
    clock: Clock,
    /// The CPU of loops, as `plan` would deal it to the only client.
    loop_cpu: Option<usize>,
    each: Duration,
    signals: &'a Receiver<Signal>,
    /// True: end what is measured.
    stop: Arc<AtomicBool>,
    /// What the loops waited for their CPU, so far.
    loops_waited: Cell<Waited>,
}

/// Measures what was asked for, prints it, stores a whole calibration.
pub(super) fn calibrate(args: &CalibrateArgs, messages: &mut Messages, signals: &Receiver<Signal>) -> ExitStatus {
    let mut floor = match measure(args, messages, signals) {
        Ok(floor) => floor,
        Err(CalibrationStop::Interrupted(by)) => {
            messages.warn("interrupted: nothing was stored");
            return by.into();
        }
        Err(CalibrationStop::Failed(status, why)) => {
            messages.error(&why);
            return status;
        }
    };
    floor.calibrated_at = crate::report::origin::now();
    if args.json {
        match serde_json::to_string_pretty(&floor) {
            Ok(text) => messages.result(&text),
            Err(error) => messages.error(&format!("cannot write the figures: {error}")),
        }
        floor.caveats().iter().for_each(|caveat| messages.warn(&caveat.text));
    } else {
        messages.table(&floor_text(&floor));
    }
    let whole = CalibrationPart::ALL.iter().all(|part| args.wants(*part));
    if args.output.is_none() && !whole {
        messages
            .info("note", "not stored: only a whole calibration is put beside results (or name a file with --output)");
        return ExitStatus::Success;
    }
    match store::write(&floor, args.output.as_deref()) {
        Ok(path) => {
            messages.info("wrote", &path.display().to_string());
            ExitStatus::Success
        }
        Err(why) => {
            messages.error(&why);
            ExitStatus::ResultsNotWritten
        }
    }
}

fn measure(
    args: &CalibrateArgs,
    messages: &mut Messages,
    signals: &Receiver<Signal>,
) -> Result<Floor, CalibrationStop> {
    let refused = |why: String| CalibrationStop::Failed(ExitStatus::ConfigurationRefused, why);
    let machine = read_machine(root()).map_err(|why| CalibrationStop::Failed(ExitStatus::MachineRefused, why))?;
    // Both need a second of baseline: it passes at once.
    let (calibration, for_the_run) = (Calibration::begin(root()), Calibration::begin(root()));
    let usable = machine.topology.online().intersection(&machine.allowed);
    let watched = args.cpus.as_ref().map_or(usable.clone(), |cpus| cpus.0.iter().copied().collect());
    let outside = watched.difference(&usable);
    if !outside.is_empty() {
        return Err(refused(format!("--cpus: CPU {outside} cannot be used here (usable are {usable})")));
    }
    let wishes = PlacementWishes {
        cpus: args.cpus.as_ref().map(|cpus| cpus.0.clone()),
        policy: PlacementPolicy::Spread,
        ..PlacementWishes::default()
    };
    let placed = place(&machine.topology, &machine.allowed, &machine.memory_policy, &wishes, 1, 0, None)
        .map_err(|error| refused(error.to_string()))?;
    let loop_cpu = placed.clients.first().and_then(|client| client.hot_cpu);
    let each = args.seconds;
    messages.info("part", &announced(args, &watched, each));
    let (stop, loops_waited) = (Arc::new(AtomicBool::new(false)), Cell::new(Waited::default()));
    let desk = CalibrationContext {
        machine,
        clock: calibration.finish(MIN_BASELINE),
        loop_cpu,
        each,
        signals,
        stop,
        loops_waited,
    };
    let (begun, stolen_before) = (Instant::now(), Steal::read(root()));
    let mut floor = Floor {
        schema: FloorSchema::current(),
        identity: Identity::capture(root()),
        calibrated_at: String::new(),
        measured_each_s: each.as_secs_f64(),
        loop_cpu,
        loops: Vec::new(),
        pacing: Vec::new(),
        clock_costs: None,
        gaps: Vec::new(),
        end_to_end: None,
        disturbance: None,
        warnings: Vec::new(),
    };
    if args.wants(CalibrationPart::Clock) {
        floor.clock_costs = Some(desk.listening(|| ClockCosts::measure(&desk.clock))?);
    }
    if args.wants(CalibrationPart::Loop) {
        floor.loops = loops::speeds(&desk, messages)?;
    }
    if args.wants(CalibrationPart::Pacing) {
        floor.pacing = loops::ladder(&desk, messages)?;
    }
    if args.wants(CalibrationPart::Gaps) {
        let length = each_gaps(each, watched.len());
        for cpu in watched.iter() {
            messages.info("gaps", &format!("CPU {cpu}"));
            let seen = desk.listening(|| gaps::watch(cpu, &desk.clock, length, &desk.stop))?;
            floor
                .gaps
                .push(seen.map_err(|error| CalibrationStop::Failed(ExitStatus::MachineRefused, error.to_string()))?);
        }
    }
    if args.wants(CalibrationPart::EndToEnd) {
        desk.go_on()?;
        floor.end_to_end = Some(end_to_end::run(&desk, for_the_run, messages, &mut floor.warnings)?);
    }
    desk.go_on()?;
    let stolen = stolen_percent(stolen_before.as_ref(), Steal::read(root()).as_ref(), begun.elapsed());
    floor.disturbance = Some(Disturbance::new(&floor.gaps, desk.loops_waited.get().percent(), stolen));
    Ok(floor)
}

/// What will be done and how long it takes.
fn announced(args: &CalibrateArgs, watched: &CpuSet, each: Duration) -> String {
    let names: Vec<_> = CalibrationPart::ALL.iter().filter(|part| args.wants(**part)).map(|part| part.name()).collect();
    let gaps = if args.wants(CalibrationPart::Gaps) {
        format!(" · gaps on {}", counted(watched.len(), "CPU"))
    } else {
        String::new()
    };
    format!("{} · {} for each measurement{gaps}", names.join(", "), format_duration(each))
}

/// So many CPUs are watched for the whole length; more share the time of these.
const CPUS_AT_LENGTH: u32 = 8;

/// How long each of `cpus` CPUs is watched for gaps.
fn each_gaps(each: Duration, cpus: usize) -> Duration {
    let cpus = u32::try_from(cpus).unwrap_or(u32::MAX).max(CPUS_AT_LENGTH);
    (each * CPUS_AT_LENGTH / cpus).max(SHORTEST.min(each))
}

impl CalibrationContext<'_> {
    /// Err: a signal has come since.
    fn go_on(&self) -> Result<(), CalibrationStop> {
        match super::run::interrupted(self.signals) {
            Some(by) => Err(CalibrationStop::Interrupted(by)),
            None => Ok(()),
        }
    }

    /// Measures on another thread while this one listens to signals; the first that ends programs ends the measurement.
    fn listening<T: Send>(&self, what: impl FnOnce() -> T + Send) -> Result<T, CalibrationStop> {
        self.go_on()?;
        let (finished, end) = crossbeam_channel::bounded::<()>(0);
        std::thread::scope(|scope| {
            let measuring = scope.spawn(move || {
                let _until_all_is_done = finished;
                what()
            });
            let mut interrupted = None;
            loop {
                crossbeam_channel::select! {
                    recv(self.signals) -> signal => match signal {
                        Ok(Signal::Interrupt) => interrupted = Some(Interruption::Interrupt),
                        Ok(Signal::Terminate) => interrupted = Some(Interruption::Terminate),
                        Ok(Signal::Child) => continue,
                        // Nobody sends any more: only the end is waited for.
                        Err(_) => break,
                    },
                    recv(end) -> _ => break,
                }
                self.stop.store(true, Ordering::Relaxed);
            }
            let measured = measuring.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            interrupted.map_or(Ok(measured), |by| Err(CalibrationStop::Interrupted(by)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_cpus_share_the_time_of_a_few() {
        let second = Duration::from_secs(1);
        assert_eq!([1, 2, 8].map(|cpus| each_gaps(second, cpus)), [second; 3]);
        assert_eq!(each_gaps(second, 16), Duration::from_millis(500));
        assert_eq!(each_gaps(second, 1_000), Duration::from_millis(100));
    }
}
