//! What properties say that pinload itself goes by, beside the client library. It is read here, once for a plan, with
//! librdkafka's defaults (CONFIGURATION.md) for what is not said.

/// A producer's.
#[derive(Debug, Clone, PartialEq)]
pub struct ProducerSettings {
    /// `acks`, in librdkafka's words.
    pub acks: String,
    /// `enable.idempotence`.
    pub idempotent: bool,
    /// Does it send again what failed (`retries` is not 0)?
    pub retries: bool,
    /// `compression.type`.
    pub compression_type: String,
    /// `linger.ms`.
    pub linger_ms: f64,
    /// `queue.buffering.max.messages`; `u64::MAX`: no limit.
    pub queue_messages: u64,
    /// `queue.buffering.max.kbytes`, in bytes.
    pub queue_bytes: u64,
    /// `batch.size`.
    pub batch_bytes: u64,
    /// `batch.num.messages`.
    pub batch_messages: u64,
    /// `message.max.bytes`: the longest message, and the longest request.
    pub message_max_bytes: u64,
}

/// A consumer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerSettings {
    /// `enable.auto.commit`: the library commits by itself.
    pub auto_commit: bool,
    /// `auto.offset.reset` is `earliest`: a group without commits begins with the oldest message.
    pub from_earliest: bool,
    /// When it holds back fetches.
    pub fetch_queue: FetchQueueLimits,
}

/// At which length of its queue of fetched messages librdkafka holds back the next fetch, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FetchQueueLimits {
    /// `queued.min.messages`: no fetch while the queue holds as many.
    pub messages: u64,
    /// `queued.max.messages.kbytes`, in bytes.
    pub bytes: u64,
    /// `fetch.queue.backoff.ms`, in ns.
    pub backoff_ns: u64,
}

/// A later line replaces an earlier one of the same name.
struct Effective<'a>(&'a [(String, String)]);

impl<'a> Effective<'a> {
    /// The value of the first of these names that is set.
    fn text(&self, names: &[&str]) -> Option<&'a str> {
        let value = |name: &&str| self.0.iter().rev().find(|(known, _)| known == name);
        names.iter().find_map(value).map(|(_, value)| value.trim())
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> T {
        self.text(&[name]).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    fn flag(&self, name: &str) -> bool {
        self.text(&[name]).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

impl ProducerSettings {
    /// Of the properties that a producer's library is given.
    pub fn of(effective: &[(String, String)]) -> Self {
        let given = Effective(effective);
        Self {
            acks: given.text(&["acks", "request.required.acks"]).unwrap_or("all").to_owned(),
            idempotent: given.flag("enable.idempotence"),
            retries: given.text(&["retries"]) != Some("0"),
            compression_type: given.text(&["compression.type", "compression.codec"]).unwrap_or("none").to_owned(),
            linger_ms: given
                .text(&["linger.ms", "queue.buffering.max.ms"])
                .and_then(|text| text.parse().ok())
                .unwrap_or(5.0),
            queue_messages: match given.number("queue.buffering.max.messages", 100_000) {
                0 => u64::MAX,
                limited => limited,
            },
            queue_bytes: given.number("queue.buffering.max.kbytes", 1_048_576_u64).saturating_mul(1024),
            batch_bytes: given.number("batch.size", 1_000_000),
            batch_messages: given.number("batch.num.messages", 10_000),
            message_max_bytes: given.number("message.max.bytes", 1_000_000),
        }
    }
}

impl ConsumerSettings {
    /// Of the properties that a consumer's library is given.
    pub fn of(effective: &[(String, String)]) -> Self {
        let given = Effective(effective);
        Self {
            auto_commit: given.flag("enable.auto.commit"),
            from_earliest: given.text(&["auto.offset.reset"]) == Some("earliest"),
            fetch_queue: FetchQueueLimits {
                messages: given.number("queued.min.messages", 100_000),
                bytes: given.number("queued.max.messages.kbytes", 65_536_u64).saturating_mul(1024),
                backoff_ns: given.number("fetch.queue.backoff.ms", 1_000_u64).saturating_mul(1_000_000),
            },
        }
    }
}

impl Default for ProducerSettings {
    /// Of no properties at all.
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Default for ConsumerSettings {
    /// Of no properties at all.
    fn default() -> Self {
        Self::of(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_not_said_is_as_the_library_has_it() {
        let producer = ProducerSettings::default();
        assert_eq!((producer.acks.as_str(), producer.compression_type.as_str()), ("all", "none"));
        assert_eq!((producer.idempotent, producer.retries, producer.linger_ms), (false, true, 5.0));
        assert_eq!((producer.queue_messages, producer.queue_bytes), (100_000, 1 << 30));
        let ProducerSettings { batch_bytes, batch_messages, message_max_bytes, .. } = producer;
        assert_eq!((batch_bytes, batch_messages, message_max_bytes), (1_000_000, 10_000, 1_000_000));
        let consumer = ConsumerSettings::default();
        assert_eq!((consumer.auto_commit, consumer.from_earliest), (false, false));
        let limits = FetchQueueLimits { messages: 100_000, bytes: 64 << 20, backoff_ns: 1_000_000_000 };
        assert_eq!(consumer.fetch_queue, limits);
    }

    #[test]
    fn the_last_line_of_a_name_holds_and_no_limit_is_none() {
        let producer = ProducerSettings::of(&lines(&[
            ("enable.idempotence", "false"),
            ("enable.idempotence", " True"),
            ("queue.buffering.max.messages", "0"),
            ("queue.buffering.max.ms", "7"),
            ("request.required.acks", "1"),
            ("retries", "0"),
            ("batch.size", "16384"),
            ("batch.num.messages", "15"),
            ("message.max.bytes", " 2000000"),
        ]));
        assert_eq!((producer.idempotent, producer.retries, producer.linger_ms), (true, false, 7.0));
        assert_eq!((producer.queue_messages, producer.acks.as_str()), (u64::MAX, "1"));
        let ProducerSettings { batch_bytes, batch_messages, message_max_bytes, .. } = producer;
        assert_eq!((batch_bytes, batch_messages, message_max_bytes), (16_384, 15, 2_000_000));
        let consumer = ConsumerSettings::of(&lines(&[
            ("auto.offset.reset", "earliest"),
            ("fetch.queue.backoff.ms", "100"),
            ("queued.min.messages", "10"),
        ]));
        assert!(consumer.from_earliest);
        assert_eq!((consumer.fetch_queue.messages, consumer.fetch_queue.backoff_ns), (10, 100_000_000));
    }
}
