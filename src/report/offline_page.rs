//! The document around a page: head, style, charts, data, script. Nothing in it is loaded from anywhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const CHARTS_STYLE: &str = include_str!("html/vendor/uPlot-1.6.32.min.css");
const CHARTS_SCRIPT: &str = include_str!("html/vendor/uPlot-1.6.32.iife.min.js");
const CHARTS_LICENCE: &str = include_str!("html/vendor/uPlot.LICENSE");
/// Nothing may be fetched, whatever stands in the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

/// The whole file. `style` and `scripts` stand behind those of the charts; `data` is JSON, which the scripts find in
/// the element `data`.
pub(super) fn offline_page(title: &str, style: &str, scripts: &[&str], data: &str, body: &Markup) -> String {
    let script = format!("/* uPlot:\n{CHARTS_LICENCE}*/\n{CHARTS_SCRIPT}\n{}", scripts.join("\n"));
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
                title { (title) }
                style { (PreEscaped([CHARTS_STYLE, style].join("\n"))) }
            }
            body {
                (body)
                // Neither can end the element that it stands in.
                script #data type="application/json" { (PreEscaped(data.replace('<', "\\u003c"))) }
                script { (PreEscaped(script.replace("</", "<\\/"))) }
            }
        }
    };
    page.into_string()
}
