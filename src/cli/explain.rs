//! `pinload explain FIELD`: what a field of the detail file means, where it comes from, and what it may be wrong by.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::ExplainArgs;
use crate::report::detail::evidence::{definitions_of, evidence_of};
use crate::report::detail::fields::{DEFINITIONS, Definition};

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
        let known = definitions_of(field);
        if known.is_empty() {
            messages.error(&format!("{field} is no field of the detail file: {}", hint(field)));
            status = ExitStatus::Usage;
        }
        known.iter().for_each(|definition| messages.table(&text(definition)));
    }
    status
}

/// Every name with its unit.
fn list() -> String {
    let line =
        |(name, unit, _): &Definition| if unit.is_empty() { (*name).to_owned() } else { format!("{name} ({unit})") };
    DEFINITIONS.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn text(definition: &Definition) -> String {
    let (name, unit, meaning) = definition;
    let mut lines = vec![(*name).to_owned(), format!("  meaning  {meaning}")];
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
    let mut near: Vec<(f64, &str)> = DEFINITIONS
        .iter()
        .map(|(name, ..)| (strsim::jaro_winkler(field, name.rsplit('.').next().unwrap_or(name)), *name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<&str> = near.into_iter().take(NEAREST).map(|(_, name)| name).collect();
    match names.is_empty() {
        true => "pinload explain lists them all".to_owned(),
        false => format!("did you mean {}?", names.join(", ")),
    }
}
