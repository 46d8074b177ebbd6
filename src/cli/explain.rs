//! `pinload explain FIELD`: what a field of the detail file means, where it comes from, and what it may be wrong by.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::ExplainArgs;
use crate::plan::Threshold;
use crate::report::detail::evidence::{definitions_of, evidence_of};
use crate::report::detail::fields::{Definition, definitions};

/// Names told when one is not known.
const NEAREST: usize = 5;
/// Less alike than this is no mistyping.
const ALIKE: f64 = 0.75;

/// Explains the fields, or lists all.
pub(super) fn explain(args: &ExplainArgs, messages: &mut Messages) -> ExitStatus {
    if args.fields.is_empty() {
        messages.result(&list());
        return ExitStatus::Success;
    }
    let mut status = ExitStatus::Success;
    for field in &args.fields {
        let threshold = threshold_of(field);
        let known = if threshold.is_some() { Vec::new() } else { definitions_of(field) };
        if known.is_empty() && threshold.is_none() {
            messages.error(&format!("{field} is no field of the detail file: {}", hint(field)));
            status = ExitStatus::Usage;
        }
        known.iter().for_each(|definition| messages.table(&text(definition)));
        threshold.iter().for_each(|threshold| messages.table(&text_of_threshold(*threshold)));
    }
    status
}

/// Every name with its unit.
fn list() -> String {
    let line = |Definition { name, unit, .. }: &Definition| match unit.is_empty() {
        true => name.clone(),
        false => format!("{name} ({unit})"),
    };
    let fields = definitions().iter().filter(|known| threshold_of(&known.name).is_none()).map(line);
    let thresholds = Threshold::ALL.iter().map(|threshold| format!("plan.thresholds.{}", threshold.name()));
    fields.chain(thresholds).collect::<Vec<_>>().join("\n")
}

/// The threshold with this name, as on the command line or as in the detail file.
fn threshold_of(field: &str) -> Option<Threshold> {
    let name = field.strip_prefix("plan.").unwrap_or(field);
    let name = name.strip_prefix("thresholds.").unwrap_or(name);
    Threshold::ALL.iter().copied().find(|threshold| threshold.name() == name)
}

fn text_of_threshold(threshold: Threshold) -> String {
    let (name, meaning) = (threshold.name(), threshold.meaning());
    format!(
        "plan.thresholds.{name}\n  meaning  {meaning}\n  unit     stands in its name; a share is a fraction\n  \
         default  {}\n  source   --threshold {name}=VALUE, or the default",
        threshold.default_value()
    )
}

fn text(definition: &Definition) -> String {
    let Definition { name, unit, meaning } = definition;
    let mut lines = vec![name.clone(), format!("  meaning  {meaning}")];
    if !unit.is_empty() {
        lines.push(format!("  unit     {unit}"));
    }
    match evidence_of(name) {
        Some(evidence) => {
            lines.push(format!("  source   {}", evidence.source));
            lines.push(format!("  error    {}", evidence.error));
            lines.extend(evidence.checked.iter().map(|test| format!("  checked  {test}")));
        }
        None => lines.push(
            "  error    none is known: it is a setting, a name, or was not held against another source".to_owned(),
        ),
    }
    lines.join("\n")
}

fn hint(field: &str) -> String {
    let mut near: Vec<(f64, &str)> = definitions()
        .iter()
        .map(|known| known.name.as_str())
        .map(|name| (strsim::jaro_winkler(field, name.rsplit('.').next().unwrap_or(name)), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<&str> = near.into_iter().take(NEAREST).map(|(_, name)| name).collect();
    match names.is_empty() {
        true => "pinload explain lists them all".to_owned(),
        false => format!("did you mean {}?", names.join(", ")),
    }
}
