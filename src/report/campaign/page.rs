//! The page of a campaign: the table, sweeps (a figure over a dimension, with intervals), heat maps, and the runs. One
//! file, no network.

use super::CampaignDocument;
use super::table::{LEGEND, shown};
use crate::report::offline_page::offline_page;
use maud::{Markup, html};

const STYLE: &str = include_str!("campaign.css");
const SCRIPTS: [&str; 2] = [include_str!("sweeps.js"), include_str!("heat_map.js")];

/// The whole file.
pub fn campaign_page(document: &CampaignDocument) -> String {
    let data = serde_json::to_string(document).unwrap_or_default();
    let varied = document.dimensions.iter().filter(|dimension| dimension.values.len() > 1).count();
    let body = html! {
        main {
            h1 { (document.name) }
            p.note { (document.extent()) }
            @for remark in &document.remarks { p.remark { (remark) } }
            noscript { p.note { "Charts need JavaScript; the tables don't." } }
            @if varied > 0 { (sweeps()) }
            @if varied > 1 { (heat_map()) }
            h2 { "Points" }
            (points(document))
            p.note { (LEGEND) }
            h2 { "Runs" }
            (runs(document))
            h2 { "To do the same again" }
            @if document.repeat_command.ends_with(".yaml") { p.note { "In the folder of the campaign:" } }
            pre { (document.repeat_command) }
            @if !document.environment.is_empty() {
                h2 { "Environment" }
                div.table { table { tbody {
                    @for (name, value) in &document.environment { tr { th scope="row" { (name) } td { (value) } } }
                } } }
            }
            footer { p.note { "Made by pinload " (document.pinload_version) ". Charts: uPlot (MIT)." } }
        }
    };
    offline_page(&format!("{} · pinload campaign", document.name), STYLE, &SCRIPTS, &data, &body)
}

fn sweeps() -> Markup {
    html! {
        section #sweeps {
            h2 { "Sweeps" }
            div.tools {
                label { "Figure " select data-choose="figure" {} }
                label { "over " select data-choose="dimension" {} }
                label { input type="checkbox" data-choose="log"; " log scale" }
            }
            figure { div.plot {} ul.legend {} }
            p.note { "A line for each choice of the other dimensions; bars are intervals of 95 % over repeats." }
        }
    }
}

fn heat_map() -> Markup {
    html! {
        section #heat {
            h2 { "Heat map" }
            div.tools {
                label { "Figure " select data-choose="figure" {} }
                label { "rows " select data-choose="rows" {} }
                label { "columns " select data-choose="columns" {} }
            }
            div.table { table.heat { caption {} thead {} tbody {} } }
            p.note {
                "Green is better. Where there are more than two dimensions, a cell is the geometric mean over the \
                 others."
            }
        }
    }
}

fn points(document: &CampaignDocument) -> Markup {
    html! {
        div.table { table {
            thead { tr {
                th scope="col" { "point" }
                @for dimension in &document.dimensions { th scope="col" { (dimension.name) } }
                @for figure in &document.figures { th.number scope="col" { (figure.figure) } }
                th.number scope="col" { "runs" }
                th scope="col" { "verdict" }
            } }
            tbody { @for point in &document.points { tr {
                th scope="row" { (point.point) }
                @for value in document.settings(point) { td { (value) } }
                @for (figure, over) in document.figures.iter().zip(&point.figures) {
                    td.number { (shown(figure, over.as_ref())) }
                }
                td.number {
                    (point.runs_used)
                    @if point.runs_left_out > 0 { " of " (point.runs_used + point.runs_left_out) }
                }
                td.verdict { (point.verdict.replace('_', " ")) }
            } } }
        } }
    }
}

fn runs(document: &CampaignDocument) -> Markup {
    html! {
        details { summary { (document.runs.len()) " runs in the order in which they ran" }
            div.table { table {
                thead { tr {
                    @for name in ["run", "point", "repeat"] { th.number { (name) } }
                    th { "began" } th.number { "took" } th.number { "exit code" } th { "verdict" } th { "result" }
                } }
                tbody { @for (at, run) in document.runs.iter().enumerate() { tr {
                    th.number scope="row" { (at + 1) }
                    td.number { (run.point) } td.number { (run.repeat) } td { (run.began_at) }
                    td.number { (format!("{:.1} s", run.took_s)) } td.number { (run.exit_code) }
                    td.verdict { (run.verdict.replace('_', " ")) }
                    td { @if run.result.is_empty() { "–" } @else { a href=(run.result) { (run.result) } } }
                } } }
            } }
        }
    }
}
