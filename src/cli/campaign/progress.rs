//! What a campaign says: its matrix, a line for each run, its end.

use super::Campaign;
use super::conclude::{Account, order};
use super::folder::CampaignFolder;
use crate::campaign::matrix::Visit;
use crate::campaign::sweep::SweepRun;
use crate::cli::exit::ExitStatus;
use crate::config::CampaignFile;
use crate::config::campaign_file::Measure;
use crate::plan::properties::{MASK, is_secret};
use crate::report::campaign::{CampaignDocument, console_table};
use crate::report::plain_table::{plain_table, table_lines};
use crate::units::{counted, format_duration, format_ns, format_rate, whole_ns};
use std::time::Duration;

/// What starting and ending a run takes by experience.
const AROUND_A_RUN: Duration = Duration::from_secs(5);

/// `producer.linger.ms 5, acks all`; of a campaign without dimensions nothing.
pub(super) fn settings(file: &CampaignFile, steps: &[usize]) -> String {
    let told = file.dimensions.iter().zip(steps).flat_map(|(dimension, step)| {
        dimension.knobs.iter().map(|varied| {
            let name = varied.knob.name();
            let value = if is_secret(name) { MASK.to_owned() } else { varied.shown(*step) };
            format!("{name} {value}")
        })
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The points, the order, the time: `--dry-run`.
pub(super) fn matrix(campaign: &Campaign) -> String {
    let file = &campaign.file;
    let mut table = plain_table();
    let dimensions = file.dimensions.iter().map(|dimension| dimension.name());
    table.set_header(std::iter::once("point".to_owned()).chain(dimensions).chain(["runs at".to_owned()]));
    for (at, steps) in campaign.points.iter().enumerate() {
        let values = file.dimensions.iter().zip(steps).map(|(dimension, step)| dimension.shown(*step));
        let places = campaign.order.iter().enumerate().filter(|(_, visit)| visit.point == at);
        let places: Vec<String> = places.map(|(place, _)| (place + 1).to_string()).collect();
        table.add_row(std::iter::once((at + 1).to_string()).chain(values).chain([places.join(", ")]));
    }
    let mut lines = vec![extent(campaign), String::new()];
    lines.extend(table_lines(table, |column| column == 0));
    lines.extend([String::new(), time(campaign, campaign.order.iter())]);
    lines.join("\n")
}

/// What there is still to do: `--dry-run` with `--resume`.
pub(super) fn left(campaign: &Campaign, folder: &CampaignFolder) -> String {
    let left = campaign.order.iter().filter(|visit| !folder.has(visit.point + 1, visit.repeat + 1));
    let left: Vec<&Visit> = left.collect();
    let mut lines = vec![extent(campaign), format!("{} left:", counted(left.len(), "run"))];
    lines.extend(left.iter().map(|visit| {
        format!(
            "  point {}, run {}: {}",
            visit.point + 1,
            visit.repeat + 1,
            settings(&campaign.file, &campaign.points[visit.point])
        )
    }));
    lines.push(time(campaign, left.into_iter()));
    lines.join("\n")
}

pub(super) fn beginning(campaign: &Campaign, folder: &CampaignFolder, left: usize) -> String {
    let done = campaign.order.len() - left;
    let so_far = if done == 0 { String::new() } else { format!("{} done before, {left} left; ", counted(done, "run")) };
    let left = campaign.order.iter().filter(|visit| !folder.has(visit.point + 1, visit.repeat + 1));
    format!("{}\n{so_far}{}\nresults in {}\n", extent(campaign), time(campaign, left), folder.path.display())
}

fn extent(campaign: &Campaign) -> String {
    let Campaign { file, points, order: visits, .. } = campaign;
    let what = match file.measure {
        Measure::Run => "run",
        Measure::Capacity => "search",
    };
    let all = if what == "run" { counted(visits.len(), "run") } else { format!("{} searches", visits.len()) };
    format!("{}: {} × {} = {all}, {}", file.name, counted(points.len(), "point"), file.repeats, order(file.order))
}

fn time<'v>(campaign: &Campaign, visits: impl Iterator<Item = &'v Visit>) -> String {
    let visits: Vec<&Visit> = visits.collect();
    let load: Duration = visits.iter().map(|visit| campaign.trips[visit.point].load).sum();
    let waits: Duration = visits.iter().map(|visit| campaign.trips[visit.point].waits).sum();
    let runs = u32::try_from(visits.len()).unwrap_or(u32::MAX);
    let pauses = campaign.file.cool_down * runs.saturating_sub(1);
    let told = |time: Duration| format_duration(Duration::from_secs_f64(time.as_secs_f64().round()));
    match campaign.file.measure {
        Measure::Run => format!(
            "about {}: {} of load, {} of pauses, {} around each run; at most {}, if every wait came to its limit",
            told(load + pauses + AROUND_A_RUN * runs),
            told(load),
            told(pauses),
            told(AROUND_A_RUN),
            told(load + pauses + waits)
        ),
        Measure::Capacity => {
            format!("at most {}: the searches' budgets, and {} of pauses", told(load + pauses), told(pauses))
        }
    }
}

/// `  7/36  producer.linger.ms 5, acks all: 20,000/s, end to end p99 2.31 ms, valid; 4 min left`.
pub(super) fn run_line(
    campaign: &Campaign,
    number: usize,
    visit: Visit,
    ended: ExitStatus,
    account: &Account,
    left: usize,
    took_s: &[f64],
) -> String {
    let point = settings(&campaign.file, &campaign.points[visit.point]);
    let went = match account.last().filter(|run| !run.result.is_empty()) {
        Some(run) => figures(run, campaign.file.measure),
        None => format!("FAILED with exit code {}: runs.log says why", ended as u8),
    };
    let each = took_s.iter().sum::<f64>() / took_s.len().max(1) as f64;
    let rest = Duration::from_secs_f64((each * left as f64).round());
    let rest = if left == 0 { String::new() } else { format!("; {} left", format_duration(rest)) };
    let of = if point.is_empty() { format!("run {}", visit.repeat + 1) } else { point };
    format!("{number:>4}/{}  {of}: {went}{rest}", campaign.order.len())
}

fn figures(run: &SweepRun, measure: Measure) -> String {
    let at = |figure: usize| run.values.get(figure).copied().flatten();
    let verdict = run.verdict.replace('_', " ");
    let told = match measure {
        Measure::Capacity => {
            vec![at(0).map_or_else(|| "no capacity".to_owned(), |per_s| format!("capacity {}", format_rate(per_s)))]
        }
        Measure::Run => {
            let p99 = at(6).map(|ns| format!("end to end p99 {}", format_ns(whole_ns(ns))));
            let p99 = p99.or_else(|| at(3).map(|ns| format!("acknowledged p99 {}", format_ns(whole_ns(ns)))));
            [at(0).map(format_rate), p99].into_iter().flatten().collect()
        }
    };
    told.into_iter().chain([verdict]).collect::<Vec<_>>().join(", ")
}

/// The table, what is to be known, and where all of it is.
pub(super) fn end(document: &CampaignDocument, folder: &CampaignFolder) -> String {
    let mut lines = vec![String::new()];
    lines.extend(console_table(document));
    lines.push(String::new());
    lines.extend(document.remarks.iter().map(|remark| format!("  {remark}")));
    let path = folder.path.display();
    lines.push(format!("wrote  {path}/campaign.html, .md, .csv, .json; pinload bundle {path} packs the folder"));
    lines.join("\n")
}
