//! What stands around the sections: heading, contents, footer; and the page's own script and style.

use super::sections::Section;
use crate::report::offline_page::offline_page;
use maud::html;
use serde_json::Value;

const STYLE: &str = include_str!("page.css");
/// The page's own script, part by part.
const SCRIPTS: [&str; 10] = [
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

/// The whole file.
pub(super) fn document(title: &str, sections: &[Section], data: &Value) -> String {
    let body = html! {
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
        footer { p.note { "Made by pinload " (env!("CARGO_PKG_VERSION")) ". Words with dots below them tell what they \
            mean on hover and on focus, as " code { "pinload explain" } " does. Charts: uPlot (MIT)." } }
    };
    offline_page(&format!("{title} · pinload"), STYLE, &SCRIPTS, &data.to_string(), &body)
}
