//! One aligned row for each period, for people: rates, backlog, both latencies, late sends, and a mark where the period
//! is not valid.

use crate::plan::Plan;
use crate::stats::{Counter, Latency};
use crate::units::{format_count, format_ns};
use crate::verdict::{Judgement, Verdict};
use crate::worker::PeriodStats;

/// Columns from which on there is room for whole words and for why a period is marked.
const WIDE: usize = 120;

/// What stands where there is no figure.
const NOTHING: &str = "–";

/// What begins a line below a row that has no room.
const BELOW: &str = "\n         ";

/// Title and width of each column, narrow: they fit 80 columns.
const NARROW_COLUMNS: [(&str, usize); 9] = [
    ("time", 6),
    ("sent/s", 10),
    ("received/s", 11),
    ("backlog", 10),
    ("ack p50", 9),
    ("p99", 8),
    ("e2e p50", 9),
    ("p99", 8),
    ("late", 6),
];

/// The same where there is room.
const WIDE_COLUMNS: [(&str, usize); 9] = [
    ("time", 8),
    ("sent/s", 11),
    ("received/s", 12),
    ("backlog", 12),
    ("acknowledged p50", 18),
    ("p99", 10),
    ("end to end p50", 16),
    ("p99", 10),
    ("late", 8),
];

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// None: as many as it takes.
    columns: Option<usize>,
}

impl Rows {
    /// For a terminal of so many columns; None: a log, which has as many as it likes.
    pub fn for_columns(columns: Option<usize>) -> Self {
        Self { columns }
    }

    fn is_wide(self) -> bool {
        self.columns.is_none_or(|columns| columns >= WIDE)
    }

    fn titles(self) -> [(&'static str, usize); 9] {
        if self.is_wide() { WIDE_COLUMNS } else { NARROW_COLUMNS }
    }

    /// The titles.
    pub fn head(self) -> String {
        self.line(self.titles().map(|(title, _)| title.to_owned()))
    }

    /// One period that ended `elapsed_ns` after its phase began.
    pub fn row(self, period: &PeriodStats, elapsed_ns: u64, plan: &Plan) -> String {
        let knows = |counter| plan.measured_by.knows(counter);
        let sent_per_s =
            if knows(Counter::MessagesEnqueued) { period.send_rate_per_s } else { period.publish_rate_per_s };
        let latency = |latency: Latency, percentile: f64| {
            let measured = &period.latencies[latency];
            if measured.count() == 0 { NOTHING.to_owned() } else { format_ns(measured.percentile_ns(percentile)) }
        };
        let mut row = self.line([
            clock(elapsed_ns),
            whole(sent_per_s),
            whole(period.consume_rate_per_s),
            if plan.has_backlog() { format_count(period.backlog) } else { NOTHING.to_owned() },
            latency(Latency::AcknowledgeActual, 50.0),
            latency(Latency::AcknowledgeActual, 99.0),
            latency(Latency::EndToEndActual, 50.0),
            latency(Latency::EndToEndActual, 99.0),
            late_share(period, plan).map_or_else(|| NOTHING.to_owned(), percent),
        ]);
        let (mark, words) = self.remarks(period, plan);
        row.push_str(mark);
        let used = row.chars().count() + 2 + words.chars().count();
        if !words.is_empty() {
            row.push_str(if self.columns.is_none_or(|columns| used <= columns) { "  " } else { BELOW });
            row.push_str(&words);
        }
        row
    }

    fn line(self, cells: [String; 9]) -> String {
        let widths = self.titles().map(|(_, width)| width);
        widths.into_iter().zip(cells).map(|(width, cell)| format!("{cell:>width$}")).collect()
    }

    /// The mark of a period that is not valid, and where there is room why; lost and failed messages are told in any
    /// case.
    fn remarks(self, period: &PeriodStats, plan: &Plan) -> (&'static str, String) {
        let judgement = Judgement::of_period(period, plan);
        let mark = match judgement.verdict {
            Verdict::Valid | Verdict::NotJudged => "",
            // Said once, before the first row.
            Verdict::GeneratorLimited if judgement.is_normal_on_shared_cpus(plan) => "",
            Verdict::GeneratorLimited => " !",
            Verdict::Invalid => " !!",
        };
        let mut words = Vec::new();
        if self.is_wide() && !mark.is_empty() {
            words.extend(judgement.reasons.iter().take(2).map(|reason| reason.cause.words().to_owned()));
        }
        for (counter, what) in [
            (Counter::MessagesFailed, "failed"),
            (Counter::MessagesCorrupt, "corrupt"),
            (Counter::MessagesDuplicated, "duplicated"),
            (Counter::MissedSends, "missed sends"),
            (Counter::DroppedDebt, "dropped sends"),
        ] {
            let count = period.counters[counter];
            if count > 0 {
                words.push(format!("{what} {}", format_count(count)));
            }
        }
        (mark, words.join(", "))
    }
}

/// Late sends of all sends; None: nobody counts them, or nothing was sent.
pub(super) fn late_share(period: &PeriodStats, plan: &Plan) -> Option<f64> {
    let sent = period.counters[Counter::MessagesEnqueued];
    let known = plan.measured_by.knows(Counter::LateSends) && sent > 0;
    known.then(|| period.counters[Counter::LateSends] as f64 / sent as f64)
}

/// `0 %`, `0.3 %`, `11 %`: what is not nothing does not read as nothing.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent <= 0.0 => "0 %".to_owned(),
        _ if percent < 0.05 => "<.1 %".to_owned(),
        _ if percent < 9.95 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// A rate without its unit, which stands in the title.
fn whole(per_s: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is never negative; `as` saturates"
    )]
    let whole = per_s.round() as u64;
    format_count(whole)
}

/// `mm:ss`, with hours when there are any.
pub fn clock(ns: u64) -> String {
    let seconds = std::time::Duration::from_nanos(ns).as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}
