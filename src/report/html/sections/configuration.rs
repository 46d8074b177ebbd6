//! What was asked for, what the client library was given and why.

use super::super::reading::ResultDocument;
use super::table::{Cell, table};
use super::tree::leaves;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Parts of the plan that have a section or a table of their own.
const ELSEWHERE: [&str; 5] = ["driver", "placement", "clients", "thresholds", "warnings"];

pub(super) fn configuration(run: &ResultDocument) -> Option<Markup> {
    let plan = run.at("/plan")?.as_object()?;
    let rest: Map<String, Value> = plan
        .iter()
        .filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let clients = [("producer", "Producers"), ("consumer", "Consumers"), ("admin", "Admin client")];
    Some(html! {
        @for (kind, name) in clients { @if let Some(shown) = properties(run, kind, name) { (shown) } }
        @for of in run.list("/cluster_settings") { (cluster(of)) }
        (key_values("plan", "Workload and plan, as decided", &Value::Object(rest)))
        @if let Some(thresholds) = plan.get("thresholds") {
            details { summary { "Thresholds of the verdict" } (key_values("thresholds", "Thresholds", thresholds)) }
        }
        @for file in run.list("/files_as_written") {
            @let name = file["file_name"].as_str().unwrap_or("file");
            details {
                summary { (name) ", as written" }
                pre tabindex="0" { (file["file_text"].as_str().unwrap_or_default()) }
            }
        }
    })
}

/// The lines of one kind of client: as written, what became of them, why.
fn properties(run: &ResultDocument, kind: &str, name: &str) -> Option<Markup> {
    let lines = run.list(&format!("/plan/driver/{kind}/lines"));
    let row = |line: &Value| {
        let given: Vec<String> = line["to"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| Some(format!("{} = {}", pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
            .collect();
        let text = |name: &str| Cell::text(line[name].as_str().unwrap_or_default());
        vec![text("name"), text("value"), text("action"), Cell::text(given.join(", ")), text("why")]
    };
    let rows: Vec<Vec<Cell>> = lines.iter().map(row).collect();
    let columns = [
        ("property", "name"),
        ("value", ""),
        ("what was done", "action"),
        ("librdkafka was given", "to"),
        ("why", "why"),
    ];
    (!rows.is_empty()).then(|| table(&format!("{kind}-properties"), &format!("{name}: properties"), &columns, &rows))
}

/// Settings of a broker or a topic: first those that somebody made, the rest one click away.
fn cluster(of: &Value) -> Markup {
    let resource = of["resource"].as_str().unwrap_or("cluster");
    let text = |setting: &Value, name: &str| Cell::text(setting[name].as_str().unwrap_or_default());
    let rows = |default: bool| -> Vec<Vec<Cell>> {
        let all = of["settings"].as_array().into_iter().flatten();
        all.filter(|setting| (setting["setting_source"] == "default") == default)
            .map(|setting| ["setting", "setting_value", "setting_source"].map(|name| text(setting, name)).to_vec())
            .collect()
    };
    let columns = [("setting", "setting"), ("value", "setting_value"), ("from", "setting_source")];
    let (made, defaults) = (rows(false), rows(true));
    let file = resource.replace(' ', "-");
    html! {
        @if !made.is_empty() {
            (table(&file, &format!("Settings of {resource} that are not defaults"), &columns, &made))
        }
        @if !defaults.is_empty() {
            details {
                summary { (defaults.len()) " defaults of " (resource) }
                (table(&format!("{file}-defaults"), &format!("Defaults of {resource}"), &columns, &defaults))
            }
        }
    }
}

/// Any nested value as two columns.
pub(super) fn key_values(name: &str, caption: &str, value: &Value) -> Markup {
    let rows: Vec<Vec<Cell>> =
        leaves(value).into_iter().map(|(path, text)| vec![Cell::text(path), Cell::text(text)]).collect();
    html! { @if !rows.is_empty() { (table(name, caption, &[("key", ""), ("value", "")], &rows)) } }
}
