//! HdrHistogram's log, read back by the reader of the hdrhistogram crate.

use crate::report::hlog::Hlog;
use crate::stats::Latency;
use crate::stats::recorder::empty_histogram;
use crate::worker::FleetSecond;
use crate::workload_generator::for_tests::{EPOCH_NS, completed_result, latencies, period, plan};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Intervals (begin, length) and the sum of all histograms of each tag; and the base time.
type Log = (BTreeMap<String, (Vec<(u64, u64)>, Histogram<u64>)>, Option<Duration>);

fn read(path: &Path) -> Log {
    let text = std::fs::read(path).unwrap();
    let (mut tags, mut base) = (BTreeMap::new(), None);
    for entry in IntervalLogIterator::new(&text) {
        match entry.unwrap() {
            LogEntry::BaseTime(time) => base = Some(time),
            LogEntry::StartTime(_) => {}
            LogEntry::Interval(interval) => {
                let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
                let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
                assert!((interval.max() - histogram.max() as f64 / 1e6).abs() < 0.001, "maxima are in ms");
                let tag = interval.tag().unwrap().as_str().to_owned();
                let (intervals, sum) = tags.entry(tag).or_insert_with(|| (Vec::new(), empty_histogram()));
                intervals.push((interval.start_timestamp().as_secs(), interval.duration().as_secs()));
                sum.add(&histogram).unwrap();
            }
        }
    }
    (tags, base)
}

#[test]
fn the_log_has_each_second_of_each_latency_and_its_sums_are_the_result() {
    let plan = plan();
    let mut result = completed_result(&plan);
    result.epoch_wall_ns = 1_795_352_400_500_000_000;
    for (number, measured) in (0_u64..).zip(&mut result.periods) {
        let second = |k: u64| FleetSecond { number: 5 + 10 * number + k, latencies: latencies(k + 1) };
        measured.seconds = vec![second(0), second(9)];
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hlog");
    let mut hlog = Hlog::default();
    for period in &result.periods {
        hlog.add(period, &result).unwrap();
        hlog.write(&path).unwrap();
    }
    let (tags, base) = read(&path);
    assert_eq!(base, Some(Duration::from_millis(1_795_352_400_500)));
    assert_eq!(tags.len(), Latency::TOLD);
    let mut expected = latencies(1);
    expected.add(&latencies(10).by_family);
    for _ in 0..2 {
        expected.add(&latencies(1).by_family);
        expected.add(&latencies(10).by_family);
    }
    for family in Latency::ALL {
        let (intervals, sum) = &tags[family.name()];
        assert_eq!(*intervals, [5, 14, 15, 24, 25, 34].map(|begin| (begin, 1)), "{family:?}");
        assert!(*sum == expected[family].histogram, "{family:?}");
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("#[Histogram log format version 1.3]\n#pinload "), "{text}");
    assert!(text.contains("values in ns"));
    assert_eq!(text.matches("MaxValueDivisor").count(), 1);
}

#[test]
fn where_seconds_are_not_known_a_period_is_one_line_for_each_latency() {
    let plan = plan();
    let result = completed_result(&plan);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hlog");
    let mut hlog = Hlog::default();
    hlog.add(&period(1), &result).unwrap();
    hlog.write(&path).unwrap();
    let (tags, _) = read(&path);
    let begin_s = (period(1).start_ns - EPOCH_NS) / 1_000_000_000;
    for family in Latency::ALL {
        let (intervals, sum) = &tags[family.name()];
        assert_eq!((intervals.as_slice(), sum.len()), (&[(begin_s, 10)][..], 1_000));
    }
}
