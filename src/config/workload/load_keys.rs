//! Keys of what changes while the load runs: backlog, rate search, sampling period. Most come from OMB's forks.

use crate::config::fields::FieldReader;

/// The keys as written; None: not written, or written wrongly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadKeys {
    /// `drainProducerRate`: Redpanda's total rate while a backlog drains, messages per second; −1: unchanged.
    pub drain_producer_rate_per_s: Option<f64>,
    /// `backlogDrainTimeoutMinutes`: pinload's own.
    pub backlog_drain_timeout_minutes: Option<f64>,
    /// `rateSearch`: pinload's own, `omb` or `guide`.
    pub rate_search: Option<String>,
    /// A rate that changes over time, and the key it was written under.
    pub rate_over_time: Option<(&'static str, RateOverTime)>,
    /// `sampleRateMillis` (Redpanda) or `logIntervalMillis` (AutoMQ), and which of them.
    pub period_millis: Option<(&'static str, u32)>,
}

impl LoadKeys {
    /// Reads them.
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Self {
        let mut period_millis = None;
        for key in ["sampleRateMillis", "logIntervalMillis"] {
            if let Some(millis) = fields.count(key, "10000") {
                if period_millis.is_some() {
                    fields.mistake(
                        key,
                        "is written beside sampleRateMillis: both are the sampling period, write one of them",
                    );
                }
                period_millis = Some((key, millis));
            }
        }
        let rate_search = fields.text("rateSearch", "omb");
        if let Some(rule) = &rate_search
            && rule != "omb"
            && rule != "guide"
        {
            fields.mistake("rateSearch", format!("{rule:?} is no rule: write omb or guide"));
        }
        Self {
            drain_producer_rate_per_s: fields.signed_amount("drainProducerRate", "-1"),
            backlog_drain_timeout_minutes: fields.minutes("backlogDrainTimeoutMinutes", "60"),
            rate_search,
            rate_over_time: rate_over_time(fields),
            period_millis,
        }
    }
}

/// Rates over time as written.
#[derive(Debug, Clone, PartialEq)]
pub enum RateOverTime {
    /// AutoMQ's list with times of day: (seconds since midnight, rate).
    ByClock(Vec<(f64, f64)>),
    /// AutoMQ's list with minutes since the start: (seconds, rate).
    Slopes(Vec<(f64, f64)>),
    /// pinload's steps: (seconds since the start, rate).
    Steps(Vec<(f64, f64)>),
    /// pinload's bursts over `producerRate`.
    Burst {
        /// Rate within a burst.
        rate_per_s: f64,
        /// A burst ends at each multiple of this, seconds.
        every_s: f64,
        /// Its length, seconds.
        length_s: f64,
    },
}

fn rate_over_time(fields: &mut FieldReader<'_>) -> Option<(&'static str, RateOverTime)> {
    let written: Vec<_> = ["producerRateList", "producerRateSteps", "producerRateBurst"]
        .into_iter()
        .filter_map(|key| {
            let read = match key {
                "producerRateList" => list(fields, key),
                "producerRateSteps" => steps(fields, key),
                _ => burst(fields, key),
            };
            Some((key, read?))
        })
        .collect();
    if let [(first, _), (second, _), ..] = written.as_slice() {
        let what = format!("is written beside {first}: write one of them");
        fields.mistake(second, what);
    }
    written.into_iter().next()
}

fn list(fields: &mut FieldReader<'_>, key: &'static str) -> Option<RateOverTime> {
    const SHAPES: &str = "[[hour, minute, rate], …] or [[minutes since the start, rate], …]";
    let rows = rows(fields, key, SHAPES)?;
    if rows.iter().all(|row| row.len() == 3) {
        if let Some(row) = rows.iter().find(|row| row[0] >= 24.0 || row[1] >= 60.0) {
            fields.mistake(
                key,
                format!("[{}, {}, …] is no time of day: hours are 0 to 23, minutes 0 to 59", row[0], row[1]),
            );
            return None;
        }
        let points = rows.iter().map(|row| (row[0] * 3_600.0 + row[1] * 60.0, row[2])).collect();
        return ascending(fields, key, points).map(RateOverTime::ByClock);
    }
    if rows.iter().all(|row| row.len() == 2) {
        let points = rows.iter().map(|row| (row[0] * 60.0, row[1])).collect();
        return ascending(fields, key, points).map(RateOverTime::Slopes);
    }
    fields.mistake(key, format!("has points of different or unknown form; write {SHAPES}"));
    None
}

fn steps(fields: &mut FieldReader<'_>, key: &'static str) -> Option<RateOverTime> {
    const SHAPE: &str = "[[0, 10000], [60, 50000]]: seconds since the start, rate";
    let rows = rows(fields, key, SHAPE)?;
    if rows.iter().any(|row| row.len() != 2) || rows[0][0] != 0.0 {
        fields.mistake(key, format!("has to be a list of pairs that begins at 0 s; write {SHAPE}"));
        return None;
    }
    ascending(fields, key, rows.iter().map(|row| (row[0], row[1])).collect()).map(RateOverTime::Steps)
}

fn burst(fields: &mut FieldReader<'_>, key: &'static str) -> Option<RateOverTime> {
    const SHAPE: &str = "{rate: 50000, everySeconds: 30, lengthSeconds: 5}";
    let value = fields.value(key)?;
    let names = ["rate", "everySeconds", "lengthSeconds"];
    let read = value.as_mapping().filter(|map| map.len() == names.len()).and_then(|map| {
        let [rate_per_s, every_s, length_s] = names.map(|name| map.get(name).and_then(serde_yaml::Value::as_f64));
        Some((rate_per_s?, every_s?, length_s?))
    });
    match read {
        Some((rate_per_s, every_s, length_s))
            if rate_per_s > 0.0
                && length_s > 0.0
                && every_s > length_s
                && every_s.is_finite()
                && rate_per_s.is_finite() =>
        {
            Some(RateOverTime::Burst { rate_per_s, every_s, length_s })
        }
        _ => {
            fields.mistake(key, format!("has to be {SHAPE}, all above 0 and the length below the distance"));
            None
        }
    }
}

/// A list of lists of numbers from 0 on, with at least one.
fn rows(fields: &mut FieldReader<'_>, key: &'static str, shape: &str) -> Option<Vec<Vec<f64>>> {
    let value = fields.value(key)?;
    let number = |value: &serde_yaml::Value| value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
    let row = |value: &serde_yaml::Value| value.as_sequence()?.iter().map(number).collect::<Option<Vec<f64>>>();
    let rows = value.as_sequence().and_then(|rows| rows.iter().map(row).collect::<Option<Vec<_>>>());
    let rows = rows.filter(|rows: &Vec<Vec<f64>>| !rows.is_empty());
    if rows.is_none() {
        fields.mistake(key, format!("is no list of points with numbers from 0 on; write {shape}"));
    }
    rows
}

fn ascending(fields: &mut FieldReader<'_>, key: &'static str, points: Vec<(f64, f64)>) -> Option<Vec<(f64, f64)>> {
    if points.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return Some(points);
    }
    fields.mistake(key, "has points that are not in order of time, or two at the same time: write them in order");
    None
}
