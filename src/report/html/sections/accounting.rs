//! What became of every message.

use super::super::reading::ResultDocument;
use super::super::words::number;
use super::table::{Cell, Column, table};
use maud::{Markup, html};
use serde_json::Value;

const BALANCE: [Column<'static>; 11] = [
    ("sent", "sent"),
    ("acknowledged", "acknowledged"),
    ("failed", "failed"),
    ("unknown", "unknown"),
    ("received", "received"),
    ("lost", "lost"),
    ("duplicated", "duplicated"),
    ("out of order", "reordered"),
    ("failed but received", "failed_but_received"),
    ("beyond the window", "beyond_window"),
    ("proven", "proven"),
];

pub(super) fn accounting(run: &ResultDocument) -> Option<Markup> {
    let total = run.at("/accounting/total")?;
    let mut rows = vec![row("all".to_owned(), total)];
    for subscription in run.list("/accounting/subscriptions") {
        let group = subscription["group"].as_str().unwrap_or("nobody subscribes");
        let topic = subscription["topic"].as_str().unwrap_or_default();
        rows.push(row(format!("{topic} · {group}"), &subscription["total"]));
        for producer in subscription["producers"].as_array().into_iter().flatten() {
            rows.push(row(format!("— producer {}", producer["producer"]), producer));
        }
    }
    let columns: Vec<Column<'_>> =
        std::iter::once(("producer and subscription", "accounting")).chain(BALANCE).collect();
    let caption = "Messages of the whole run by sequence number; what was sent counts once for each subscription";
    Some(html! { (table("accounting", caption, &columns, &rows)) })
}

fn row(name: String, balance: &Value) -> Vec<Cell> {
    std::iter::once(Cell::text(name))
        .chain(BALANCE.iter().map(|(_, field)| Cell::of(balance.get(field), number)))
        .collect()
}
