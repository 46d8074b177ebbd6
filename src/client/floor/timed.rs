//! Runs a loop with a supervisor's orders, on its CPU, and takes its time.

use super::loops::Loop;
use super::stepped::Stepped;
use super::supervise::{LoopObservation, LoopSupervisor};
use super::{Job, LEAD_NS, Length, LoopResult, TimeMode, system};
use crate::client::measuring;
use crate::client::run_time::RunTime;
use crate::driver::DriverError;
use crate::os::affinity::{CpuSet, pin_current_thread};
use crate::os::usage;
use crate::plan::schedule::interval_q32;
use crate::stats::{Counter, Distribution};
use crate::telemetry::{ClientEnd, RateOrder, Role, Shape, SupervisorEnd, Wanted};
use crate::units::Rate;

/// What came of a job whose loop is ready to run.
pub(super) fn timed(job: &Job, mut work: impl Loop) -> Result<LoopResult, DriverError> {
    if matches!(job.length, Length::Messages(_)) && job.parts.0 & measuring::TELEMETRY == 0 {
        return Err(system("a number of messages", "can only be seen with telemetry"));
    }
    let mut supervisor =
        SupervisorEnd::create(Shape::new(job.role, 0, 1)).map_err(|error| system("no segment", error))?;
    let mut end =
        ClientEnd::attach(supervisor.name(), supervisor.shape()).map_err(|error| system("no segment", error))?;
    supervisor.unlink();
    let spin = job.cpu.is_some();
    match job.passing {
        TimeMode::Real => {
            let supervise = LoopSupervisor::new(supervisor, job);
            let (order, orders) = crossbeam_channel::bounded(1);
            let thread = std::thread::Builder::new()
                .name("supervisor".to_owned())
                .spawn(move || supervise.run(&orders))
                .map_err(|error| system("no thread", error))?;
            pin(job)?;
            let epoch_ns = job.clock.now_ns() + LEAD_NS;
            // It waits for this, and lives until the loop has ended.
            let _ = order.send(epoch_ns);
            let measured = measure(|| work.run(&RunTime(job.clock), &mut end, spin));
            drop(order);
            let seen = thread.join().map_err(|_| system("the supervisor's thread", "panicked"))?;
            measured.outcome(job.role, seen)
        }
        TimeMode::Stepped(step_ns) => {
            pin(job)?;
            let Length::Time(length) = job.length else {
                return Err(system("stepped time", "the length must be a time"));
            };
            let length_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
            give_orders(&supervisor, job, LEAD_NS);
            let time = Stepped::new(job.clock, step_ns, LEAD_NS + length_ns, supervisor, ending(job.role));
            let measured = measure(|| work.run(&time, &mut end, true));
            measured.outcome(job.role, LoopObservation::of_stepped(time.into_supervisor()))
        }
    }
}

/// The orders of a supervisor that begins a load.
pub(super) fn give_orders(supervisor: &SupervisorEnd, job: &Job, epoch_ns: u64) {
    let interval_q32 = match job.pace {
        Rate::Unlimited => 0,
        Rate::PerSecond(per_s) => interval_q32(1.0, per_s),
    };
    supervisor.order_rate(RateOrder { start_ns: epoch_ns, interval_q32 });
    supervisor.set_epoch(epoch_ns);
    supervisor.want(Wanted::Run);
}

/// The order that ends a loop.
pub(super) fn ending(role: Role) -> Wanted {
    match role {
        Role::Producer => Wanted::Quiesce,
        Role::Consumer => Wanted::Exit,
    }
}

fn pin(job: &Job) -> Result<(), DriverError> {
    match job.cpu {
        Some(cpu) => pin_current_thread(&CpuSet::of(cpu)).map_err(|error| system("cannot pin the loop", error)),
        None => Ok(()),
    }
}

/// A loop's result and what it took.
struct LoopRun {
    pauses: Distribution,
    elapsed_ns: u64,
    cpu_ns: u64,
    process_cpu_ns: u64,
}

fn measure(work: impl FnOnce() -> Result<Distribution, DriverError>) -> Result<LoopRun, DriverError> {
    let cpu = |usage: usage::Usage| usage.cpu_user_ns + usage.cpu_system_ns;
    let (process, thread) = (cpu(usage::of_self()), cpu(usage::of_thread()));
    let begun = std::time::Instant::now();
    let pauses = work()?;
    Ok(LoopRun {
        pauses,
        elapsed_ns: u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX),
        cpu_ns: cpu(usage::of_thread()) - thread,
        process_cpu_ns: cpu(usage::of_self()) - process,
    })
}

trait IntoOutcome {
    fn outcome(self, role: Role, seen: LoopObservation) -> Result<LoopResult, DriverError>;
}

impl IntoOutcome for Result<LoopRun, DriverError> {
    fn outcome(self, role: Role, seen: LoopObservation) -> Result<LoopResult, DriverError> {
        let LoopRun { pauses, elapsed_ns, cpu_ns, process_cpu_ns } = self?;
        let LoopObservation { counters, pacing_error, largest_slot_bytes } = seen;
        let messages = match role {
            Role::Producer => counters[Counter::MessagesEnqueued],
            Role::Consumer => counters[Counter::MessagesReceived],
        };
        // Before the epoch there is nothing to do.
        let elapsed_ns = elapsed_ns.saturating_sub(LEAD_NS).max(1);
        Ok(LoopResult {
            messages,
            elapsed_ns,
            cpu_ns,
            process_cpu_ns,
            counters,
            pacing_error,
            pauses,
            largest_slot_bytes,
            sink: None,
        })
    }
}
