//! Prometheus' text format 0.0.4, as far as it is needed: families with HELP and TYPE, samples with labels. Pure.
//!
//! Why not a crate: those that write OpenMetrics put `_total` behind every counter and know no summaries, and those
//! that know summaries write the quantile 1.0 as `1`. OMB's names and labels have to come out letter by letter.

use std::fmt::Write as _;

/// What a scraper is told that the page is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page that is being written.
#[derive(Debug, Default)]
pub struct MetricsPage {
    text: String,
}

/// The type of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// Only grows while the process lives.
    Counter,
    /// A state.
    Gauge,
    /// Quantiles, a count and a sum.
    Summary,
    /// Cumulative buckets, a count and a sum.
    Histogram,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SampleValue {
    /// A whole number.
    Count(u64),
    /// Any number.
    Number(f64),
}

impl From<u64> for SampleValue {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for SampleValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl std::fmt::Display for SampleValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Number(number) if number.is_infinite() => f.write_str(if *number > 0.0 { "+Inf" } else { "-Inf" }),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl MetricsPage {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &'static str, kind: MetricType, help: &str) -> MetricFamily<'_> {
        self.named(name.to_owned(), kind, help)
    }

    /// The same with a name that was made.
    pub fn named(&mut self, name: String, kind: MetricType, help: &str) -> MetricFamily<'_> {
        let kind = match kind {
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
            MetricType::Summary => "summary",
            MetricType::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        MetricFamily { page: self, name }
    }

    /// The whole page.
    pub fn text(self) -> String {
        self.text
    }
}

/// A family whose samples are being written.
#[derive(Debug)]
pub struct MetricFamily<'a> {
    page: &'a mut MetricsPage,
    name: String,
}

impl MetricFamily<'_> {
    /// A sample of the family's own name.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Into<SampleValue>) {
        self.part("", labels, value);
    }

    /// A sample of the family's name and `suffix` (`_count`, `_sum`, `_bucket`).
    pub fn part(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Into<SampleValue>) {
        let text = &mut self.page.text;
        text.push_str(&self.name);
        text.push_str(suffix);
        for (at, (name, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let begin = if at == 0 { '{' } else { ',' };
            let _ = write!(text, "{begin}{name}=\"{value}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(text, "{end} {}", value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_samples_are_written_as_prometheus_reads_them() {
        let mut page = MetricsPage::default();
        let mut family = page.family("a_total", MetricType::Counter, "Line one.\nC:\\two.");
        family.sample(&[], 3_u64);
        family.sample(&[("kind", "a \"b\"\\c\n"), ("x", "1.0")], 0.25);
        let mut family = page.family("b", MetricType::Summary, "B.");
        family.part("_sum", &[], f64::NAN);
        family.part("_bucket", &[("le", "+Inf")], f64::INFINITY);
        assert_eq!(
            page.text(),
            concat!(
                "# HELP a_total Line one.\\nC:\\\\two.\n# TYPE a_total counter\na_total 3\n",
                "a_total{kind=\"a \\\"b\\\"\\\\c\\n\",x=\"1.0\"} 0.25\n",
                "# HELP b B.\n# TYPE b summary\nb_sum NaN\nb_bucket{le=\"+Inf\"} +Inf\n",
            )
        );
    }
}
