//! Rows about connections: addresses, timeouts, buffers.

use super::For;
use super::addresses;
use super::kind::PropertyKind::{Int, Near};
use super::kind::{near, whole};
use super::table::{RowDecision, RowInput, joined, refused, set};

const INT_MAX: i64 = 2_147_483_647;

/// A list of brokers, without blanks and protocols: Java goes by security.protocol whatever stands before an address,
/// librdkafka passes over brokers where the two differ.
pub(super) fn servers(asked: &RowInput<'_>) -> RowDecision {
    let parts = asked.value.split(',').map(str::trim).filter(|broker| !broker.is_empty());
    let brokers: Vec<String> = match parts.map(|part| addresses::broker(part, asked.settings.java)).collect() {
        Ok(brokers) => brokers,
        Err(why) => return RowDecision::Refused(why),
    };
    if brokers.is_empty() {
        return refused("write the brokers' addresses: host:port,host:port");
    }
    let text = brokers.join(",");
    let why = match (asked.value.contains("://"), text == asked.value) {
        (true, _) => "security.protocol alone says how brokers are spoken to",
        (false, false) => "written out: no blanks, every port",
        (false, true) => "",
    };
    set(vec![("bootstrap.servers", text)], why)
}

/// −1 is for ever in Java, 0 in librdkafka.
pub(super) fn max_idle(asked: &RowInput<'_>) -> RowDecision {
    if whole(asked.value).is_some_and(|ms| ms < 0) {
        return set(vec![("connections.max.idle.ms", "0".to_owned())], "librdkafka's number for never");
    }
    asked.pass(Near { from: 0, min: 0, max: INT_MAX })
}

/// Java asks for metadata again when it is this old; librdkafka forgets it then, and has another name for asking.
pub(super) fn metadata_age(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.java {
        let kind = Near { from: 0, min: 1, max: 3_600_000 };
        return asked.to(
            "topic.metadata.refresh.interval.ms",
            kind,
            "librdkafka's name for the time between refreshes",
        );
    }
    asked.pass(Int { min: 1, max: 86_400_000 })
}

/// SO_RCVBUF.
pub(super) fn receive_buffer(asked: &RowInput<'_>) -> RowDecision {
    buffer(asked, "socket.receive.buffer.bytes")
}

/// SO_SNDBUF.
pub(super) fn send_buffer(asked: &RowInput<'_>) -> RowDecision {
    buffer(asked, "socket.send.buffer.bytes")
}

fn buffer(asked: &RowInput<'_>, name: &'static str) -> RowDecision {
    if whole(asked.value) == Some(-1) {
        return set(vec![(name, "0".to_owned())], "librdkafka's name, and its number for the system's default");
    }
    asked.to(name, Near { from: 0, min: 0, max: 100_000_000 }, "librdkafka's name for it")
}

/// One time in Java, two in librdkafka: how long the broker may wait for its replicas (producers), and how long the
/// client waits for any answer. A producer that is not written for Java means the first, which is what librdkafka calls
/// so.
pub(super) fn request_timeout(asked: &RowInput<'_>) -> RowDecision {
    let Some(ms) = whole(asked.value).filter(|&ms| ms >= 0) else {
        return refused("write a whole number of milliseconds");
    };
    let for_replicas = near(ms, 1, 900_000);
    let for_answers = near(ms, 10, 300_000);
    let about = |name: &str, note: &str| if note.is_empty() { String::new() } else { format!("{name}: {note}") };
    let replicas_note = about("request.timeout.ms", &for_replicas.note);
    if asked.settings.role == For::Producer && !asked.settings.java {
        return set(vec![("request.timeout.ms", for_replicas.text)], &replicas_note);
    }
    let mut to = Vec::new();
    let mut notes = vec![String::new()];
    if asked.settings.role == For::Producer {
        to.push(("request.timeout.ms", for_replicas.text));
        notes = vec![
            "librdkafka separates the broker's wait for replicas from the wait for an answer".to_owned(),
            replicas_note,
        ];
    } else {
        notes[0].push_str("librdkafka's name for the wait for an answer");
    }
    if asked.settings.get("socket.timeout.ms").is_none() {
        to.push(("socket.timeout.ms", for_answers.text));
        notes.push(about("socket.timeout.ms", &for_answers.note));
    }
    if to.is_empty() {
        return RowDecision::Ignored("socket.timeout.ms is written too".to_owned());
    }
    RowDecision::Set { to, why: joined(&notes.iter().map(String::as_str).collect::<Vec<_>>()) }
}

#[cfg(test)]
mod tests {
    use super::super::For::{Admin, Consumer, Producer};
    use super::super::trial::{ignored, outcome, refusal, translated};
    use super::super::{For, Translated};

    fn one(line: &str, role: For, java: bool, wanted: &str) -> Option<String> {
        translated("", line, role, java).get(wanted).map(str::to_owned)
    }

    #[test]
    fn brokers_are_given_without_blanks_and_protocols() {
        let of = |value: &str| one(&format!("bootstrap.servers={value}"), Admin, true, "bootstrap.servers");
        assert_eq!(of("a:1,b:2").as_deref(), Some("a:1,b:2"));
        assert_eq!(of("a:1, b:2 ,").as_deref(), Some("a:1,b:2"));
        assert_eq!(of("SSL://a:1,PLAINTEXT://[::1]:2").as_deref(), Some("a:1,[::1]:2"));
        assert_eq!(one("bootstrap.servers=a", Admin, false, "bootstrap.servers").as_deref(), Some("a:9092"));
        for wrong in ["", " , ", "a:1 b:2", "SSL://", "a:1,b:65536", "a:1;b:1"] {
            assert!(refusal(&format!("bootstrap.servers={wrong}"), Admin, true).contains("host:port"), "{wrong}");
        }
        assert!(refusal("bootstrap.controllers=a:1", Admin, true).contains("bootstrap.servers"));
    }

    #[test]
    fn request_timeout_is_one_time_in_java_and_two_in_librdkafka() {
        let line = "request.timeout.ms=20000";
        assert_eq!(one(line, Producer, true, "request.timeout.ms").as_deref(), Some("20000"));
        assert_eq!(one(line, Producer, true, "socket.timeout.ms").as_deref(), Some("20000"));
        assert_eq!(one(line, Consumer, true, "socket.timeout.ms").as_deref(), Some("20000"));
        assert_eq!(one(line, Consumer, true, "request.timeout.ms"), None);
        assert_eq!(one(line, Producer, false, "socket.timeout.ms"), None);
        assert_eq!(outcome(&translated("", line, Producer, false), "request.timeout.ms"), &Translated::Passed);
        let both = "socket.timeout.ms=5000\nrequest.timeout.ms=20000";
        assert_eq!(one(both, Producer, true, "socket.timeout.ms").as_deref(), Some("5000"));
        assert!(ignored(&translated("", both, Consumer, true), "request.timeout.ms").contains("socket.timeout.ms"));
        assert!(refusal("request.timeout.ms=soon", Producer, true).contains("milliseconds"));
    }

    #[test]
    fn javas_minus_one_becomes_librdkafkas_zero() {
        assert_eq!(one("send.buffer.bytes=-1", Producer, true, "socket.send.buffer.bytes").as_deref(), Some("0"));
        assert_eq!(
            one("receive.buffer.bytes=65536", Consumer, true, "socket.receive.buffer.bytes").as_deref(),
            Some("65536")
        );
        assert_eq!(one("connections.max.idle.ms=-1", Admin, true, "connections.max.idle.ms").as_deref(), Some("0"));
    }

    #[test]
    fn metadata_age_means_refresh_in_java_and_forgetting_in_librdkafka() {
        let line = "metadata.max.age.ms=60000";
        assert_eq!(one(line, Producer, true, "topic.metadata.refresh.interval.ms").as_deref(), Some("60000"));
        assert_eq!(one(line, Producer, true, "metadata.max.age.ms"), None);
        assert_eq!(one(line, Producer, false, "metadata.max.age.ms").as_deref(), Some("60000"));
    }
}
