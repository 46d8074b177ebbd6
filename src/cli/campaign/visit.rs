//! One run of a campaign: a point, visited once more.

use super::folder::{self, RUNS};
use super::point_run::PointRunArgs;
use super::{Campaign, progress, refused};
use crate::campaign::matrix::Visit;
use crate::cli::args::{ConsoleForm, RunArgs};
use crate::cli::exit::ExitStatus;
use crate::cli::messages::Messages;
use crate::cli::run::fleet_of;
use crate::cli::tool_args::CapacityArgs;
use crate::cli::{calibrate, capacity, root, workload_and_driver};
use crate::os::signals::Signal;
use crate::plan::Plan;
use crate::report::floor::FloorStanding;
use crossbeam_channel::Receiver;
use std::path::Path;

/// One run; its result relative to the folder, empty where it left none that can be used.
pub(super) fn visit_point(
    campaign: &Campaign,
    visit: Visit,
    folder: &Path,
    log: &mut Messages,
    signals: &Receiver<Signal>,
) -> (ExitStatus, String) {
    // A folder for each point, which comparisons take as repeats of the same thing.
    let point = format!("{RUNS}/p{:03}", visit.point + 1);
    let name = format!("{point}/r{:02}", visit.repeat + 1);
    if let Err(error) = std::fs::create_dir_all(folder.join(&point)) {
        log.error(&format!("cannot make {point}: {error}"));
        return (ExitStatus::ResultsNotWritten, String::new());
    }
    log.step(&format!("---- {name}: {}", progress::settings(&campaign.file, &campaign.points[visit.point])));
    match &campaign.trips[visit.point].args {
        PointRunArgs::Run(args, plan) => {
            let output = folder.join(format!("{name}.json"));
            let args =
                RunArgs { output: Some(output), console: ConsoleForm::Rows, tui: false, ..args.as_ref().clone() };
            let (status, detail) = run_once(&args, plan, log, signals);
            (status, if detail { format!("{name}.detail") } else { String::new() })
        }
        PointRunArgs::Capacity(args) => {
            let below = folder.join(&name);
            // What an interrupted search left is no part of this one.
            drop(std::fs::remove_dir_all(&below));
            if let Err(error) = std::fs::create_dir_all(&below) {
                log.error(&format!("cannot make {}: {error}", below.display()));
                return (ExitStatus::ResultsNotWritten, String::new());
            }
            let run = RunArgs { output_dir: below.clone(), ..args.run.clone() };
            let args = CapacityArgs { run, ..args.as_ref().clone() };
            let status = capacity::capacity(&args, log, signals);
            let files = folder::files_below(&below).unwrap_or_default();
            let answer = files.into_iter().map(|(file, _)| file).find(|file| file.ends_with("capacity.json"));
            (status, answer.map(|file| format!("{name}/{file}")).unwrap_or_default())
        }
    }
}

/// As `pinload run` does it. True: there is a result to be looked at.
fn run_once(args: &RunArgs, plan: &Plan, log: &mut Messages, signals: &Receiver<Signal>) -> (ExitStatus, bool) {
    let fleet = match fleet_of(args, log) {
        Ok(fleet) => fleet,
        Err(status) => return (status, false),
    };
    let ran = match &fleet {
        Some(fleet) => workload_and_driver::run_pair_on(fleet, plan, args, &FloorStanding::Elsewhere, log, signals),
        None => {
            let floor = match calibrate::standing(args.floor.as_ref(), root()) {
                Ok(floor) => floor,
                Err(why) => return (refused(log, &why, ExitStatus::ConfigurationRefused), false),
            };
            workload_and_driver::run_pair(plan, args, &floor, log, signals, &mut None)
        }
    };
    let measured = [ExitStatus::Success, ExitStatus::NotValid, ExitStatus::GoalMissed, ExitStatus::SystemFailed];
    (ran.status, measured.contains(&ran.status) && ran.detail.is_some())
}
