//! `pinload campaign`: many runs as one question, in a folder that stands for itself.
//!
//! `trip` makes arguments of points, `folder` keeps what was given and what has run, `conclude` makes documents of
//! results. Here is the way through: every run is a run of its own, one that fails does not stop the rest, an
//! interruption leaves what can be gone on with.

mod conclude;
pub(super) mod folder;
mod point_run;
mod progress;
mod visit;

use super::campaign_args::CampaignArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::run::interrupted;
use super::{plans, root};
use crate::campaign::matrix::{self, Visit};
use crate::config::campaign_file::RunOrder;
use crate::config::{CampaignFile, Problems};
use crate::os::signals::Signal;
use crate::plan::resolve::Machine;
use crate::report::origin::now;
use crate::telemetry::sweep::sweep_dead;
use conclude::Account;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use folder::{CAMPAIGN_FILE, CampaignFolder, FinishedRun};
use point_run::{PointRun, trips};
use std::fs::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};
use visit::visit_point;

/// A campaign that is known to make sense.
struct Campaign {
    file: CampaignFile,
    points: Vec<Vec<usize>>,
    trips: Vec<PointRun>,
    order: Vec<Visit>,
}

impl Campaign {
    fn read(path: &Path, machine: &Machine) -> Result<Self, Problems> {
        let file = CampaignFile::read(path)?;
        let steps: Vec<usize> = file.dimensions.iter().map(|dimension| dimension.steps()).collect();
        let points = matrix::points(&steps);
        let trips = trips(&file, &points, machine)?;
        let seed = match file.order {
            RunOrder::Interleaved => None,
            RunOrder::Random(seed) => Some(seed.unwrap_or_default()),
        };
        let order = matrix::visits(points.len(), file.repeats, seed);
        Ok(Self { file, points, trips, order })
    }
}

/// Plans all of it, then runs what is left of it.
pub(super) fn campaign(args: &CampaignArgs, messages: &mut Messages, signals: &Receiver<Signal>) -> ExitStatus {
    let machine = match plans::read_machine(root()) {
        Ok(machine) => machine,
        Err(why) => return refused(messages, &why, ExitStatus::MachineRefused),
    };
    let path = match (&args.resume, &args.file) {
        (Some(folder), _) => folder.join(CAMPAIGN_FILE),
        (None, Some(file)) => file.clone(),
        // The parser asks for one of them.
        (None, None) => return ExitStatus::Usage,
    };
    let read = |path: &Path| Campaign::read(path, &machine);
    let campaign = match read(&path) {
        Ok(campaign) => campaign,
        Err(Problems(problems)) => {
            problems.iter().for_each(|problem| messages.error(&problem.to_string()));
            return ExitStatus::ConfigurationRefused;
        }
    };
    if args.dry_run && args.resume.is_none() {
        messages.result(&progress::matrix(&campaign));
        return ExitStatus::Success;
    }
    let opened = match &args.resume {
        Some(folder) => CampaignFolder::open(folder).map_err(|why| (why, ExitStatus::ConfigurationRefused)),
        None => CampaignFolder::create(&args.output_dir, &campaign.file, &campaign.trips)
            .map_err(|why| (why, ExitStatus::ResultsNotWritten)),
    };
    let folder = match opened {
        Ok(folder) => folder,
        Err((why, status)) => return refused(messages, &why, status),
    };
    // From here on its own copies count.
    let campaign = match read(&folder.path.join(CAMPAIGN_FILE)) {
        Ok(campaign) => campaign,
        Err(problems) => return refused(messages, &problems.to_string(), ExitStatus::ConfigurationRefused),
    };
    if args.dry_run {
        messages.result(&progress::left(&campaign, &folder));
        return ExitStatus::Success;
    }
    for name in sweep_dead() {
        messages.detail(&format!("removed {name}: shared memory of a pinload that was killed"));
    }
    run_all(&campaign, folder, messages, signals)
}

fn refused(messages: &mut Messages, why: &str, status: ExitStatus) -> ExitStatus {
    messages.error(why);
    status
}

fn run_all(
    campaign: &Campaign,
    mut folder: CampaignFolder,
    messages: &mut Messages,
    signals: &Receiver<Signal>,
) -> ExitStatus {
    let log = OpenOptions::new().create(true).append(true).open(folder.path.join("runs.log"));
    let mut log = match log.and_then(|file| Messages::into_file(&file)) {
        Ok(log) => log,
        Err(error) => {
            let why = format!("cannot write into {}: {error}", folder.path.display());
            return refused(messages, &why, ExitStatus::ResultsNotWritten);
        }
    };
    let mut account = Account::new(&campaign.file);
    folder.finished.iter().for_each(|run| account.add(&folder.path, run));
    let left: Vec<Visit> =
        campaign.order.iter().copied().filter(|visit| !folder.has(visit.point + 1, visit.repeat + 1)).collect();
    messages.result(&progress::beginning(campaign, &folder, left.len()));
    let mut status = ExitStatus::Success;
    let (mut took, mut failure) = (Vec::new(), None);
    for (at, visit) in left.iter().enumerate() {
        let pause = if at == 0 { Duration::ZERO } else { campaign.file.cool_down };
        if let Some(by) = cool_down(pause, signals) {
            status = status.then(by);
            break;
        }
        let begin = Instant::now();
        let began_at = now();
        let (ended, result) = visit_point(campaign, *visit, &folder.path, &mut log, signals);
        if ended.is_interruption() {
            status = status.then(ended);
            break;
        }
        let took_s = begin.elapsed().as_secs_f64();
        took.push(took_s + campaign.file.cool_down.as_secs_f64());
        let (point, repeat) = (visit.point + 1, visit.repeat + 1);
        let finished = FinishedRun { point, repeat, exit_code: ended as u8, result, began_at, took_s };
        let noted = folder.note(finished.clone());
        account.add(&folder.path, &finished);
        let written =
            noted.and_then(|()| conclude::write(&folder, &account.document(&campaign.file, &campaign.points)));
        let number = campaign.order.len() - left.len() + at + 1;
        messages.result(&progress::run_line(campaign, number, *visit, ended, &account, left.len() - at - 1, &took));
        status = status.then(ended);
        if let Err(error) = written {
            failure = Some(error);
            break;
        }
    }
    let document = account.document(&campaign.file, &campaign.points);
    let written = failure.map_or_else(|| conclude::write(&folder, &document).and_then(|()| folder.sum_up()), Err);
    messages.table(&progress::end(&document, &folder));
    if status.is_interruption() {
        messages.step(&format!("interrupted: pinload campaign --resume {} goes on", folder.path.display()));
    }
    match written {
        Ok(()) => status,
        Err(error) => {
            messages.error(&format!("cannot write into {}: {error}", folder.path.display()));
            status.then(ExitStatus::ResultsNotWritten)
        }
    }
}

/// Waits, unless somebody ends the campaign meanwhile.
fn cool_down(pause: Duration, signals: &Receiver<Signal>) -> Option<ExitStatus> {
    if let Some(by) = interrupted(signals) {
        return Some(by.into());
    }
    let until = Instant::now() + pause;
    loop {
        match signals.recv_deadline(until) {
            Ok(Signal::Interrupt) => return Some(ExitStatus::Interrupted),
            Ok(Signal::Terminate) => return Some(ExitStatus::Terminated),
            Ok(Signal::Child) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}
