//! The ladder as a page: latency over load, drawn as a campaign of one dimension.

use super::answer::{CapacityAnswer, LadderStep};
use crate::campaign::matrix;
use crate::campaign::sweep::{self, SweepFigure, SweepRun};
use crate::report::campaign::{CAMPAIGN_SCHEMA, CampaignDocument, VariedDimension, campaign_page};

/// Figures of a rung: as comparisons name them, and as columns.
const FIGURES: [(&str, &str); 6] = [
    ("acknowledge_actual p50", "acknowledge_actual_p50_ns"),
    ("acknowledge_actual p99", "acknowledge_actual_p99_ns"),
    ("acknowledge_actual p99.9", "acknowledge_actual_p99_9_ns"),
    ("end_to_end_actual p50", "end_to_end_actual_p50_ns"),
    ("end_to_end_actual p99", "end_to_end_actual_p99_ns"),
    ("end_to_end_actual p99.9", "end_to_end_actual_p99_9_ns"),
];

/// None: there is no ladder.
pub(super) fn ladder_page(answer: &CapacityAnswer, repeat_command: String) -> Option<String> {
    let started_at = answer.ladder.first()?.began_at.clone();
    let figures = FIGURES.map(|(figure, column)| SweepFigure {
        figure: figure.to_owned(),
        column: column.to_owned(),
        is_time: true,
    });
    let runs: Vec<SweepRun> = answer.ladder.iter().enumerate().map(|(at, rung)| run(at, rung)).collect();
    let values = answer.ladder.iter().map(|rung| format!("{:.0}", rung.rate_per_s)).collect();
    let document = CampaignDocument {
        schema: CAMPAIGN_SCHEMA,
        name: answer.title(),
        pinload_version: env!("CARGO_PKG_VERSION"),
        repeat_command,
        started_at,
        order: "from the lowest load to the highest".to_owned(),
        repeats: 1,
        runs_planned: runs.len(),
        dimensions: vec![VariedDimension { name: "rate (messages per second)".to_owned(), values }],
        points: sweep::points(&matrix::points(&[runs.len()]), &runs, figures.len()),
        figures: figures.to_vec(),
        runs,
        remarks: answer.text().lines().map(|line| line.trim().to_owned()).collect(),
        environment: Vec::new(),
    };
    Some(campaign_page(&document))
}

fn run(at: usize, rung: &LadderStep) -> SweepRun {
    SweepRun {
        point: at + 1,
        repeat: 1,
        exit_code: 0,
        verdict: rung.verdict.clone(),
        began_at: rung.began_at.clone(),
        took_s: rung.took_s,
        result: rung.result.clone(),
        values: rung.values().to_vec(),
    }
}
