//! Several runs beside each other: who they are, and their charts on top of each other.

use super::super::reading::ResultDocument;
use super::banner::{Headline, answer};
use super::charts::place;
use maud::{Markup, html};

pub(super) fn summary(runs: &[ResultDocument]) -> Markup {
    html! {
        ol.runs {
            @for (at, run) in runs.iter().enumerate() {
                @let Headline { class, mark, system, figures } = answer(run);
                li {
                    span.swatch data-run=(at) aria-hidden="true" {}
                    strong { (run.title()) } " " span.note { (run.file) }
                    @if let Some(at) = run.text("/started_at").filter(|at| !at.is_empty()) { " " span.note { (at) } }
                    p.verdict.(class) { (mark) " " @if let Some(system) = system { (system) " " } (figures) }
                }
            }
        }
    }
}

pub(super) fn over_time() -> Markup {
    html! {
        p.note { "Time counts from the beginning of each run's load." }
        p.note data-thinned="" {}
        (place("runs-rate", "Acknowledged messages per second", ""))
        (place("runs-latency", "Latency of each period", ""))
    }
}

pub(super) fn percentiles() -> Markup {
    place(
        "runs-percentiles",
        "Percentile curves",
        "Latency below which so many of all messages stayed; each step to the right is another nine.",
    )
}
