//! Where the script draws charts. What each shows is said in words for those who don't see it.

use super::super::reading::ResultDocument;
use maud::{Markup, html};

/// A place for a chart: what draws it, what it is called, what it shows.
pub(super) fn place(kind: &str, heading: &str, about: &str) -> Markup {
    html! {
        figure.chart data-chart=(kind) {
            figcaption { h3 { (heading) } @if !about.is_empty() { p.note { (about) } } }
        }
    }
}

pub(super) fn over_time(run: &ResultDocument) -> Markup {
    html! {
        p.note.keys {
            "Drag to zoom, double-click to see all; all charts of time move together. With the keyboard: Tab to a \
             chart, "
            kbd { "←" } " " kbd { "→" } " move the cursor, " kbd { "+" } " " kbd { "−" } " zoom, " kbd { "0" } " shows \
                all."
        }
        p.note data-thinned="" {}
        (place("rates", "Throughput", "Messages per second of all clients, second by second where the result has \
            seconds."))
        @if run.list("/periods").iter().any(|period| period["backlog_messages"].is_number()) {
            (place("backlog", "Backlog", "Acknowledged and not yet received, second by second where the result has \
                seconds, else at the end of each period."))
        }
        (place("acknowledged", "Acknowledgement latency", "p50, p99 and p99.9 of each period, all clients together; \
            the largest value of each second."))
        @if run.at("/measurement/latencies/end_to_end_actual").is_some() {
            (place("end-to-end", "End-to-end latency", "p50, p99 and p99.9 of each period, all clients together; the \
                largest value of each second."))
        }
    }
}

pub(super) fn heat(run: &ResultDocument) -> Option<Markup> {
    let known = run.list("/periods").iter().any(|period| period["distributions"].is_object());
    known.then(|| {
        place(
            "heat",
            "Latency heat map",
            "How many messages of each period took how long. Rows are 19 % \
        high; the stronger the colour, the more messages (on a log scale).",
        )
    })
}

pub(super) fn percentiles(run: &ResultDocument) -> Option<Markup> {
    run.at("/measurement/percentile_curves").map(|_| {
        place(
            "percentiles",
            "Percentile curve",
            "Latency below which so many of all messages stayed; each step to the \
            right is another nine. Where the curves from the intended and from the actual time part, the sender was \
            held up.",
        )
    })
}

pub(super) fn distribution(run: &ResultDocument) -> Option<Markup> {
    run.at("/measurement/distributions").map(|_| {
        place("distribution", "Distribution", "Share of messages by latency, on a log scale; bars are 9 % wide.")
    })
}

pub(super) fn search(run: &ResultDocument) -> Option<Markup> {
    run.at("/rate_search").map(|search| {
        let found = search["found_rate_per_s"].as_f64();
        html! {
            @match found {
                Some(rate) => p {
                    "The highest rate that was sustained: "
                    strong { (super::super::words::number(rate.round())) " messages/s" } "."
                },
                None => p { "The run was too short to find a rate that is sustained." },
            }
            (place("search", "Steps of the search", "The rate asked for in each step, and the rate acknowledged."))
        }
    })
}
