//! The answer in one sentence.

use super::{LatencyTrust, OfferedRate, OwnLevel};
use crate::stats::Latency;
use crate::units::format_ns;

/// Less than this of a rate is nothing, a fraction.
const EXACT: f64 = 0.001;

/// What the latencies and the rate can be trusted for, as one sentence without a full stop.
pub(super) fn sentence(rate: Option<OfferedRate>, latencies: &[LatencyTrust]) -> String {
    let rate = rate.map(|rate| {
        if rate.short_share < EXACT {
            "the rate is exact".to_owned()
        } else {
            format!("the generator left out {:.1} % of the rate", rate.short_share * 100.0)
        }
    });
    let latencies = of_latencies(latencies);
    [rate, latencies].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// One kind of latency, from both times.
#[derive(Debug, Clone, Copy)]
struct LatencyKind<'a> {
    words: &'static str,
    /// That which is the cluster's own up to the lower level.
    worst: &'a LatencyTrust,
    /// The level from the actual time, where it is the higher one.
    actual: Option<OwnLevel>,
}

fn of_latencies(latencies: &[LatencyTrust]) -> Option<String> {
    let kinds: Vec<LatencyKind<'_>> = [
        ("acknowledgements", Latency::AcknowledgeActual, Latency::AcknowledgeIntended),
        ("end-to-end times", Latency::EndToEndActual, Latency::EndToEndIntended),
    ]
    .into_iter()
    .filter_map(|(words, actual, intended)| {
        let of = |latency| latencies.iter().find(|trust| trust.latency == latency);
        let (actual, intended) = (of(actual)?, of(intended));
        let worst = intended.filter(|intended| intended.own_up_to < actual.own_up_to).unwrap_or(actual);
        Some(LatencyKind { words, worst, actual: actual.own_up_to.filter(|level| Some(*level) != worst.own_up_to) })
    })
    .collect();
    let (first, rest) = kinds.split_first()?;
    let alike = rest.iter().all(|kind| (kind.worst.own_up_to, kind.actual) == (first.worst.own_up_to, first.actual));
    let said = match (alike, first.worst.own_up_to) {
        (true, level) => owned(if rest.is_empty() { first.words } else { "latencies" }, level, first.actual),
        _ => {
            kinds.iter().map(|kind| owned(kind.words, kind.worst.own_up_to, kind.actual)).collect::<Vec<_>>().join(", ")
        }
    };
    let weighs =
        kinds.iter().filter(|kind| kind.worst.own_up_to != Some(OwnLevel::Max)).min_by_key(|kind| kind.worst.own_up_to);
    let Some((kind, figure)) = weighs.and_then(|kind| Some((kind, kind.worst.first_not_own()?))) else {
        return Some(said);
    };
    let whose = if alike { String::new() } else { format!("{} ", kind.words) };
    let of_size = format!(
        "{whose}{}: up to {} of {}",
        figure.level,
        format_ns(figure.added_at_most_ns),
        format_ns(figure.latency_ns)
    );
    let from_there = if kind.worst.own_up_to.is_some() { "; beyond that" } else { ":" };
    Some(format!("{said}{from_there} the generator's own waits weigh ({of_size})"))
}

fn owned(words: &str, level: Option<OwnLevel>, actual: Option<OwnLevel>) -> String {
    let actual = actual.map_or_else(String::new, |level| format!(" ({} from the actual send time)", up_to(level)));
    match level {
        None if actual.is_empty() => format!("not even the median of {words} is the broker's alone"),
        None => format!("not even the median of {words} from the intended time is the broker's alone{actual}"),
        Some(OwnLevel::Max) => format!("{words} are the broker's, the largest included"),
        Some(level) => format!("{words} are the broker's {}{actual}", up_to(level)),
    }
}

fn up_to(level: OwnLevel) -> String {
    match level {
        OwnLevel::Max => "up to the largest".to_owned(),
        OwnLevel::P50 => "at the median".to_owned(),
        level => format!("up to {level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::OwnFigure;
    use super::*;

    fn trust(latency: Latency, own_up_to: Option<OwnLevel>) -> LatencyTrust {
        let figures = OwnLevel::ALL.map(|level| OwnFigure {
            level,
            latency_ns: 9_800_000,
            added_at_most_ns: 2_700_000,
            own: Some(level) <= own_up_to,
            ..OwnFigure::default()
        });
        LatencyTrust { latency, own_up_to, figures: figures.to_vec() }
    }

    fn of(acknowledge: [Option<OwnLevel>; 2], end_to_end: [Option<OwnLevel>; 2]) -> String {
        let rate = OfferedRate { asked_per_s: 1_000.0, offered_per_s: 1_000.0, short_share: 0.0 };
        let latencies = [
            trust(Latency::AcknowledgeActual, acknowledge[0]),
            trust(Latency::AcknowledgeIntended, acknowledge[1]),
            trust(Latency::EndToEndActual, end_to_end[0]),
            trust(Latency::EndToEndIntended, end_to_end[1]),
        ];
        sentence(Some(rate), &latencies)
    }

    #[test]
    fn a_reader_learns_at_once_how_far_the_figures_are_the_brokers() {
        let [p99, p90, max] = [OwnLevel::P99, OwnLevel::P90, OwnLevel::Max].map(Some);
        let weighs = "beyond that the generator's own waits weigh";
        let from_the_first = "the generator's own waits weigh";
        let size = "up to 2.70 ms of 9.80 ms";
        assert_eq!(
            of([p99; 2], [p99; 2]),
            format!("the rate is exact; latencies are the broker's up to p99; {weighs} (p99.9: {size})")
        );
        assert_eq!(of([max; 2], [max; 2]), "the rate is exact; latencies are the broker's, the largest included");
        assert_eq!(
            of([p99; 2], [p90; 2]),
            format!(
                "the rate is exact; acknowledgements are the broker's up to p99, end-to-end times are the broker's up \
                 to p90; {weighs} (end-to-end times p95: {size})"
            )
        );
        assert_eq!(
            of([p99, p90], [p99, p90]),
            format!(
                "the rate is exact; latencies are the broker's up to p90 (up to p99 from the actual send time); \
                 {weighs} (p95: {size})"
            )
        );
        assert_eq!(
            of([None; 2], [None; 2]),
            format!(
                "the rate is exact; not even the median of latencies is the broker's alone: {from_the_first} (p50: \
                 {size})"
            )
        );
        let short = OfferedRate { asked_per_s: 1_000.0, offered_per_s: 900.0, short_share: 0.1 };
        assert_eq!(sentence(Some(short), &[]), "the generator left out 10.0 % of the rate");
    }
}
