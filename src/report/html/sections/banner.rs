//! First of all: can the figures be believed, what limited the run, what to do.

use super::super::reading::ResultDocument;
use maud::{Markup, html};
use serde_json::Value;

/// Reasons that are shown at once; more are one click away.
const AT_ONCE: usize = 3;

pub(super) fn banner(run: &ResultDocument) -> Markup {
    let Headline { class, mark, system, figures } = answer(run);
    let reasons = reasons(run);
    html! {
        div.banner.(class) role="status" {
            @for (at, sentence) in system.iter().chain([&figures]).enumerate() {
                p.sentence { @if at == 0 { span aria-hidden="true" { (mark) " " } } (sentence) }
            }
            @if !reasons.is_empty() {
                ul { @for reason in reasons.iter().take(AT_ONCE) { li { (reason) } } }
                @if reasons.len() > AT_ONCE {
                    details {
                        summary { (reasons.len() - AT_ONCE) " more" }
                        ul { @for reason in reasons.iter().skip(AT_ONCE) { li { (reason) } } }
                    }
                }
            }
            @if !warnings(run).is_empty() {
                ul.warnings { @for warning in warnings(run) { li { "Warning: " (warning) } } }
            }
        }
    }
}

/// What is told first of a run.
pub(super) struct Headline {
    /// Class of the style: how bad it is.
    pub(super) class: &'static str,
    /// The same for those who don't see colours.
    pub(super) mark: &'static str,
    /// What the system under test did; None: an older result, or one of OMB.
    pub(super) system: Option<String>,
    /// Can the figures be believed?
    pub(super) figures: String,
}

/// Both answers of the detail file, in its own sentences where it has them.
pub(super) fn answer(run: &ResultDocument) -> Headline {
    let outcome = run.text("/outcome/outcome").unwrap_or("completed");
    let verdict = run.text("/verdict/verdict");
    let held = run.text("/system/outcome");
    let system = run.text("/system/sentence").map(|sentence| {
        let word = held.unwrap_or_default().to_uppercase().replace('_', " ");
        format!("{word}: {}.", sentence.trim_end_matches('.'))
    });
    let (class, mark) = match (verdict, held) {
        (Some("invalid"), _) | (_, Some("failed")) => ("bad", "✗"),
        (Some("generator_limited"), _) | (_, Some("did_not_hold")) => ("warn", "!"),
        (Some("valid"), _) => ("good", "✓"),
        _ => ("none", "?"),
    };
    let figures = match (verdict, run.text("/trust/sentence")) {
        (_, Some(sentence)) => format!("{}.", sentence.trim_end_matches('.')),
        (Some("valid"), None) => "Valid: the generator was not the limit.".to_owned(),
        (Some("generator_limited"), None) => {
            "Limited by the generator: the figures are true, but not the system's alone.".to_owned()
        }
        (Some("invalid"), None) if outcome != "completed" => {
            format!("Invalid: the run did not complete ({}).", outcome.replace('_', " "))
        }
        (Some("invalid"), None) => "Invalid: the figures cannot be believed.".to_owned(),
        (Some(_), None) => "Nobody could look at the generator.".to_owned(),
        (None, None) => "No verdict: OMB's results don't say whether the generator kept up.".to_owned(),
    };
    let not_valid = run.number("/verdict/periods_not_valid").unwrap_or(0.0);
    let periods = match run.list("/periods").len() {
        all if not_valid > 0.0 => format!(" {not_valid} of {all} periods are not valid by themselves."),
        _ => String::new(),
    };
    Headline { class, mark, system, figures: begun_large(&(figures + &periods)) }
}

/// Sentences of the detail file begin small: they stand behind a word there.
fn begun_large(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Why, worst first, then what else must be known.
fn reasons(run: &ResultDocument) -> Vec<String> {
    let text = |value: &Value| value["text"].as_str().or(value.as_str()).map(str::to_owned);
    let of = |path: &str| run.list(path).iter().filter_map(text).collect::<Vec<_>>();
    let mut reasons = of("/verdict/reasons");
    reasons.extend(of("/system/events"));
    reasons.extend(of("/health/complaints").into_iter().map(|complaint| format!("system under test: {complaint}")));
    reasons.extend(of("/caveats"));
    reasons
}

/// What went wrong on the way, those of the plan included: always shown.
fn warnings(run: &ResultDocument) -> Vec<&str> {
    run.list("/warnings").iter().filter_map(Value::as_str).collect()
}
