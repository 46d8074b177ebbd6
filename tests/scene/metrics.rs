//! A metrics page, read as strictly as Prometheus reads its text format 0.0.4.

use super::Running;
use super::worker::call;
use std::collections::BTreeMap;
use std::time::Duration;

/// One scrape.
#[derive(Debug)]
pub struct Metrics {
    /// Series, name and labels as they stand there, and their values.
    series: BTreeMap<String, f64>,
    /// Family → type.
    types: BTreeMap<String, String>,
    /// The page.
    pub text: String,
}

impl Metrics {
    /// Where a run with `--metrics-addr` has its page.
    #[track_caller]
    pub fn address_of(running: &Running, limit: Duration) -> String {
        let line = running.wait_for_line("metrics on http://", limit);
        line.rsplit("http://").next().and_then(|rest| rest.split('/').next()).expect("an address").to_owned()
    }

    /// Scrapes `address`.
    #[track_caller]
    pub fn scrape(address: &str) -> Self {
        let answer = call(address, "GET", "/metrics", &[], "");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.headers.contains("content-type: text/plain; version=0.0.4"), "{}", answer.headers);
        Self::read(answer.body)
    }

    /// Reads a page: each sample stands below HELP and TYPE of its family, no series comes twice, every value is a
    /// number.
    #[track_caller]
    fn read(text: String) -> Self {
        let (mut series, mut types, mut family) = (BTreeMap::new(), BTreeMap::new(), String::new());
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                family = help.split(' ').next().expect("a name").to_owned();
                assert!(help.len() > family.len() + 1, "no help: {line}");
            } else if let Some(of) = line.strip_prefix("# TYPE ") {
                let (name, kind) = of.split_once(' ').expect("a name and a type");
                assert_eq!(name, family, "TYPE follows HELP");
                assert!(["counter", "gauge", "summary", "histogram"].contains(&kind), "{line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
            } else {
                let (name, value) = line.rsplit_once(' ').expect("a series and a value");
                let bare = name.split('{').next().unwrap_or("");
                let suffix = bare.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("{line} in {family}"));
                assert!(["", "_count", "_sum", "_bucket"].contains(&suffix), "{line}");
                let value = value.replace("+Inf", "inf").parse().unwrap_or_else(|error| panic!("{line}: {error}"));
                assert!(series.insert(name.to_owned(), value).is_none(), "twice: {line}");
            }
        }
        Self { series, types, text }
    }

    /// The value of a series.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        *self.series.get(series).unwrap_or_else(|| panic!("no series {series} in\n{}", self.text))
    }

    /// The value of a series that counts, whole.
    #[track_caller]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count")]
    pub fn count(&self, series: &str) -> u64 {
        let value = self.value(series);
        assert!(value >= 0.0 && value.fract() == 0.0, "{series} is {value} and no count");
        value as u64
    }

    /// Nothing that only grows has become less since `before`, and nothing has gone.
    #[track_caller]
    pub fn assert_grown_since(&self, before: &Self) {
        assert_eq!(self.types, before.types);
        for (series, value) in &before.series {
            let bare = series.split('{').next().unwrap_or("");
            let grows = self.types.get(bare).is_some_and(|kind| kind == "counter")
                || ["_count", "_sum", "_bucket"].iter().any(|suffix| bare.ends_with(suffix));
            assert!(!grows || self.value(series) >= *value, "{series}: {} after {value}", self.value(series));
        }
    }
}
