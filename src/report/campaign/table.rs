//! The table of a campaign: a row for each point, as CSV with plain numbers, as Markdown and on the console with units.

use super::CampaignDocument;
use crate::campaign::sweep::{OverRepeats, SweepFigure, SweepPoint};
use crate::report::plain_table::{plain_table, table_lines};
use crate::units::{format_ns, format_rate, whole_ns};

/// Figures of the table for people; all others are in the CSV.
const TOLD: [&str; 6] = [
    "capacity_per_s",
    "publish_rate_per_s",
    "acknowledge_actual p50",
    "acknowledge_actual p99",
    "end_to_end_actual p50",
    "end_to_end_actual p99",
];

/// Comma-separated values: for each figure its mean and the ends of its interval of 95 %.
///
/// # Errors
/// A row could not be written.
pub fn campaign_csv(document: &CampaignDocument) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<String> = vec!["point".to_owned()];
    head.extend(document.dimensions.iter().map(|dimension| dimension.name.clone()));
    head.extend(["runs_used", "runs_left_out", "verdict"].map(str::to_owned));
    for figure in &document.figures {
        head.extend(["mean", "from", "to"].map(|end| format!("{end}.{}", figure.column)));
    }
    writer.write_record(&head)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for point in &document.points {
        let mut row: Vec<String> = vec![point.point.to_string()];
        row.extend(document.settings(point).map(str::to_owned));
        row.extend([point.runs_used.to_string(), point.runs_left_out.to_string(), point.verdict.clone()]);
        for over in &point.figures {
            let interval = over.as_ref().and_then(|over| over.interval);
            row.push(number(over.as_ref().map(|over| over.mean)));
            row.extend([0, 1].map(|end| number(interval.map(|interval| interval[end]))));
        }
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The lines of the table on a console.
pub fn console_table(document: &CampaignDocument) -> Vec<String> {
    let mut table = plain_table();
    table.set_header(head(document));
    for point in &document.points {
        table.add_row(row(document, point));
    }
    let (first, last) = (1 + document.dimensions.len(), head(document).len() - 1);
    table_lines(table, |column| (first..last).contains(&column))
}

/// The same with what was varied, the remarks, the environment and the command, as Markdown.
pub fn campaign_markdown(document: &CampaignDocument) -> String {
    let cells =
        |cells: Vec<String>| format!("| {} |", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    let head = head(document);
    let line = format!("|{}", " --- |".repeat(head.len()));
    let mut lines = vec![format!("# {}", escaped(&document.name)), String::new(), document.extent(), String::new()];
    lines.extend([cells(head), line]);
    lines.extend(document.points.iter().map(|point| cells(row(document, point))));
    lines.extend([String::new(), LEGEND.to_owned(), String::new()]);
    lines.extend(document.remarks.iter().map(|remark| format!("- {remark}")));
    lines.extend(["".to_owned(), "To do the same again, in this folder:".to_owned(), String::new()]);
    lines.extend([format!("    {}", document.repeat_command), String::new()]);
    lines.extend(["| environment | |".to_owned(), "| --- | --- |".to_owned()]);
    lines.extend(document.environment.iter().map(|(name, value)| cells(vec![name.clone(), value.clone()])));
    lines.join("\n") + "\n"
}

/// What the figures are.
pub(super) const LEGEND: &str = "Each figure is the mean over a point's runs, with its interval of 95 % (Student's t, \
     on the scale of ratios); of one run there is no interval.";

/// A bar would end the cell, a line break the row.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn head(document: &CampaignDocument) -> Vec<String> {
    let dimensions = document.dimensions.iter().map(|dimension| dimension.name.clone());
    let figures = told(document).map(|(_, figure)| figure.figure.replace("_actual", "").replace('_', " "));
    std::iter::once("point".to_owned())
        .chain(dimensions)
        .chain(figures)
        .chain(["runs".to_owned(), "verdict".to_owned()])
        .collect()
}

fn row(document: &CampaignDocument, point: &SweepPoint) -> Vec<String> {
    let settings = document.settings(point).map(str::to_owned);
    let figures = told(document).map(|(at, figure)| shown(figure, point.figures[at].as_ref()));
    let runs = match point.runs_left_out {
        0 => point.runs_used.to_string(),
        left_out => format!("{} of {}", point.runs_used, point.runs_used + left_out),
    };
    let verdict = if point.verdict.is_empty() { "–".to_owned() } else { point.verdict.replace('_', " ") };
    std::iter::once(point.point.to_string()).chain(settings).chain(figures).chain([runs, verdict]).collect()
}

fn told(document: &CampaignDocument) -> impl Iterator<Item = (usize, &SweepFigure)> {
    document.figures.iter().enumerate().filter(|(_, figure)| TOLD.contains(&figure.figure.as_str()))
}

/// `2.31 ms (2.10 ms to 2.54 ms)`.
pub(super) fn shown(figure: &SweepFigure, over: Option<&OverRepeats>) -> String {
    let Some(over) = over else { return "–".to_owned() };
    let value = |value: f64| if figure.is_time { format_ns(whole_ns(value)) } else { format_rate(value) };
    match over.interval {
        Some([from, to]) => format!("{} ({} to {})", value(over.mean), value(from), value(to)),
        None => value(over.mean),
    }
}
