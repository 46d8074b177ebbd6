//! All files read and all plans made before anything starts; every mistake of every file at once.

use super::args::RunArgs;
use crate::config::{DriverFile, Problem, Problems, WorkloadFile};
use crate::os::affinity;
use crate::os::memory_policy;
use crate::os::room::Room;
use crate::os::topology::Topology;
use crate::plan::resolve::Machine;
use crate::plan::{Options, Plan, resolve};
use std::path::Path;

/// The plan of each workload on each driver: workloads by the base names of their files, as OMB orders them; drivers as given. `only_shown`: nothing
/// will run.
pub(super) fn make(args: &RunArgs, machine: &Machine, only_shown: bool) -> Result<Vec<Plan>, Problems> {
    let options = Options { only_shown, ..Options::from(args) };
    let mut problems = Vec::new();
    let warn = options.unknown_keys_warn;
    let mut workloads: Vec<WorkloadFile> =
        args.workloads.iter().filter_map(|path| keep(WorkloadFile::read(path, warn), &mut problems)).collect();
    workloads.sort_by_key(WorkloadFile::base_name);
    let drivers: Vec<Option<DriverFile>> = if args.embedded {
        vec![None]
    } else {
        args.drivers.iter().filter_map(|path| keep(DriverFile::read(path, warn), &mut problems).map(Some)).collect()
    };
    let mut plans = Vec::new();
    for workload in &workloads {
        for driver in &drivers {
            plans.extend(keep(resolve(workload, driver.as_ref(), &options, machine), &mut problems));
        }
    }
    if problems.is_empty() { Ok(plans) } else { Err(Problems(problems)) }
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
        room: Room::of_self(root),
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
