//! Hours and days of slots: what is kept of them, and in how much memory.

use super::*;

/// A client that acknowledges a message a ms at first, and now and then one that is slow, for so long.
fn lived_for(seconds: u64) -> History {
    let (mut client, mut history) = a_history();
    for second in 1..=seconds {
        let slow = if second.is_multiple_of(2_500) { 2_000_000_000 } else { 1_000_000 };
        let slot = client.slot(EPOCH + second * S, &[1_000_000 + second % 50, slow]);
        history.take(vec![slot], 0, None);
        if second.is_multiple_of(10) {
            history.advance(EPOCH + second * S);
            history.close_period();
        }
    }
    history
}

#[test]
fn seconds_become_tens_and_minutes_and_what_they_say_is_what_was_recorded() {
    const SECONDS: u64 = 3 * 3_600;
    let rows: Vec<_> = lived_for(SECONDS).take_timeline().points().collect();
    let spans = |span_s: f64| rows.iter().filter(|row| (row.span_s - span_s).abs() < 1e-9).count();
    assert_eq!(spans(1.0) + spans(10.0) + spans(60.0), rows.len(), "each row says how long it is");
    assert!((1_190..=1_200).contains(&spans(1.0)), "{}", spans(1.0));
    assert!((354..=360).contains(&spans(10.0)), "{}", spans(10.0));
    let mut end_s = 0.0;
    for row in &rows {
        assert!((row.at_s - row.span_s - end_s).abs() < 1e-6, "no gap and no overlap: {row:?}");
        end_s = row.at_s;
        let slow = (1..=SECONDS).filter(|second| second.is_multiple_of(2_500));
        let slow = slow.filter(|second| (row.at_s - row.span_s..row.at_s).contains(&(*second as f64 - 0.5))).count();
        let [p50, p99, max] = row.latencies_ns[0];
        assert!((1_000_000..1_001_000).contains(&p50), "{row:?}");
        assert_eq!(max, if slow > 0 { 2_000_000_000 } else { max.min(1_000_049) }, "extremes are kept: {row:?}");
        // One of 120 values of a minute is below its p99, one of 20 or 2 is not.
        assert_eq!(
            p99 > 1_002_000,
            slow > 0 && row.span_s < 30.0 || slow > 1,
            "exact, not the worst second's: {row:?}"
        );
    }
    let acknowledged: u64 = rows.iter().map(|row| row.counters[Counter::MessagesAcknowledged]).sum();
    assert_eq!((acknowledged, end_s), (2 * SECONDS, SECONDS as f64));
}

#[test]
fn seven_days_of_two_hundred_clients_fit_into_bounds_that_do_not_grow() {
    const DAYS: u64 = 7;
    let timeline = lived_for(DAYS * 86_400).take_timeline();
    let rows = timeline.points().count();
    assert!(rows <= 2_300, "{rows}");
    let (first, last) = (timeline.points().next().unwrap(), timeline.points().last().unwrap());
    assert!(first.span_s <= 16.0 * 60.0, "the oldest rows are a quarter of an hour: {}", first.span_s);
    assert_eq!((last.at_s, last.span_s), (DAYS as f64 * 86_400.0, 1.0));
    let counted: u64 = timeline.points().map(|row| row.counters[Counter::MessagesAcknowledged]).sum();
    assert_eq!(counted, 2 * DAYS * 86_400, "nothing is lost");
    assert!(timeline.points().any(|row| row.latencies_ns[0][2] == 2_000_000_000), "extremes are kept");
    let all = vec![timeline; 200];
    let bytes: usize = all.iter().map(ClientTimeline::memory_bytes).sum();
    assert!(bytes < 200 * 1_000_000, "{bytes}");
}

#[test]
fn a_period_of_an_hour_holds_all_of_it_and_keeps_no_hour_of_slots() {
    let (mut client, mut history) = a_history();
    for second in 1..=3_600 {
        history.take(vec![client.slot(EPOCH + second * S, &[second, 2_000_000_000])], 0, None);
        assert!(history.pending.len() <= PENDING_KEPT);
    }
    history.advance(EPOCH + 3_600 * S);
    let hour = history.close_period();
    assert_eq!((acknowledged(&hour), hour.span_ns), ((7_200, 7_200), 3_600 * S));
    assert_eq!((acknowledgement(&hour).min_ns(), acknowledgement(&hour).max_ns()), (1, 2_000_000_000));
}
