//! The table and the page as texts. A browser looks at the page in tests/embedded/campaign.rs.

use super::*;
use crate::campaign::{matrix, sweep};

fn document() -> CampaignDocument {
    let figures = sweep::figures(false);
    let steps = matrix::points(&[2, 2]);
    let runs: Vec<SweepRun> = matrix::visits(4, 3, None)
        .into_iter()
        .map(|visit| SweepRun {
            point: visit.point + 1,
            repeat: visit.repeat + 1,
            exit_code: 0,
            verdict: "valid".to_owned(),
            began_at: "2026-11-28T10:00:00Z".to_owned(),
            took_s: 5.0,
            result: format!("runs/p{}/r{}.detail", visit.point + 1, visit.repeat + 1),
            values: vec![Some(1e6 * (visit.point + 1) as f64 * (1.0 + 0.01 * f64::from(visit.repeat))); figures.len()],
        })
        .collect();
    let dimension = |name: &str, values: [&str; 2]| VariedDimension {
        name: name.to_owned(),
        values: values.map(str::to_owned).to_vec(),
    };
    CampaignDocument {
        schema: CAMPAIGN_SCHEMA,
        name: "linger | <batch>".to_owned(),
        pinload_version: "0.0.0",
        repeat_command: "pinload campaign campaign.yaml".to_owned(),
        started_at: "2026-11-28T10:00:00Z".to_owned(),
        order: "interleaved".to_owned(),
        repeats: 3,
        runs_planned: 12,
        dimensions: vec![dimension("producer.linger.ms", ["0", "5"]), dimension("acks", ["1", "all"])],
        points: sweep::points(&steps, &runs, figures.len()),
        figures,
        runs,
        remarks: vec!["a remark".to_owned()],
        environment: vec![("kernel".to_owned(), "6.1".to_owned())],
    }
}

#[test]
fn a_row_of_the_csv_has_the_points_values_and_each_figure_with_its_interval() {
    let text = campaign_csv(&document()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let cell = |row: usize, name: &str| rows[row][head.iter().position(|known| known == name).unwrap()].to_owned();
    assert_eq!(
        (cell(2, "producer.linger.ms"), cell(2, "acks"), cell(2, "runs_used")),
        ("5".into(), "1".into(), "3".into())
    );
    let number = |name: &str| cell(2, name).parse::<f64>().unwrap();
    let [from, mean, to] = ["from", "mean", "to"].map(|end| number(&format!("{end}.end_to_end_actual_p99_ns")));
    assert!(from < mean && mean < to && (mean / 3.03e6 - 1.0).abs() < 0.001, "{from} {mean} {to}");
}

#[test]
fn markdown_and_console_tell_figures_with_their_units() {
    let document = document();
    let text = campaign_markdown(&document);
    assert!(
        text.contains("# linger \\| <batch>") && text.contains("2 × 2 points, 3 runs each: 12 runs, interleaved"),
        "{text}"
    );
    assert!(
        text.contains("| 3 | 5 | 1 |")
            && text.contains("3.03 ms (")
            && text.contains("    pinload campaign campaign.yaml")
    );
    let lines = console_table(&document);
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[0].contains("end to end p99") && lines[4].contains("4.04 ms"), "{lines:?}");
}

#[test]
fn the_page_loads_nothing_and_names_cannot_break_out_of_it() {
    let html = campaign_page(&document());
    for load in ["<link rel=\"stylesheet\"", "<script src", "@import", "<img src=\"http", "<batch>"] {
        assert!(!html.contains(load), "{load}");
    }
    assert!(html.contains("default-src 'none'") && html.contains("id=\"sweeps\"") && html.contains("id=\"heat\""));
    let mut one = document();
    one.dimensions.truncate(1);
    one.points.truncate(2);
    assert!(!campaign_page(&one).contains("id=\"heat\""), "one dimension has no heat map");
}
