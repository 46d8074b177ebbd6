//! From a point to a command line, and from there to arguments: what a campaign runs is what `pinload run` or `pinload
//! capacity` would.

use crate::cli::args::{Command, Pinload, RunArgs};
use crate::cli::plans;
use crate::cli::tool_args::CapacityArgs;
use crate::config::campaign_file::{Measure, SettingKind, SettingValue};
use crate::config::{CampaignFile, Problem, Problems};
use crate::plan::Plan;
use crate::plan::resolve::Machine;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is done at one point.
#[derive(Debug)]
pub(super) struct PointRun {
    /// The arguments.
    pub(super) args: PointRunArgs,
    /// Warm-up and measurement; of a search its budget.
    pub(super) load: Duration,
    /// What the waits at its beginning and its end may take at most.
    pub(super) waits: Duration,
    /// Payloads that its workload file names itself.
    pub(super) payload: Option<PathBuf>,
}

/// Arguments, and what there is to be done by them.
#[derive(Debug)]
pub(super) enum PointRunArgs {
    /// A run.
    Run(Box<RunArgs>, Box<Plan>),
    /// A search, which plans each of its trials.
    Capacity(Box<CapacityArgs>),
}

/// Arguments as parsed.
enum Point {
    Run(Box<RunArgs>),
    Capacity(Box<CapacityArgs>),
}

/// Options that a campaign has for all its runs, or that ask for something else than a run.
const OWN_OPTIONS: [&str; 18] = [
    "--csv",
    "--output",
    "--output-dir",
    "--junit",
    "--tui",
    "--save",
    "--metrics-addr",
    "--record-raw",
    "--console",
    "--quiet",
    "--verbose",
    "--no-progress",
    "--color",
    "--help",
    "--version",
    "--drivers",
    "--workers",
    "--workers-file",
];

/// One knob as a point has it.
struct PointSetting<'f> {
    knob: &'f SettingKind,
    value: &'f SettingValue,
    line: Option<usize>,
}

impl PointSetting<'_> {
    fn names_a_driver(&self) -> bool {
        match self.knob {
            SettingKind::Driver => true,
            SettingKind::Option(name) => {
                ["--drivers", "--bootstrap", "--embedded"].contains(&name.as_str()) && self.value.0 != ["false"]
            }
            _ => false,
        }
    }
}

/// Every point's arguments, in the order of `points`. Errors: all that is wrong with any, each once, with the line in
/// the campaign file.
pub(super) fn trips(file: &CampaignFile, points: &[Vec<usize>], machine: &Machine) -> Result<Vec<PointRun>, Problems> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut trips = Vec::new();
    for steps in points {
        let turned = turned(file, steps);
        match trip(file, &turned, machine) {
            Ok(trip) => trips.push(trip),
            Err(Problems(found)) => {
                for problem in found {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
    }
    if problems.is_empty() { Ok(trips) } else { Err(Problems(problems)) }
}

fn turned<'f>(file: &'f CampaignFile, steps: &[usize]) -> Vec<PointSetting<'f>> {
    let settings = file.settings.iter().map(|set| PointSetting { knob: &set.knob, value: &set.value, line: set.line });
    let dimensions = file.dimensions.iter().zip(steps).flat_map(|(dimension, step)| {
        dimension.knobs.iter().map(|varied| PointSetting {
            knob: &varied.knob,
            value: &varied.values[*step],
            line: varied.line,
        })
    });
    settings.chain(dimensions).collect()
}

fn trip(file: &CampaignFile, turned: &[PointSetting<'_>], machine: &Machine) -> Result<PointRun, Problems> {
    let own = turned.iter().find(|one| OWN_OPTIONS.contains(&one.knob.name()));
    if let Some(own) = own {
        let what = "is no option of a campaign's runs: files, workers and outputs are the campaign's own";
        return Err(Problem::of_key(&file.path, own.line, own.knob.name(), what).into());
    }
    let args = parsed(file, turned)?;
    let (run, budget) = match &args {
        Point::Run(run) => (run.as_ref(), None),
        Point::Capacity(capacity) => (&capacity.run, Some(capacity.budget)),
    };
    let made = match budget {
        None => plans::make(run, machine, false),
        Some(_) => plans::make_for_trials(run, machine),
    };
    let (mut plans, files) = made.map_err(|problems| by_line(file, turned, problems))?;
    let Some(plan) = plans.pop().filter(|_| plans.is_empty()) else {
        return Err(Problem::of_file(&file.path, "each point is one workload on one driver: name one of each").into());
    };
    if budget.is_none() && plan.duration.is_none() {
        let what = "is missing, and the workload has no end: write for example --duration: 30s";
        return Err(Problem::of_key(&file.path, file.document.line("settings"), "--duration", what).into());
    }
    let load = budget.unwrap_or_else(|| plan.warmup + plan.duration.unwrap_or_default());
    let waits = if budget.is_some() { Duration::ZERO } else { waits(&plan) };
    let payload = files.workloads.into_iter().find_map(|workload| workload.payload_file);
    let payload = payload.filter(|_| turned.iter().all(|one| *one.knob != SettingKind::Payload));
    let args = match args {
        Point::Run(args) => PointRunArgs::Run(args, Box::new(plan)),
        Point::Capacity(args) => PointRunArgs::Capacity(args),
    };
    Ok(PointRun { args, load, waits, payload })
}

fn waits(plan: &Plan) -> Duration {
    let limits = &plan.limits;
    limits.connect + limits.topics * 2 + limits.ready + limits.flush + limits.catch_up
}

fn parsed(file: &CampaignFile, turned: &[PointSetting<'_>]) -> Result<Point, Problems> {
    let folder = file.folder();
    let command = match file.measure {
        Measure::Run => "run",
        Measure::Capacity => "capacity",
    };
    let mut argv: Vec<OsString> = vec!["pinload".into(), command.into()];
    for one in turned {
        argv.extend(one.knob.words(one.value, folder).into_iter().map(OsString::from));
    }
    let workload = turned.iter().find(|one| *one.knob == SettingKind::Workload);
    argv.extend(workload.iter().flat_map(|one| &one.value.0).map(|path| folder.join(path).into()));
    match Pinload::parse_from_argv(&argv, clap::ColorChoice::Never) {
        Ok(Pinload { command: Command::Run(run) }) => Ok(Point::Run(run)),
        Ok(Pinload { command: Command::Capacity(capacity) }) => Ok(Point::Capacity(capacity)),
        Ok(_) => Err(Problem::of_file(&file.path, "asks for something else than runs").into()),
        Err(error) => Err(mistyped(file, turned, &error).into()),
    }
}

/// The parser's complaint, about the knob whose word it names.
fn mistyped(file: &CampaignFile, turned: &[PointSetting<'_>], complaint: &clap::Error) -> Problem {
    if complaint.kind() == ErrorKind::MissingRequiredArgument && !turned.iter().any(PointSetting::names_a_driver) {
        let what =
            "names no driver; write driver: FILE.yaml, or in settings --bootstrap: HOST:PORT or --embedded: true";
        return Problem::of_file(&file.path, what);
    }
    let complaint = complaint.to_string();
    let said = complaint.trim_start_matches("error: ");
    let said = said.split("\n\nUsage").next().unwrap_or(said).split("\n\nFor more").next().unwrap_or(said);
    let said = said.replace("\n\n", "; ");
    let named = turned.iter().find(|one| {
        let option = one.knob.option();
        let option = option.split(' ').next().unwrap_or_default();
        let values = || one.value.0.iter().any(|text| said.contains(text.as_str()));
        // Of several properties the one whose value is complained of.
        said.contains(option) && (matches!(one.knob, SettingKind::Option(_)) || values())
    });
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match named {
        Some(one) => Problem::of_key(&file.path, one.line, one.knob.name(), said),
        None => Problem::of_file(&file.path, said),
    }
}

/// What is wrong with an option is wrong with the knob that set it.
fn by_line(file: &CampaignFile, turned: &[PointSetting<'_>], Problems(problems): Problems) -> Problems {
    let moved = problems.into_iter().map(|problem| {
        let of_option = problem.key.as_deref().filter(|_| problem.file == Path::new(""));
        let knob = turned.iter().find(|one| of_option.is_some_and(|option| option == one.knob.option()));
        match knob {
            Some(one) => Problem::of_key(&file.path, one.line, one.knob.name(), problem.what),
            None => problem,
        }
    });
    Problems(moved.collect())
}
