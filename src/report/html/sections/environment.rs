//! The machines, and what about them disturbs a measurement.

use super::super::reading::ResultDocument;
use super::configuration::key_values;
use super::table::{Cell, table};
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn environment(run: &ResultDocument) -> Option<Markup> {
    let hosts = run.list("/environment");
    if hosts.is_empty() && run.at("/host").is_none() {
        return None;
    }
    Some(html! {
        @if let Some(host) = run.at("/host") { (key_values("host", "The supervisor's machine", host)) }
        @for host in hosts {
            @let name = host["worker"].as_str().unwrap_or("this machine");
            @let rows: Vec<Vec<Cell>> = host["findings"].as_array().into_iter().flatten().map(finding).collect();
            @if rows.is_empty() {
                p { "pinload doctor found nothing that disturbs a measurement on " (name) "." }
            } @else {
                (table(
                    "findings",
                    &format!("Findings of pinload doctor on {name}"),
                    &[("severity", "severity"), ("finding", "finding"), ("what was found", "text")],
                    &rows,
                ))
            }
            @let unknown = host["not_known"].as_array().into_iter().flatten().filter_map(Value::as_str);
            @let unknown: Vec<&str> = unknown.collect();
            @if !unknown.is_empty() { p.note { "Not known: " (unknown.join(", ")) "." } }
            details { summary { "All facts about " (name) } (key_values("facts", "Facts", &host["facts"])) }
        }
    })
}

fn finding(finding: &Value) -> Vec<Cell> {
    ["severity", "finding", "text"].iter().map(|name| Cell::text(finding[*name].as_str().unwrap_or_default())).collect()
}
