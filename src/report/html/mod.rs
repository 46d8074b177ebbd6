//! The report: results as one HTML file that needs no network, for people.
//!
//! `reading` takes what a result file holds, pinload's detail file or OMB's own (`omb_reading`); `chart` makes of it
//! what the page's script draws, thinned (`thin`); `sections` are the parts of the page. The script and the style are
//! files of their own, embedded as they stand. Charts are drawn by uPlot.

mod chart;
mod frame;
mod omb_reading;
pub mod reading;
mod sections;
mod thin;
mod words;

use reading::ResultDocument;

/// A page: of one run everything, of several an overlay and their differences. `made_by` is pinload's version.
pub fn page(runs: &[ResultDocument]) -> String {
    match runs {
        [run] => frame::document(&run.title(), &sections::of_one(run), &chart::data(runs)),
        several => {
            frame::document(&format!("{} runs", several.len()), &sections::of_several(several), &chart::data(runs))
        }
    }
}

#[cfg(test)]
mod tests;
