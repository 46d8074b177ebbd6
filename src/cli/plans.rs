//! All files read and all plans made before anything starts; every mistake of every file at once.

use super::args::RunArgs;
use crate::config::yaml::YamlDocument;
use crate::config::{DriverFile, Problem, Problems, WorkloadFile, shipped};
use crate::os::affinity;
use crate::os::fingerprint::BrokersHere;
use crate::os::host_capacity::HostCapacity;
use crate::os::memory_policy;
use crate::os::topology::Topology;
use crate::plan::resolve::Machine;
use crate::plan::{Plan, ResolveOptions, resolve};
use std::path::Path;

/// What the plans were made from, as the command line left it.
#[derive(Debug)]
pub(super) struct InputFiles {
    /// By the base names of their files, as OMB orders them.
    pub(super) workloads: Vec<WorkloadFile>,
    /// As given.
    pub(super) drivers: Vec<DriverFile>,
}

/// The plan of each workload on each driver, in the order of the files. `only_shown`: nothing will run.
pub(super) fn make(args: &RunArgs, machine: &Machine, only_shown: bool) -> Result<(Vec<Plan>, InputFiles), Problems> {
    make_by(args, machine, &ResolveOptions { only_shown, ..ResolveOptions::from(args) })
}

/// The same for a search that gives each of its trials a rate.
pub(super) fn make_for_trials(args: &RunArgs, machine: &Machine) -> Result<(Vec<Plan>, InputFiles), Problems> {
    let (plans, files) =
        make_by(args, machine, &ResolveOptions { rates_are_tried: true, ..ResolveOptions::from(args) })?;
    match plans.iter().any(|plan| plan.rate.outstanding_messages.is_some()) {
        false => Ok((plans, files)),
        true => Err(closed_loop(&files).into()),
    }
}

fn make_by(args: &RunArgs, machine: &Machine, options: &ResolveOptions) -> Result<(Vec<Plan>, InputFiles), Problems> {
    let mut problems: Vec<Problem> = twice_scraped(args).into_iter().collect();
    let InputFiles { workloads, drivers } = files(args, options.unknown_keys_warn, &mut problems);
    let mut plans = Vec::new();
    for workload in &workloads {
        for driver in &drivers {
            let plan = resolve(workload, Some(driver), options, machine);
            plans.extend(keep(plan.map_err(|problems| by_option(problems, workload, driver)), &mut problems));
        }
    }
    if problems.is_empty() { Ok((plans, InputFiles { workloads, drivers })) } else { Err(Problems(problems)) }
}

/// A closed loop has no rate that could be tried.
fn closed_loop(files: &InputFiles) -> Problem {
    const KEY: &str = "outstandingMessages";
    let what = "is a closed loop, which has no rate to search for: leave it out, or set outstandingMessages=0";
    let written = files.workloads.iter().find(|workload| workload.spacing.outstanding_messages.is_some());
    match written {
        Some(workload) => Problem::of_key(&workload.path, workload.line(KEY), KEY, what),
        None => Problem::of_option(Some(KEY), what),
    }
}

/// Two pages of one name would be one in the results.
fn twice_scraped(args: &RunArgs) -> Option<Problem> {
    let named = |place: &usize| args.scrape[..*place].iter().any(|other| other.name == args.scrape[*place].name);
    let name = &args.scrape[(0..args.scrape.len()).find(named)?].name;
    Some(Problem::of_option(Some("--scrape"), format!("{name}: two pages have this name: give each its own")))
}

fn files(args: &RunArgs, warn: bool, problems: &mut Vec<Problem>) -> InputFiles {
    let start = &args.start;
    let (keys, driver_keys) = (start.workload_keys(), start.driver_keys());
    let read = |path: &Path| WorkloadFile::with(YamlDocument::read_filled(path)?, &keys, warn);
    let mut workloads: Vec<WorkloadFile> = match args.workloads.as_slice() {
        [] => keep(shipped::workload(&keys, warn), problems).into_iter().collect(),
        paths => paths.iter().filter_map(|path| keep(read(path), problems)).collect(),
    };
    workloads.sort_by_key(WorkloadFile::base_name);
    let built_in = match &start.bootstrap {
        _ if args.embedded => Some(shipped::embedded_driver(&driver_keys, &start.property, warn)),
        Some(bootstrap) => Some(shipped::kafka_driver(bootstrap, &driver_keys, &start.property, warn)),
        None => None,
    };
    let read = |path: &Path| DriverFile::with(YamlDocument::read_filled(path)?, &driver_keys, &start.property, warn);
    let drivers = match built_in {
        Some(driver) => keep(driver, problems).into_iter().collect(),
        None => args.drivers.iter().filter_map(|path| keep(read(path), problems)).collect(),
    };
    InputFiles { workloads, drivers }
}

/// A mistake in what an option sets is the option's, not the file's.
fn by_option(Problems(mut problems): Problems, workload: &WorkloadFile, driver: &DriverFile) -> Problems {
    for problem in &mut problems {
        let key = problem.key.clone().unwrap_or_default();
        let of_key = |keys: &[crate::config::KeySetting]| {
            keys.iter().find(|setting| setting.key == key).map(|setting| setting.option.clone())
        };
        let of_property = || {
            let set = driver.properties_set.iter().find(|property| property.name == key)?;
            problem.line.is_none().then(|| set.option.clone())
        };
        let option = if problem.file == workload.path {
            of_key(&workload.keys_set)
        } else if problem.file != driver.path {
            None
        } else if let Some(option) = of_key(&driver.keys_set).or_else(of_property) {
            Some(option)
        } else {
            let address = shipped::is_built_in(&driver.path) && ["bootstrap.servers", "commonConfig"].contains(&&*key);
            address.then(|| "--bootstrap".to_owned())
        };
        if let Some(option) = option {
            *problem = Problem::of_option(Some(&option), std::mem::take(&mut problem.what));
        }
    }
    Problems(problems)
}

/// What came out well; otherwise its problems, each once: a driver file's mistake comes up with every workload.
fn keep<T>(result: Result<T, Problems>, problems: &mut Vec<Problem>) -> Option<T> {
    result
        .map_err(|Problems(new)| {
            for problem in new {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        })
        .ok()
}

/// The machine as this process found it; the mask and the memory policy are those it was started with.
pub(super) fn read_machine(root: &Path) -> Result<Machine, String> {
    Ok(Machine {
        topology: Topology::read(root).map_err(|error| error.to_string())?,
        allowed: affinity::current_mask().map_err(|error| error.to_string())?,
        memory_policy: memory_policy::current().map_err(|error| error.to_string())?,
        room: HostCapacity::of_self(root),
        brokers: BrokersHere::below(root),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_that_comes_up_twice_is_told_once() {
        let mut problems = Vec::new();
        let mistake = |what: &str| Problems::from(Problem::of_file(Path::new("driver.yaml"), what));
        assert_eq!(keep::<u8>(Err(mistake("a")), &mut problems), None);
        assert_eq!(keep::<u8>(Err(mistake("b")), &mut problems), None);
        assert_eq!(keep::<u8>(Err(mistake("a")), &mut problems), None);
        assert_eq!(keep(Ok(7), &mut problems), Some(7));
        assert_eq!(problems.iter().map(|problem| &*problem.what).collect::<Vec<_>>(), ["a", "b"]);
    }
}
