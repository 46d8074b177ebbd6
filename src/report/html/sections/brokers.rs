//! What brokers and their hosts told of themselves, on the time axis of the run.

use super::super::chart::scrapes::{CHARTS, charts};
use super::super::reading::ResultDocument;
use super::super::words::number as figure;
use super::charts::place;
use super::table::{Cell, table};
use crate::units::counted;
use maud::{Markup, html};

pub(super) fn brokers(run: &ResultDocument) -> Option<Markup> {
    let pages = run.list("/scrapes");
    if pages.is_empty() {
        return None;
    }
    let (still, charts): (Vec<_>, Vec<_>) = charts(run).into_iter().partition(|chart| chart.constant().is_some());
    Some(html! {
        @if charts.is_empty() { p { "Nothing that was read changed." } }
        @for (number, chart) in charts.iter().take(CHARTS).enumerate() {
            @let left_out = (chart.left_out > 0).then(|| counted(chart.left_out, "line"));
            @let more = left_out.map(|lines| format!(" {lines} more have no room; the result file has them."));
            @let more = more.unwrap_or_default();
            @let about = if chart.per_s { "Per second, from one read to the next." } else { "" };
            (place(&format!("scrape-{number}"), &chart.title, &format!("{about}{more}")))
        }
        @if !still.is_empty() {
            p { "The same all the time: "
                @for (number, chart) in still.iter().enumerate() {
                    @if number > 0 { ", " }
                    (chart.title) @if chart.per_s { " per second" } " "
                    (chart.constant().map(figure).unwrap_or_default())
                }
                "." }
        }
        @if charts.len() > CHARTS { p.note { (charts.len() - CHARTS) " more metrics are in the result file." } }
        (as_table(run))
    })
}

fn as_table(run: &ResultDocument) -> Markup {
    let row = |page: &serde_json::Value| {
        let kept = page["series"].as_array().map_or(0, Vec::len);
        vec![
            Cell::text(page["scrape_name"].as_str().unwrap_or_default()),
            Cell::text(page["scrape_url"].as_str().unwrap_or_default()),
            Cell::number(page.get("reads")),
            Cell::number(page.get("reads_failed")),
            Cell::of(page.get("last_failure"), figure),
            Cell::number(page.get("series_found")),
            Cell::made(Some(kept as f64), figure),
            Cell::number(page.get("series_left_out")),
        ]
    };
    let rows: Vec<Vec<Cell>> = run.list("/scrapes").iter().map(row).collect();
    let columns = [
        ("page", "scrape_name"),
        ("address", "scrape_url"),
        ("reads", "reads"),
        ("failed", "reads_failed"),
        ("the last failure", "last_failure"),
        ("series found", "series_found"),
        ("kept", "series"),
        ("no room for", "series_left_out"),
    ];
    table("scrapes", "Pages of metrics that were read beside the run", &columns, &rows)
}
