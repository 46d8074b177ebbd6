//! A campaign's results: one document, from which the table (CSV, Markdown, console) and the page are made.

mod page;
mod table;
#[cfg(test)]
mod tests;

use crate::campaign::sweep::{SweepFigure, SweepPoint, SweepRun};
pub use page::campaign_page;
use serde::Serialize;
pub use table::{campaign_csv, campaign_markdown, console_table};

/// All of it, as `campaign.json` has it.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignDocument {
    /// What kind of file this is.
    pub schema: &'static str,
    /// The campaign's name.
    pub name: String,
    /// pinload's version.
    pub pinload_version: &'static str,
    /// What does the same again, in the campaign's folder.
    pub repeat_command: String,
    /// When the first run began.
    pub started_at: String,
    /// `interleaved`, `random, seed 7`.
    pub order: String,
    /// Runs of each point.
    pub repeats: u32,
    /// Runs that there are to be.
    pub runs_planned: usize,
    /// What was varied.
    pub dimensions: Vec<VariedDimension>,
    /// What was measured.
    pub figures: Vec<SweepFigure>,
    /// The points.
    pub points: Vec<SweepPoint>,
    /// The runs, in their order.
    pub runs: Vec<SweepRun>,
    /// What is to be known of them.
    pub remarks: Vec<String>,
    /// The machine, the broker and versions, by name: those of the first run.
    pub environment: Vec<(String, String)>,
}

/// One dimension.
#[derive(Debug, Clone, Serialize)]
pub struct VariedDimension {
    /// Its name.
    pub name: String,
    /// Its values as text.
    pub values: Vec<String>,
}

/// What `schema` says.
pub const CAMPAIGN_SCHEMA: &str = "pinload campaign 1";

impl CampaignDocument {
    /// `2 × 3 points, 3 repeats each: 18 runs`.
    pub(crate) fn extent(&self) -> String {
        let sizes: Vec<String> = self.dimensions.iter().map(|dimension| dimension.values.len().to_string()).collect();
        let points = if sizes.is_empty() { "1 point".to_owned() } else { format!("{} points", sizes.join(" × ")) };
        let repeats = crate::units::counted(self.repeats, "run");
        let (done, planned) = (self.runs.len(), self.runs_planned);
        let all = if done == planned { format!("{planned} runs") } else { format!("{done} of {planned} runs so far") };
        format!("{points}, {repeats} each: {all}, {}", self.order)
    }

    /// A point's values, one for each dimension.
    pub(crate) fn settings<'a>(&'a self, point: &'a SweepPoint) -> impl Iterator<Item = &'a str> {
        self.dimensions.iter().zip(&point.steps).map(|(dimension, step)| dimension.values[*step].as_str())
    }
}
