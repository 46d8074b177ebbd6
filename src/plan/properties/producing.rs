//! Rows of producers that need more than a word: acks, queue size, compression levels, partitioners, transactions.
//!
//! Over 250 lines: a table, with its tests.

use super::kind::PropertyKind::{Bool, Int, Near};
use super::kind::{near, whole};
use super::table::{RowDecision, RowInput, ignored, joined, refused, set};

const INT_MAX: i64 = 2_147_483_647;

/// librdkafka's default of queue.buffering.max.messages.
const DEFAULT_QUEUE_MESSAGES: i64 = 100_000;

/// Messages from this size on fill a queue of bytes before they fill the count set with it. Smaller ones meet the
/// count, which bounds the about 250 bytes that librdkafka keeps beside each message.
const SMALL_MESSAGE: i64 = 100;

const KEYS_NOT_LOOKED_AT: &str = "keys are not looked at; librdkafka draws a partition for each message that has one, \
     where Java stays with a partition for a batch";

/// `all`, −1, 0 or 1, as Java takes them; librdkafka would take any number, brokers no other.
pub(super) fn acks(asked: &RowInput<'_>) -> RowDecision {
    match asked.value {
        "0" | "1" | "all" => set(vec![("acks", asked.value.to_owned())], ""),
        "-1" => set(vec![("acks", "all".to_owned())], "−1 and all are the same"),
        _ => refused("write all, 1 or 0"),
    }
}

/// Bytes of memory become kilobytes of messages, and a count high enough that the bytes are the limit.
pub(super) fn buffer_memory(asked: &RowInput<'_>) -> RowDecision {
    let Some(bytes) = whole(asked.value).filter(|&bytes| bytes >= 0) else {
        return refused("write a whole number of bytes");
    };
    let kbytes = near(bytes / 1024 + i64::from(bytes % 1024 != 0), 1, INT_MAX);
    let mut to = vec![("queue.buffering.max.kbytes", kbytes.text)];
    let mut why = "librdkafka's queue is limited in units of 1024 bytes".to_owned();
    if asked.settings.get("queue.buffering.max.messages").is_none() && bytes / SMALL_MESSAGE > DEFAULT_QUEUE_MESSAGES {
        to.push(("queue.buffering.max.messages", (bytes / SMALL_MESSAGE).min(INT_MAX).to_string()));
        why.push_str(
            " and in messages; Java knows no such count, so it is raised until messages of 100 bytes meet the \
            bytes first",
        );
    }
    RowDecision::Set { to, why: joined(&[&why, &kbytes.note]) }
}

/// The greatest request is bounded by the greatest message.
pub(super) fn max_request_size(asked: &RowInput<'_>) -> RowDecision {
    let kind = Near { from: 0, min: 1000, max: 1_000_000_000 };
    asked.to("message.max.bytes", kind, "librdkafka's limit of a message and of a batch")
}

/// As asked; on, librdkafka's limit of five in flight counts messages, not batches (rdkafka_broker.c,
/// `rd_kafka_toppar_producer_serve`).
pub(super) fn idempotence(asked: &RowInput<'_>) -> RowDecision {
    let on = asked.value.eq_ignore_ascii_case("true");
    let bound = "librdkafka then keeps one batch in flight a partition (Java's producer five): a partition's rate is \
                 at most one batch a round trip";
    asked.to(asked.name, Bool, if on { bound } else { "" })
}

/// 0 means at once to Java, which refuses it, and never to librdkafka.
pub(super) fn delivery_timeout(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.java && whole(asked.value) == Some(0) {
        return refused(
            "0 would mean no limit to librdkafka, and Java refuses it: write at least linger.ms + request.timeout.ms",
        );
    }
    asked.pass(Int { min: 0, max: INT_MAX })
}

/// gzip: 1…9, −1 for its default, in both.
pub(super) fn gzip_level(asked: &RowInput<'_>) -> RowDecision {
    level(asked, "gzip", -1, 9, |written| match written {
        0 => Err("gzip has levels 1 to 9, or -1 for its default".to_owned()),
        level => Ok((level, "")),
    })
}

/// lz4: Java's levels 1…17 are those of lz4's slow form except 9, its default, which stands for the fast form;
/// librdkafka's fast form is 0, and its slow form ends at 12.
pub(super) fn lz4_level(asked: &RowInput<'_>) -> RowDecision {
    level(asked, "lz4", 1, 17, |written| {
        Ok(match written {
            9 => (0, "Java's default 9 stands for lz4's fast form, which librdkafka calls 0"),
            13.. => (12, "librdkafka takes 12 at most"),
            level => (level, ""),
        })
    })
}

/// zstd: librdkafka ends at 12 and has no negative levels; −1 is its default there.
pub(super) fn zstd_level(asked: &RowInput<'_>) -> RowDecision {
    level(asked, "zstd", -131_072, 22, |written| match written {
        ..0 => Err("librdkafka has no negative zstd levels: write 1 (the fastest) to 12".to_owned()),
        13.. => Ok((12, "librdkafka takes 12 at most")),
        level => Ok((level, "")),
    })
}

/// A level counts only when its codec is the one in use.
fn level(
    asked: &RowInput<'_>,
    codec: &str,
    min: i64,
    max: i64,
    translate: impl Fn(i64) -> Result<(i64, &'static str), String>,
) -> RowDecision {
    if !asked.settings.says("compression.type", codec) {
        let used = asked.settings.get("compression.type").unwrap_or("none");
        return ignored(&format!("compression.type is {used}"));
    }
    let Some(written) = whole(asked.value).filter(|level| (min..=max).contains(level)) else {
        return refused(&format!("{codec} has levels {min} to {max}"));
    };
    match translate(written) {
        Ok((level, note)) => set(
            vec![("compression.level", level.to_string())],
            &joined(&["librdkafka has one level for whichever codec is used", note]),
        ),
        Err(remedy) => refused(&remedy),
    }
}

/// Java's own partitioners by class name.
pub(super) fn partitioner_class(asked: &RowInput<'_>) -> RowDecision {
    match asked.value.rsplit('.').next().unwrap_or_default() {
        "" => ignored("empty: the default partitioner"),
        "DefaultPartitioner" => set(
            vec![("partitioner", "murmur2_random".to_owned())],
            "librdkafka's name for Java's: murmur2 of the key, a partition for a while without one",
        ),
        "UniformStickyPartitioner" => set(vec![("partitioner", "random".to_owned())], KEYS_NOT_LOOKED_AT),
        "RoundRobinPartitioner" => set(
            vec![("partitioner", "random".to_owned()), ("sticky.partitioning.linger.ms", "0".to_owned())],
            "librdkafka has no round robin: a partition is drawn for each message, which is even over many",
        ),
        _ => refused(
            "Java classes are not run: write Kafka's DefaultPartitioner, UniformStickyPartitioner or \
             RoundRobinPartitioner, or librdkafka's property partitioner",
        ),
    }
}

/// Only Java's default partitioner asks for it.
pub(super) fn ignore_keys(asked: &RowInput<'_>) -> RowDecision {
    match asked.value.to_ascii_lowercase().as_str() {
        "false" => ignored("keys are looked at anyway"),
        "true" if asked.settings.get("partitioner.class").is_some_and(|class| !class.is_empty()) => {
            ignored("partitioner.class decides alone")
        }
        "true" => set(vec![("partitioner", "random".to_owned())], KEYS_NOT_LOOKED_AT),
        _ => refused("write true or false"),
    }
}

/// Transactions would change what an acknowledgement means.
pub(super) fn transactional_id(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.is_empty() {
        return ignored("empty");
    }
    refused(
        "transactions are not built: without their commits the messages would be sent with another meaning. Remove the \
         line; enable.idempotence=true alone is honoured",
    )
}

/// Without a report for each message nothing could be timed.
pub(super) fn only_errors(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.eq_ignore_ascii_case("false") {
        return ignored("every message is reported anyway");
    }
    refused("acknowledgements are timed and counted by the reports of all messages: remove the line")
}

#[cfg(test)]
mod tests {
    use super::super::For::Producer;
    use super::super::Translated;
    use super::super::trial::{ignored, outcome, refusal, translated};

    fn one(lines: &str, wanted: &str) -> Option<String> {
        translated("", lines, Producer, true).get(wanted).map(str::to_owned)
    }
    fn why(lines: &str, name: &str) -> String {
        match outcome(&translated("", lines, Producer, true), name) {
            Translated::Renamed { why, .. } | Translated::Ignored { why } | Translated::Default { why, .. } => {
                why.clone()
            }
            Translated::Passed => String::new(),
        }
    }

    #[test]
    fn acks_have_one_spelling_and_no_other_numbers() {
        for (written, effective) in [("all", "all"), ("-1", "all"), ("1", "1"), ("0", "0"), ("all ", "all")] {
            assert_eq!(one(&format!("acks={written}"), "acks").as_deref(), Some(effective), "{written}");
        }
        assert_eq!(one("request.required.acks=-1", "acks").as_deref(), Some("all"));
        for wrong in ["2", "any", "ALL"] {
            assert_eq!(refusal(&format!("acks={wrong}"), Producer, true), "acks: write all, 1 or 0");
        }
        assert!(why("acks=all ", "acks").contains("blanks"));
    }

    #[test]
    fn buffer_memory_is_rounded_up_to_kilobytes_and_bounds_the_queue_alone() {
        assert_eq!(one("buffer.memory=33554433", "queue.buffering.max.kbytes").as_deref(), Some("32769"));
        assert_eq!(one("buffer.memory=67108864", "queue.buffering.max.kbytes").as_deref(), Some("65536"));
        assert_eq!(one("buffer.memory=67108864", "queue.buffering.max.messages").as_deref(), Some("671088"));
        assert_eq!(one("buffer.memory=1000000", "queue.buffering.max.messages"), None);
        let own = "queue.buffering.max.messages=5\nbuffer.memory=67108864";
        assert_eq!(one(own, "queue.buffering.max.messages").as_deref(), Some("5"));
        assert_eq!(one("buffer.memory=0", "queue.buffering.max.kbytes").as_deref(), Some("1"));
        assert!(refusal("buffer.memory=32m", Producer, true).contains("whole number of bytes"));
    }

    #[test]
    fn a_level_counts_with_its_own_codec_only() {
        let level = |lines: &str| one(lines, "compression.level");
        assert_eq!(level("compression.type=gzip\ncompression.gzip.level=6").as_deref(), Some("6"));
        assert_eq!(level("compression.type=gzip\ncompression.gzip.level=-1").as_deref(), Some("-1"));
        assert_eq!(level("compression.type=lz4\ncompression.lz4.level=9").as_deref(), Some("0"));
        assert_eq!(level("compression.type=lz4\ncompression.lz4.level=17").as_deref(), Some("12"));
        assert_eq!(level("compression.type=zstd\ncompression.zstd.level=22").as_deref(), Some("12"));
        assert_eq!(level("compression.codec=zstd\ncompression.zstd.level=3").as_deref(), Some("3"));
        assert_eq!(level("compression.type=zstd\ncompression.gzip.level=6"), None);
        assert_eq!(why("compression.gzip.level=6", "compression.gzip.level"), "compression.type is none");
        assert!(refusal("compression.type=gzip\ncompression.gzip.level=10", Producer, true).contains("-1 to 9"));
        assert!(refusal("compression.type=gzip\ncompression.gzip.level=0", Producer, true).contains("1 to 9"));
        assert!(refusal("compression.type=zstd\ncompression.zstd.level=-5", Producer, true).contains("write 1"));
    }

    #[test]
    fn partitioner_classes_become_librdkafkas_partitioners() {
        let of = |class: &str| one(&format!("partitioner.class={class}"), "partitioner");
        let internals = "org.apache.kafka.clients.producer.internals.DefaultPartitioner";
        assert_eq!(of(internals).as_deref(), Some("murmur2_random"));
        assert_eq!(of("org.apache.kafka.clients.producer.UniformStickyPartitioner").as_deref(), Some("random"));
        let round_robin = "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner";
        assert_eq!(one(round_robin, "partitioner").as_deref(), Some("random"));
        assert_eq!(one(round_robin, "sticky.partitioning.linger.ms").as_deref(), Some("0"));
        assert!(refusal("partitioner.class=com.example.Mine", Producer, true).contains("Java classes are not run"));
        assert_eq!(one("partitioner=fnv1a", "partitioner").as_deref(), Some("fnv1a"));
        assert_eq!(one("partitioner.ignore.keys=true", "partitioner").as_deref(), Some("random"));
        let both = format!("partitioner.ignore.keys=true\npartitioner.class={internals}");
        assert_eq!(one(&both, "partitioner").as_deref(), Some("murmur2_random"));
        assert!(refusal("partitioner.ignore.keys=maybe", Producer, true).contains("true or false"));
    }

    #[test]
    fn what_would_change_the_meaning_of_an_acknowledgement_is_refused() {
        assert!(refusal("transactional.id=t", Producer, true).contains("transactions are not built"));
        assert!(refusal("delivery.report.only.error=true", Producer, false).contains("acknowledgements"));
        assert!(refusal("delivery.timeout.ms=0", Producer, true).contains("linger.ms + request.timeout.ms"));
        assert_eq!(translated("", "delivery.timeout.ms=0", Producer, false).get("delivery.timeout.ms"), Some("0"));
        let ignored_too = translated("", "transactional.id=\ntransaction.timeout.ms=1", Producer, true);
        assert_eq!(ignored(&ignored_too, "transactional.id"), "empty");
    }
}
