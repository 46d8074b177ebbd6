//! From results to the campaign's document, and its files: JSON, CSV, Markdown, page, checksums. Written anew after
//! each run.

use super::folder::{CAMPAIGN_FILE, CampaignFolder, FinishedRun};
use crate::campaign::compare::run::ComparedRun;
use crate::campaign::sweep::{self, SweepFigure, SweepRun};
use crate::cli::report::read;
use crate::config::CampaignFile;
use crate::config::campaign_file::{Measure, RunOrder};
use crate::plan::properties::{MASK, is_secret};
use crate::report::campaign::{
    CAMPAIGN_SCHEMA, CampaignDocument, VariedDimension, campaign_csv, campaign_markdown, campaign_page,
};
use serde_json::Value;
use std::io;
use std::path::Path;

/// What is told of the surroundings: name, where it stands in the first run's detail file.
const SURROUNDINGS: [(&str, &str); 7] = [
    ("pinload", "/pinload_version"),
    ("librdkafka", "/librdkafka_version"),
    ("host", "/host/name"),
    ("kernel", "/host/kernel"),
    ("CPU", "/host/cpu_model"),
    ("driver", "/plan/driver_name"),
    ("workload", "/plan/workload_name"),
];

/// Runs as they are read, once each.
#[derive(Debug)]
pub(super) struct Account {
    figures: Vec<SweepFigure>,
    runs: Vec<SweepRun>,
    environment: Vec<(String, String)>,
    remarks: Vec<String>,
}

impl Account {
    pub(super) fn new(file: &CampaignFile) -> Self {
        let figures = sweep::figures(file.measure == Measure::Capacity);
        Self { figures, runs: Vec::new(), environment: Vec::new(), remarks: Vec::new() }
    }

    /// Reads the result of a run that is over.
    pub(super) fn add(&mut self, folder: &Path, finished: &FinishedRun) {
        self.runs.retain(|run| (run.point, run.repeat) != (finished.point, finished.repeat));
        let run = SweepRun {
            point: finished.point,
            repeat: finished.repeat,
            exit_code: finished.exit_code,
            verdict: String::new(),
            began_at: finished.began_at.clone(),
            took_s: finished.took_s,
            result: finished.result.clone(),
            values: vec![None; self.figures.len()],
        };
        let read = match finished.result.as_str() {
            "" => Ok(run.clone()),
            path if path.ends_with("capacity.json") => self.of_search(&folder.join(path), run.clone()),
            path => self.of_run(&folder.join(path), run.clone()),
        };
        self.runs.push(read.unwrap_or_else(|why| {
            self.remarks.push(format!("{}: {why}", finished.result));
            run
        }));
    }

    /// The last one that was added.
    pub(super) fn last(&self) -> Option<&SweepRun> {
        self.runs.last()
    }

    fn of_run(&mut self, path: &Path, run: SweepRun) -> Result<SweepRun, String> {
        let detail = read(path)?.detail;
        if self.environment.is_empty() {
            self.environment = surroundings(&detail);
        }
        Ok(run.with(&ComparedRun::of(String::new(), &detail)))
    }

    fn of_search(&mut self, path: &Path, run: SweepRun) -> Result<SweepRun, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| format!("cannot be read: {error}"))?;
        let says = |name: &str, what: bool| {
            answer["goals"].as_array().into_iter().flatten().any(|goal| goal[name].as_bool() == Some(what))
        };
        if says("settled", false) {
            let what = "the search did not settle; give it a longer --budget";
            self.remarks.push(format!("point {}, run {}: {what}", run.point, run.repeat));
        }
        let verdict = if says("generator_limited", true) { "generator_limited" } else { "valid" }.to_owned();
        Ok(SweepRun { verdict, values: vec![answer["together_per_s"].as_f64()], ..run })
    }

    /// All that is known.
    pub(super) fn document(&self, file: &CampaignFile, points: &[Vec<usize>]) -> CampaignDocument {
        let dimensions = file.dimensions.iter().map(|dimension| {
            let secret = dimension.knobs.iter().any(|varied| is_secret(varied.knob.name()));
            let value = |step: usize| if secret { MASK.to_owned() } else { dimension.shown(step) };
            VariedDimension { name: dimension.name(), values: (0..dimension.steps()).map(value).collect() }
        });
        let swept = sweep::points(points, &self.runs, self.figures.len());
        let mut remarks = self.remarks.clone();
        let failed = self.runs.iter().filter(|run| run.result.is_empty()).count();
        if failed > 0 {
            remarks.push(format!("{} left no result: runs.log says why", crate::units::counted(failed, "run")));
        }
        let limited = swept.iter().filter(|point| point.verdict == "generator_limited").count();
        if limited > 0 {
            let points = crate::units::counted(limited, "point");
            remarks.push(format!("{points} GENERATOR-LIMITED: their figures are the generator's as well"));
        }
        remarks.extend(sweep::changed_with_time(&swept, &self.runs, &self.figures));
        CampaignDocument {
            schema: CAMPAIGN_SCHEMA,
            name: file.name.clone(),
            pinload_version: env!("CARGO_PKG_VERSION"),
            repeat_command: format!("pinload campaign {CAMPAIGN_FILE}"),
            started_at: self.runs.first().map(|run| run.began_at.clone()).unwrap_or_default(),
            order: order(file.order),
            repeats: file.repeats,
            runs_planned: points.len() * file.repeats as usize,
            dimensions: dimensions.collect(),
            figures: self.figures.clone(),
            points: swept,
            runs: self.runs.clone(),
            remarks,
            environment: self.environment.clone(),
        }
    }
}

/// In words.
pub(super) fn order(order: RunOrder) -> String {
    match order {
        RunOrder::Interleaved => "interleaved".to_owned(),
        RunOrder::Random(Some(seed)) => format!("random order, seed {seed}"),
        RunOrder::Random(None) => "random order, its seed is drawn at the start".to_owned(),
    }
}

/// Writes the document in all its forms into the folder.
pub(super) fn write(folder: &CampaignFolder, document: &CampaignDocument) -> io::Result<()> {
    let json = serde_json::to_string_pretty(document)?;
    folder.write("campaign.json", &json)?;
    folder.write("campaign.csv", &campaign_csv(document).map_err(io::Error::other)?)?;
    folder.write("campaign.md", &campaign_markdown(document))?;
    folder.write("campaign.html", &campaign_page(document))
}

fn surroundings(detail: &Value) -> Vec<(String, String)> {
    let text = |path: &str| match detail.pointer(path)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut found: Vec<(String, String)> =
        SURROUNDINGS.iter().filter_map(|(name, path)| Some(((*name).to_owned(), text(path)?))).collect();
    let settings = detail["cluster_settings"].as_array().map_or(0, Vec::len);
    if settings > 0 {
        let what = "broker, topic and client configuration, all facts of the machine: in each result (.detail, .html)";
        found.push(("more".to_owned(), what.to_owned()));
    }
    found
}
