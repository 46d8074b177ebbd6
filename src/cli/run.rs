//! `pinload run` and `pinload plan`: every workload on every driver.

use super::args::RunArgs;
use super::exit::ExitStatus;
use super::junit_file::JunitFile;
use super::messages::Messages;
use super::{calibrate, fleet, plans, root, save, summary, workload_and_driver};
use crate::os::signals::Signal;
use crate::plan::Plan;
use crate::plan::resolve::Machine;
use crate::report::floor::FloorStanding;
use crate::telemetry::sweep::sweep_dead;
use crate::worker::Interruption;
use crate::worker::fleet::{FleetSettings, split};
use crate::worker::metrics::MetricsEndpoint;
use crate::worker::server::metrics_page;
use crossbeam_channel::Receiver;
use std::time::Instant;

/// Runs all pairs in order. One that fails does not stop the next; an interruption does.
pub(super) fn run(args: &RunArgs, messages: &mut Messages, signals: &Receiver<Signal>) -> ExitStatus {
    let (machine, plans) = match prepare(args, false, messages) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    for name in sweep_dead() {
        messages.detail(&format!("removed {name}: shared memory of a pinload that was killed"));
    }
    messages.detail(&summary::machine(&machine));
    let fleet = match fleet_of(args, messages) {
        Ok(fleet) => fleet,
        Err(status) => return status,
    };
    let mut metrics = match metrics(args, fleet.is_some(), messages) {
        Ok(metrics) => metrics,
        Err(status) => return status,
    };
    let floor = match calibrate::standing(args.floor.as_ref(), root()) {
        Ok(_) if fleet.is_some() => FloorStanding::Elsewhere,
        Ok(floor) => floor,
        Err(why) => {
            messages.error(&why);
            return ExitStatus::ConfigurationRefused;
        }
    };
    let mut junit = args.junit.as_deref().map(JunitFile::new);
    one_by_one(&plans, |plan| match interrupted(signals) {
        Some(by) => by.into(),
        None => {
            let begin = Instant::now();
            let ran = match &fleet {
                Some(fleet) => workload_and_driver::run_pair_on(fleet, plan, args, &floor, messages, signals),
                None => workload_and_driver::run_pair(plan, args, &floor, messages, signals, &mut metrics),
            };
            let Some(junit) = &mut junit else { return ran.status };
            ran.status.then(junit.add(plan, &ran, begin.elapsed(), messages))
        }
    })
}

/// The metrics page, where one is asked for; it serves from here on, and is answered while runs go on.
fn metrics(args: &RunArgs, on_workers: bool, messages: &mut Messages) -> Result<Option<MetricsEndpoint>, ExitStatus> {
    let Some(wanted) = args.metrics_addr else { return Ok(None) };
    if on_workers {
        messages.error(
            "--metrics-addr: this run's clients are on workers, and each worker has a metrics page of its own \
             (pinload worker --stats-port): let Prometheus scrape those and add them up",
        );
        return Err(ExitStatus::ConfigurationRefused);
    }
    match metrics_page::listen(wanted) {
        Ok((address, scrapes)) => {
            messages.step(&format!("metrics on http://{address}/metrics"));
            Ok(Some(MetricsEndpoint::new(scrapes, true)))
        }
        Err(error) => {
            messages.error(&format!("--metrics-addr: {error}: take another address, or end who has it"));
            Err(ExitStatus::MachineRefused)
        }
    }
}

/// Prints all plans.
pub(super) fn plan(args: &RunArgs, messages: &mut Messages) -> ExitStatus {
    match prepare(args, true, messages) {
        Ok((machine, plans)) => {
            messages.step(&summary::machine(&machine));
            let fleet = match fleet_of(args, messages) {
                Ok(fleet) => fleet,
                Err(status) => return status,
            };
            for plan in &plans {
                messages.result(plan.to_string().trim_end());
            }
            if let Some(FleetSettings { workers, extra_consumers, .. }) = fleet {
                let duties = split::duties(workers.len(), extra_consumers);
                split::log_lines(&workers, &duties).iter().for_each(|line| messages.result(line));
            }
            ExitStatus::Success
        }
        Err(status) => status,
    }
}

/// The workers of the run, or what is wrong with them, said.
pub(super) fn fleet_of(args: &RunArgs, messages: &mut Messages) -> Result<Option<FleetSettings>, ExitStatus> {
    fleet::settings(args, messages).map_err(|wrong| {
        wrong.iter().for_each(|why| messages.error(why));
        ExitStatus::ConfigurationRefused
    })
}

/// The machine and the plans, or what is wrong with them, said. `only_shown`: nothing will run.
fn prepare(args: &RunArgs, only_shown: bool, messages: &mut Messages) -> Result<(Machine, Vec<Plan>), ExitStatus> {
    let machine = plans::read_machine(root()).map_err(|why| {
        messages.error(&why);
        ExitStatus::MachineRefused
    })?;
    let (plans, files) = plans::make(args, &machine, only_shown).map_err(|problems| {
        for problem in &problems.0 {
            messages.error(&problem.to_string());
        }
        ExitStatus::ConfigurationRefused
    })?;
    if let Some(folder) = &args.start.save {
        save::save(args, &files, folder, messages).map_err(|why| {
            messages.error(&why);
            ExitStatus::ResultsNotWritten
        })?;
    }
    Ok((machine, plans))
}

fn one_by_one<T>(plans: &[T], mut run_pair: impl FnMut(&T) -> ExitStatus) -> ExitStatus {
    let mut status = ExitStatus::Success;
    for plan in plans {
        status = status.then(run_pair(plan));
        if status.is_interruption() {
            break;
        }
    }
    status
}

/// A signal that came between two runs, when no worker was listening.
pub(super) fn interrupted(signals: &Receiver<Signal>) -> Option<Interruption> {
    signals.try_iter().find_map(|signal| match signal {
        Signal::Interrupt => Some(Interruption::Interrupt),
        Signal::Terminate => Some(Interruption::Terminate),
        Signal::Child => None,
    })
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::*;
    use super::*;

    #[test]
    fn a_failed_run_does_not_stop_the_next_but_an_interruption_does() {
        let mut ran = Vec::new();
        let status = one_by_one(&[Success, BrokerRefused, Success, ClientDied], |&status| {
            ran.push(status);
            status
        });
        assert_eq!((status, ran.len()), (BrokerRefused, 4));
        let mut ran = 0;
        let status = one_by_one(&[BrokerRefused, Interrupted, Success], |&status| {
            ran += 1;
            status
        });
        assert_eq!((status, ran), (Interrupted, 2));
    }

    #[test]
    fn a_signal_between_two_runs_is_not_lost() {
        let (send, receive) = crossbeam_channel::unbounded();
        assert_eq!(interrupted(&receive), None);
        send.send(Signal::Child).unwrap();
        assert_eq!(interrupted(&receive), None);
        send.send(Signal::Child).unwrap();
        send.send(Signal::Terminate).unwrap();
        assert_eq!(interrupted(&receive), Some(Interruption::Terminate));
    }
}
