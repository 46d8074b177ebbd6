//! The campaign file as written: what runs, what is varied, how often and in which order.
//!
//! `knob` has what can be set; here is the form of the file. Whether a value is any good is known when all its runs are
//! planned.

mod knob;
mod nested;

use super::fields::{DocumentKind, FieldReader, ForeignKey};
use super::problem::{Problem, Problems};
use super::yaml::YamlDocument;
use crate::units::parse_duration;
pub use knob::{SettingKind, SettingValue};
use nested::{nested_lines, read_dimensions, read_settings};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A campaign file.
#[derive(Debug, Clone)]
pub struct CampaignFile {
    /// The path as given.
    pub path: PathBuf,
    /// `name`, else the file's base name.
    pub name: String,
    /// What holds for every run.
    pub settings: Vec<FixedSetting>,
    /// What is varied; every value of one meets every value of the others.
    pub dimensions: Vec<Dimension>,
    /// Runs of each point.
    pub repeats: u32,
    /// Their order.
    pub order: RunOrder,
    /// The pause between two runs.
    pub cool_down: Duration,
    /// What is done at each point.
    pub measure: Measure,
    /// The file itself, to be kept.
    pub document: YamlDocument,
}

/// The order of the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOrder {
    /// All points, then all again, there and back.
    Interleaved,
    /// All points shuffled, then all again shuffled anew. None: a seed is drawn.
    Random(Option<u64>),
}

/// What is done at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A run.
    Run,
    /// A search for the highest rate.
    Capacity,
}

/// A knob that holds for every run.
#[derive(Debug, Clone)]
pub struct FixedSetting {
    /// Which.
    pub knob: SettingKind,
    /// Its value.
    pub value: SettingValue,
    /// Its line.
    pub line: Option<usize>,
}

/// One dimension: a knob, or several that change together.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// All have as many values.
    pub knobs: Vec<VariedSetting>,
}

/// A knob and its values.
#[derive(Debug, Clone)]
pub struct VariedSetting {
    /// Which.
    pub knob: SettingKind,
    /// Its values, in the order of the file.
    pub values: Vec<SettingValue>,
    /// Its line.
    pub line: Option<usize>,
}

impl Dimension {
    /// How many values it has.
    pub fn steps(&self) -> usize {
        self.knobs.first().map_or(0, |knob| knob.values.len())
    }

    /// `producer.linger.ms`, `messageSize and --rate`.
    pub fn name(&self) -> String {
        self.knobs.iter().map(|varied| varied.knob.name()).collect::<Vec<_>>().join(" and ")
    }

    /// A step's value, for tables: `5`, `100 and 50k`.
    pub fn shown(&self, step: usize) -> String {
        self.knobs.iter().map(|varied| varied.shown(step)).collect::<Vec<_>>().join(" and ")
    }
}

impl VariedSetting {
    /// The value of a step, for tables.
    pub fn shown(&self, step: usize) -> String {
        self.values[step].shown(&self.knob)
    }
}

const KIND: DocumentKind = DocumentKind {
    name: "campaign file",
    known: &[
        "name",
        "workload",
        "driver",
        "workers",
        "settings",
        "dimensions",
        "repeats",
        "order",
        "seed",
        "coolDown",
        "measure",
    ],
    foreign: &[ForeignKey { name: "goals", what: "write them into settings: `--goal: [\"lost == 0\"]`" }],
    other: &["driverClass", "messageSize", "producersPerTopic", "partitionsPerTopic", "commonConfig", "producerConfig"],
    other_remedy: "it looks like a workload or driver file; a campaign names them: `workload: FILE`, `driver: FILE`",
};

/// Keys of the file whose values are files.
const FILE_KEYS: [&str; 3] = ["workload", "driver", "workers"];
/// More runs than this are a slip of the finger, not a plan.
const MOST_RUNS: usize = 100_000;

impl CampaignFile {
    /// Reads one. Errors: all that is wrong with its form.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        Self::of(YamlDocument::read_filled(path)?)
    }

    /// The folder that its paths begin in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn of(document: YamlDocument) -> Result<Self, Problems> {
        KIND.check(&document)?;
        let mut fields = FieldReader::new(&document);
        fields.check_keys(&KIND, false);
        let name = fields.text("name", "my-campaign").unwrap_or_else(|| super::workload::base_name(&document.path));
        let repeats = fields.count("repeats", "3").unwrap_or(1);
        if repeats == 0 {
            fields.mistake("repeats", "is 0, so that nothing would run; write repeats: 3");
        }
        let cool_down = cool_down(&mut fields);
        let order = order(&mut fields);
        let measure = match fields.text("measure", "capacity").as_deref() {
            None | Some("run") => Measure::Run,
            Some("capacity") => Measure::Capacity,
            Some(other) => {
                fields.mistake("measure", format!("{other:?} is nothing that is measured; write run or capacity"));
                Measure::Run
            }
        };
        let lines = nested_lines(&document);
        let mut settings: Vec<FixedSetting> = Vec::new();
        for key in FILE_KEYS {
            let Some(text) = fields.text(key, "FILE.yaml") else { continue };
            settings.push(FixedSetting {
                knob: SettingKind::named(key),
                value: SettingValue(vec![text]),
                line: document.line(key),
            });
        }
        settings.extend(read_settings(&mut fields, &lines));
        let dimensions = read_dimensions(&mut fields, &lines);
        let names = settings.iter().map(|turned| (&turned.knob, turned.line));
        let varied = dimensions.iter().flat_map(|dimension| &dimension.knobs).map(|varied| (&varied.knob, varied.line));
        let names: Vec<_> = names.chain(varied).collect();
        for (at, (knob, line)) in names.iter().enumerate() {
            if names[..at].iter().any(|(other, _)| other == knob) {
                let what = "is set twice; keep it in one place, settings or dimensions";
                fields.mistakes.push(Problem::of_key(&document.path, *line, knob.name(), what));
            }
        }
        let points = dimensions.iter().try_fold(1_usize, |product, next| product.checked_mul(next.steps().max(1)));
        if points.and_then(|points| points.checked_mul(repeats as usize)).is_none_or(|runs| runs > MOST_RUNS) {
            fields.mistake("dimensions", format!("ask for more than {MOST_RUNS} runs; shorten the lists"));
        }
        if !fields.mistakes.is_empty() {
            let mut mistakes = fields.mistakes;
            mistakes.sort_by_key(|problem| problem.line);
            return Err(Problems(mistakes));
        }
        let path = document.path.clone();
        Ok(Self { path, name, settings, dimensions, repeats, order, cool_down, measure, document })
    }
}

fn cool_down(fields: &mut FieldReader<'_>) -> Duration {
    let text = fields.text("coolDown", "10s").unwrap_or_else(|| "0s".to_owned());
    parse_duration(&text).unwrap_or_else(|error| {
        fields.mistake("coolDown", error.to_string());
        Duration::ZERO
    })
}

fn order(fields: &mut FieldReader<'_>) -> RunOrder {
    let seed = fields.text("seed", "7").and_then(|text| match text.parse() {
        Ok(seed) => Some(seed),
        Err(_) => {
            fields.mistake("seed", format!("{text:?} is no seed; write a whole number from 0 on"));
            None
        }
    });
    match fields.text("order", "random").as_deref() {
        None | Some("interleaved") => {
            if seed.is_some() {
                fields.mistake("seed", "is for a random order; write order: random as well, or remove it");
            }
            RunOrder::Interleaved
        }
        Some("random") => RunOrder::Random(seed),
        Some(other) => {
            fields.mistake("order", format!("{other:?} is no order; write interleaved or random"));
            RunOrder::Interleaved
        }
    }
}

#[cfg(test)]
mod tests;
