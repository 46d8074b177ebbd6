//! The page of a campaign: the table, sweeps (a figure over a dimension, with intervals), heat maps, and the runs. One
//! file, no network.

use super::CampaignDocument;
use super::table::{LEGEND, shown};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The charts' style, and the page's own.
const STYLES: [&str; 2] = [include_str!("../html/vendor/uPlot-1.6.32.min.css"), include_str!("campaign.css")];
/// The charts, and the page's own script.
const SCRIPTS: [&str; 3] =
    [include_str!("../html/vendor/uPlot-1.6.32.iife.min.js"), include_str!("sweeps.js"), include_str!("heat_map.js")];
const LICENCE: &str = include_str!("../html/vendor/uPlot.LICENSE");
/// Nothing may be fetched, whatever stands in the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

/// The whole file.
pub fn campaign_page(document: &CampaignDocument) -> String {
    let data = serde_json::to_string(document).unwrap_or_default().replace('<', "\\u003c");
    let script = format!("/* uPlot:\n{LICENCE}*/\n{}", SCRIPTS.join("\n"));
    let varied = document.dimensions.iter().filter(|dimension| dimension.values.len() > 1).count();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="generator" content=(concat!("pinload ", env!("CARGO_PKG_VERSION")));
                link rel="icon" href="data:,";
                title { (document.name) " · pinload campaign" }
                style { (PreEscaped(STYLES.join("\n"))) }
            }
            body {
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
                    p.note { "In the folder of the campaign:" }
                    pre { (document.repeat_command) }
                    h2 { "Environment" }
                    div.table { table { tbody {
                        @for (name, value) in &document.environment { tr { th scope="row" { (name) } td { (value) } } }
                    } } }
                    footer { p.note { "Made by pinload " (document.pinload_version) ". Charts: uPlot (MIT)." } }
                }
                script #data type="application/json" { (PreEscaped(data)) }
                script { (PreEscaped(script.replace("</", "<\\/"))) }
            }
        }
    };
    page.into_string()
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
                "Green is better. Where there are more than two dimensions, a cell is the geometric mean over the others."
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
