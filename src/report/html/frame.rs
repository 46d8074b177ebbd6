//! The document around the sections: head, contents, script, style. Nothing in it is loaded from anywhere.

use super::sections::Section;
use maud::{DOCTYPE, PreEscaped, html};
use serde_json::Value;

/// The page's own style, and that of the charts.
const STYLES: [&str; 2] = [include_str!("vendor/uPlot-1.6.32.min.css"), include_str!("page.css")];
/// The charts' script with its licence, and the page's own script, part by part.
const SCRIPTS: [&str; 11] = [
    include_str!("vendor/uPlot-1.6.32.iife.min.js"),
    include_str!("script/words.js"),
    include_str!("script/data.js"),
    include_str!("script/chart.js"),
    include_str!("script/time_charts.js"),
    include_str!("script/heat.js"),
    include_str!("script/shapes.js"),
    include_str!("script/clients.js"),
    include_str!("script/partitions.js"),
    include_str!("script/brokers.js"),
    include_str!("script/page.js"),
];
const LICENCE: &str = include_str!("vendor/uPlot.LICENSE");
/// Nothing may be fetched, whatever stands in the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

/// The whole file.
pub(super) fn document(title: &str, sections: &[Section], data: &Value) -> String {
    let script = format!("/* uPlot:\n{LICENCE}*/\n{}", SCRIPTS.join("\n"));
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
                title { (title) " · pinload" }
                style { (PreEscaped(STYLES.join("\n"))) }
            }
            body {
                a.skip href="#summary" { "To the summary" }
                header {
                    h1 { (title) }
                    button #theme type="button" aria-pressed="false" { "Dark" }
                }
                nav aria-label="Contents" {
                    ul { @for (anchor, name, _) in sections { li { a href={ "#" (anchor) } { (name) } } } }
                }
                main {
                    noscript { p.note { "Charts and downloads need JavaScript; the tables don't." } }
                    @for (anchor, name, markup) in sections {
                        section id=(anchor) aria-labelledby={ (anchor) "-heading" } {
                            h2 id={ (anchor) "-heading" } { (name) }
                            (markup)
                        }
                    }
                }
                footer { p.note { "Made by pinload " (env!("CARGO_PKG_VERSION")) ". Words with dots below them tell what they mean on hover and on focus, as " code { "pinload explain" } " does. Charts: uPlot (MIT)." } }
                script #data type="application/json" { (PreEscaped(escaped(data))) }
                script { (PreEscaped(script.replace("</", "<\\/"))) }
            }
        }
    };
    page.into_string()
}

/// JSON that cannot end the element it stands in.
fn escaped(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}
