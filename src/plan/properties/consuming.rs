//! Rows of consumers that need more than a word: where to begin, who gets which partition, group timeouts.

use super::kind::PropertyKind::{Near, OneOf, Text};
use super::table::{RowDecision, RowInput, ignored, refused, set};

/// Where to begin without a committed offset.
pub(super) fn offset_reset(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.eq_ignore_ascii_case("none") {
        return set(vec![("auto.offset.reset", "error".to_owned())], "librdkafka's word for it");
    }
    if asked.value.to_ascii_lowercase().starts_with("by_duration") {
        return refused("librdkafka begins at either end only: write earliest or latest");
    }
    asked.pass(OneOf(&["earliest", "latest", "error", "smallest", "beginning", "largest", "end"]))
}

/// Assignors by class name or librdkafka's. Java goes by the oldest protocol in the list (eager, as soon as one eager
/// assignor is named); librdkafka wants one protocol only.
pub(super) fn assignors(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.says("group.protocol", "consumer") {
        return refused(
            "group.protocol=consumer assigns at the broker: remove the line, or write group.remote.assignor",
        );
    }
    let mut names: Vec<&str> = Vec::new();
    for class in asked.value.split(',').map(str::trim) {
        let name = match class.rsplit('.').next().unwrap_or_default() {
            "RangeAssignor" | "range" => "range",
            "RoundRobinAssignor" | "roundrobin" => "roundrobin",
            "CooperativeStickyAssignor" | "cooperative-sticky" => "cooperative-sticky",
            "StickyAssignor" => {
                return refused(
                    "librdkafka has no eager sticky assignor: write CooperativeStickyAssignor or RangeAssignor",
                );
            }
            _ => {
                return refused(
                    "Java classes are not run: write RangeAssignor, RoundRobinAssignor or CooperativeStickyAssignor",
                );
            }
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let eager: Vec<&str> = names.iter().copied().filter(|name| *name != "cooperative-sticky").collect();
    let (names, why) = if eager.is_empty() || eager.len() == names.len() {
        (names, "librdkafka's names")
    } else {
        (eager, "librdkafka does not mix eager and cooperative assignors; Java keeps to the eager ones of such a list")
    };
    let text = names.join(",");
    let why = if text == asked.value { "" } else { why };
    set(vec![("partition.assignment.strategy", text)], why)
}

/// session.timeout.ms and heartbeat.interval.ms are the broker's with the new protocol; both clients refuse them there.
pub(super) fn classic_timeout(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.says("group.protocol", "consumer") {
        return refused(&format!(
            "with group.protocol=consumer the broker sets it (group.consumer.{}): remove the line",
            asked.name
        ));
    }
    asked.pass(Near { from: 1, min: 1, max: 3_600_000 })
}

/// The broker's assignor exists with the new protocol only.
pub(super) fn remote_assignor(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.says("group.protocol", "consumer") {
        return asked.pass(Text);
    }
    ignored("for group.protocol=consumer only")
}

/// OMB's Redpanda fork spaces its commits by this; pinload has a fixed spacing.
pub(super) fn commit_linger(_: &RowInput<'_>) -> RowDecision {
    ignored("of OMB's Redpanda fork; pinload commits at most once in 100 ms")
}

#[cfg(test)]
mod tests {
    use super::super::For::Consumer;
    use super::super::Translated;
    use super::super::trial::{ignored, outcome, refusal, translated};

    fn one(lines: &str, wanted: &str) -> Option<String> {
        translated("", lines, Consumer, true).get(wanted).map(str::to_owned)
    }

    #[test]
    fn assignor_classes_become_names_and_eager_ones_win_over_cooperative() {
        let of = |value: &str| {
            one(&format!("partition.assignment.strategy={value}"), "partition.assignment.strategy").unwrap_or_default()
        };
        let package = "org.apache.kafka.clients.consumer";
        assert_eq!(of(&format!("{package}.RangeAssignor")), "range");
        assert_eq!(of(&format!("{package}.RoundRobinAssignor, {package}.RangeAssignor")), "roundrobin,range");
        assert_eq!(of(&format!("{package}.CooperativeStickyAssignor")), "cooperative-sticky");
        assert_eq!(of(&format!("{package}.RangeAssignor,{package}.CooperativeStickyAssignor")), "range");
        assert_eq!(of("cooperative-sticky"), "cooperative-sticky");
        let of = |value: &str| refusal(&format!("partition.assignment.strategy={value}"), Consumer, true);
        assert!(of(&format!("{package}.StickyAssignor")).contains("CooperativeStickyAssignor"));
        assert!(of("com.example.Mine").contains("Java classes are not run"));
    }

    #[test]
    fn the_new_group_protocol_leaves_assignment_and_times_to_the_broker() {
        let protocol = "group.protocol=CONSUMER\n";
        assert_eq!(one(protocol, "group.protocol").as_deref(), Some("consumer"));
        let assignor = format!("{protocol}group.remote.assignor=uniform");
        assert_eq!(one(&assignor, "group.remote.assignor").as_deref(), Some("uniform"));
        for name in ["session.timeout.ms", "heartbeat.interval.ms"] {
            let why = refusal(&format!("{protocol}{name}=6000"), Consumer, true);
            assert!(why.contains(&format!("group.consumer.{name}")), "{why}");
        }
        assert!(refusal(&format!("{protocol}partition.assignment.strategy=range"), Consumer, true).contains("broker"));
        assert!(
            ignored(&translated("", "group.remote.assignor=uniform", Consumer, true), "group.remote.assignor")
                .contains("group.protocol")
        );
    }

    #[test]
    fn where_to_begin_has_librdkafkas_words() {
        assert_eq!(one("auto.offset.reset=none", "auto.offset.reset").as_deref(), Some("error"));
        assert_eq!(one("auto.offset.reset=Earliest", "auto.offset.reset").as_deref(), Some("earliest"));
        assert!(refusal("auto.offset.reset=by_duration:PT1H", Consumer, true).contains("earliest or latest"));
        assert!(refusal("auto.offset.reset=first", Consumer, true).contains("earliest, latest"));
    }

    #[test]
    fn waits_and_sizes_keep_their_meaning_under_librdkafkas_names() {
        assert_eq!(one("fetch.max.wait.ms=10", "fetch.wait.max.ms").as_deref(), Some("10"));
        assert_eq!(one("max.poll.interval.ms=2147483647", "max.poll.interval.ms").as_deref(), Some("86400000"));
        assert_eq!(one("fetch.max.bytes=500000", "message.max.bytes").as_deref(), Some("500000"));
        assert_eq!(one("enable.auto.commit=true", "enable.auto.commit").as_deref(), Some("true"));
        let properties = translated(
            "",
            "enable.partition.eof=true\nstatistics.interval.ms=1000\nmax.poll.records=5",
            Consumer,
            false,
        );
        for name in ["enable.partition.eof", "statistics.interval.ms", "max.poll.records"] {
            assert!(matches!(outcome(&properties, name), Translated::Ignored { .. }), "{name}");
        }
        assert!(refusal("group.instance.id=x", Consumer, true).contains("fence"));
    }
}
