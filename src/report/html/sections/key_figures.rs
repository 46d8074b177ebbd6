//! The figures that are told first, and the command that repeats the run.

use super::super::reading::ResultDocument;
use super::super::words::{bytes, defined, ns, number, shell};
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn key_figures(run: &ResultDocument) -> Markup {
    html! {
        dl.figures { @for figure in figures(run) { (figure) } }
        (facts(run))
        @let words: Vec<&str> = run.list("/command_line").iter().filter_map(Value::as_str).collect();
        @if !words.is_empty() {
            p.label id="repeat" { "To repeat this run" }
            div.command {
                pre aria-labelledby="repeat" tabindex="0" { (shell(&words)) }
                button type="button" data-copy="" { "Copy" }
            }
        }
    }
}

/// A card: what, its figure, a line below it.
fn card(label: &str, path: &str, raw: f64, text: &str, below: &str) -> Markup {
    let field = path.rsplit('/').next().unwrap_or(path);
    html! {
        div {
            dt { (defined(label, field)) }
            dd data-path=(path) data-value=(raw) { (text) @if !below.is_empty() { small { (below) } } }
        }
    }
}

fn figures(run: &ResultDocument) -> Vec<Markup> {
    let mut cards = Vec::new();
    let mut rate = |label: &str, rate: &str, size: &str| {
        if let Some(value) = run.number(rate) {
            let below = run.number(size).map_or(String::new(), |size| format!("{}/s", bytes(size)));
            cards.push(card(label, rate, value, &format!("{}/s", number(value.round())), &below));
        }
    };
    rate("acknowledged messages", "/measurement/publish_rate_per_s", "/measurement/publish_bytes_per_s");
    rate("received messages", "/measurement/consume_rate_per_s", "/measurement/consume_bytes_per_s");
    let measured = |family: &str| run.number(&format!("/measurement/latencies/{family}/count")) != Some(0.0);
    let families = [("acknowledge_actual", "acknowledged"), ("end_to_end_actual", "end to end")];
    for (family, label) in families.into_iter().filter(|(family, _)| measured(family)) {
        for (figure, name) in [("p50_ns", "p50"), ("p99_ns", "p99"), ("max_ns", "max")] {
            let path = format!("/measurement/latencies/{family}/{figure}");
            if let Some(value) = run.number(&path) {
                cards.push(card(&format!("{label} {name}"), &path, value, &ns(value), ""));
            }
        }
    }
    if let Some(lost) = run.number("/accounting/total/lost") {
        let of =
            run.number("/accounting/total/acknowledged").map_or(String::new(), |all| format!("of {}", number(all)));
        cards.push(card("lost", "/accounting/total/lost", lost, &number(lost), &of));
    }
    if let Some(cost) = run.number("/measurement/cpu_ns_per_message") {
        cards.push(card("CPU per message", "/measurement/cpu_ns_per_message", cost, &ns(cost), "of all clients"));
    }
    cards
}

/// One line: what was run, where, when.
fn facts(run: &ResultDocument) -> Markup {
    let count = |path: &str| run.number(path).map(number);
    let mut facts: Vec<String> = Vec::new();
    let topics = count("/plan/topics/count").zip(count("/plan/topics/partitions_per_topic"));
    facts.extend(topics.map(|(topics, partitions)| format!("topics: {topics} × {partitions} partitions")));
    let clients = (count("/plan/producers_per_topic"), count("/plan/consumers_per_subscription"));
    facts.extend(clients.0.map(|producers| format!("producers of each topic: {producers}")));
    facts.extend(clients.1.map(|consumers| format!("consumers of each subscription: {consumers}")));
    facts.extend(run.number("/plan/message/size_bytes").map(|size| format!("messages of {}", bytes(size))));
    let arrivals = |path: &str| run.number(&format!("/plan/rate/arrivals/{path}")).map(number);
    facts.extend(arrivals("poisson/arrival_seed").map(|seed| format!("Poisson arrivals, seed {seed}")));
    facts.extend(arrivals("dithered/arrival_seed").map(|seed| format!("dithered arrivals, seed {seed}")));
    facts.extend(arrivals("burst/burst_messages").map(|messages| format!("bursts of {messages}")));
    facts.extend(run.number("/measurement/measured_s").map(|seconds| format!("{} s measured", number(seconds))));
    facts.extend(run.text("/host/cpu_model").map(str::to_owned));
    facts.extend(run.text("/started_at").filter(|at| !at.is_empty()).map(|at| format!("started {at}")));
    facts.extend(run.text("/pinload_version").map(|version| format!("pinload {version}")));
    facts.extend(run.text("/librdkafka_version").map(|version| format!("librdkafka {version}")));
    html! { p.facts { (facts.join(" · ")) } }
}
