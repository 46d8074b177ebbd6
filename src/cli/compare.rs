//! `pinload compare BASE NEW`: is the new one better, and how sure is that?

use super::exit::ExitStatus;
use super::messages::Messages;
use super::report::{read, results_in};
use super::tool_args::CompareArgs;
use super::unpacked::Unpacked;
use crate::campaign::compare::run::ComparedRun;
use crate::campaign::compare::settings::{SettingDifference, differing};
use crate::campaign::compare::{Comparison, FigureVerdict, FigureWord, SpreadSource, compare as judge, drifts};
use crate::report::plain_table::{plain_table, table_lines};
use crate::units::{counted, format_difference, format_ns, format_rate, whole_ns};
use serde_json::{Value, json};
use std::path::Path;

/// Settings told one by one; the rest is counted.
const SETTINGS_TOLD: usize = 15;
/// Longest value that is told whole.
const VALUE_TOLD: usize = 40;

/// One side: its runs that can be compared, the first one's document, and what is to be said of it.
struct ComparedSide {
    runs: Vec<ComparedRun>,
    document: Value,
    remarks: Vec<String>,
}

/// Reads both sides, says what differs, and asks the gates.
pub(super) fn compare(args: &CompareArgs, messages: &mut Messages) -> ExitStatus {
    let (base, new) = match (side("base", &args.base), side("new", &args.new)) {
        (Ok(base), Ok(new)) => (base, new),
        (base, new) => {
            [base.err(), new.err()].into_iter().flatten().for_each(|why| messages.error(&why));
            return ExitStatus::ConfigurationRefused;
        }
    };
    let settings = differing(&base.document, &new.document);
    let comparison = judge(&base.runs, &new.runs);
    let mut remarks: Vec<String> = base.remarks.iter().chain(&new.remarks).cloned().collect();
    remarks.extend(drifts("base", &base.runs));
    remarks.extend(drifts("new", &new.runs));
    if comparison.spread_source == SpreadSource::Periods {
        remarks.push(
            "the spread is that of periods within the runs: what differs from start to start is not in it; 5 repeats \
             of each side tell more"
                .to_owned(),
        );
    }
    let mut broken = Vec::new();
    for gate in &args.fail_if {
        if gate.can_be_asked(&comparison.figures) {
            let found = gate.holds(&comparison.figures);
            broken
                .extend(found.iter().map(|verdict| format!("{}: {} is {}", gate.text, verdict.figure, verdict.words)));
        } else {
            broken.push(format!("{}: cannot be told: there are too few values", gate.text));
        }
    }
    if !args.fail_if.is_empty() && comparison.counts_worse {
        broken.push("messages failed, were lost or duplicated that were not before".to_owned());
    }
    if args.json {
        let document = json!({
            "base": names(&base), "new": names(&new), "settings": settings, "comparison": comparison,
            "remarks": remarks, "fail_if": broken,
        });
        messages.result(&serde_json::to_string_pretty(&document).unwrap_or_default());
    } else {
        messages.result(&text(&base, &new, &settings, &comparison, &remarks));
    }
    if broken.is_empty() {
        return ExitStatus::Success;
    }
    broken.iter().for_each(|why| messages.error(why));
    ExitStatus::ComparisonFailed
}

fn names(side: &ComparedSide) -> Vec<&str> {
    side.runs.iter().map(|run| run.name.as_str()).collect()
}

/// The runs at `path`. Error: there is none that can be compared.
fn side(called: &str, path: &Path) -> Result<ComparedSide, String> {
    let about = |why: String| format!("{}: {why}", path.display());
    let mut remarks = Vec::new();
    let (mut runs, mut document) = (Vec::new(), Value::Null);
    let unpacked = Unpacked::of(path).map_err(about)?;
    for file in results_in(&unpacked.path).map_err(about)? {
        let reading = read(&file).map_err(|why| format!("{}: {why}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let run = ComparedRun::of(name, &reading.detail);
        if run.is_invalid() {
            remarks.push(format!("{called}, {}: left out, the run is INVALID", run.name));
            continue;
        }
        if run.verdict == "generator_limited" {
            let name = &run.name;
            remarks.push(format!("{called}, {name}: GENERATOR-LIMITED, its figures are the generator's as well"));
        }
        if document.is_null() {
            document = reading.detail;
        }
        runs.push(run);
    }
    match runs.is_empty() {
        true => Err(about("all its runs are INVALID: there is nothing to compare".to_owned())),
        false => Ok(ComparedSide { runs, document, remarks }),
    }
}

fn text(
    base: &ComparedSide,
    new: &ComparedSide,
    settings: &[SettingDifference],
    comparison: &Comparison,
    remarks: &[String],
) -> String {
    let mut lines = vec![format!("base: {} · new: {}", of_runs(base), of_runs(new)), String::new()];
    if settings.is_empty() {
        lines.push("configuration, machine, broker and versions are the same, as far as they are known".to_owned());
    } else {
        lines.push("what was not the same:".to_owned());
        lines.extend(settings.iter().take(SETTINGS_TOLD).map(|difference| {
            let told = |value: &Option<String>| value.as_deref().map_or_else(|| "–".to_owned(), shortened);
            format!("  {}: {} → {}", difference.setting, told(&difference.base), told(&difference.new))
        }));
        if settings.len() > SETTINGS_TOLD {
            lines.push(format!("  and {} more: --json has all", settings.len() - SETTINGS_TOLD));
        }
    }
    lines.push(String::new());
    lines.extend(table(comparison));
    lines.extend(comparison.counts.iter().cloned());
    lines.push(String::new());
    lines.push(summary(comparison));
    lines.extend(remarks.iter().map(|remark| format!("  {remark}")));
    lines.join("\n")
}

fn of_runs(side: &ComparedSide) -> String {
    match side.runs.as_slice() {
        [run] => run.name.clone(),
        runs => counted(runs.len(), "run"),
    }
}

fn shortened(value: &str) -> String {
    if value.chars().count() <= VALUE_TOLD {
        return value.to_owned();
    }
    value.chars().take(VALUE_TOLD).chain(['…']).collect()
}

fn table(comparison: &Comparison) -> Vec<String> {
    let mut table = plain_table();
    table.set_header(["figure", "base", "new", "difference", "95 % interval", "verdict"]);
    for verdict in &comparison.figures {
        table.add_row([
            verdict.figure.to_owned(),
            value(verdict, verdict.base_mean),
            value(verdict, verdict.new_mean),
            verdict.difference_share.map_or_else(|| "–".to_owned(), format_difference),
            verdict.interval_share.map_or_else(
                || "–".to_owned(),
                |[from, to]| format!("{} to {}", format_difference(from), format_difference(to)),
            ),
            verdict.words.clone(),
        ]);
    }
    table_lines(table, |column| (1..=4).contains(&column))
}

fn value(verdict: &FigureVerdict, value: f64) -> String {
    if verdict.is_time { format_ns(whole_ns(value)) } else { format_rate(value) }
}

/// The answer in a sentence.
fn summary(comparison: &Comparison) -> String {
    let of = |word: FigureWord| -> Vec<&str> {
        comparison.figures.iter().filter(|verdict| verdict.word == word).map(|verdict| verdict.figure).collect()
    };
    let (better, worse) = (of(FigureWord::Better), of(FigureWord::Worse));
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!("BETTER in {}", better.join(", ")));
    }
    if !worse.is_empty() {
        parts.push(format!("WORSE in {}", worse.join(", ")));
    }
    match parts.is_empty() {
        true if comparison.figures.iter().all(|verdict| verdict.word == FigureWord::TooFew) => {
            "NOT DECIDED: there are too few values".to_owned()
        }
        true => "NO DIFFERENCE could be shown".to_owned(),
        false => parts.join("; "),
    }
}
