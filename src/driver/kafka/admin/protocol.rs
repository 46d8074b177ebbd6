//! Which release of Kafka a broker speaks like. No request tells a broker's version; what tells it is which versions
//! of requests it takes, and
//! those librdkafka says in its log.

use super::settings::{ClusterSetting, ClusterSettings};
use crate::driver::kafka::connect;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, Producer as _, ProducerContext};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Requests whose newest version tells releases apart.
const REQUESTS: [&str; 3] = ["Produce", "Fetch", "ListOffsets"];
/// Newest versions of these in each release, the newest release first: a broker is of the first whose versions it
/// has all.
const RELEASES: [(&str, [i16; 3]); 10] = [
    ("4.2 or newer", [13, 18, 11]),
    ("4.1", [13, 18, 10]),
    ("4.0", [12, 17, 10]),
    ("3.9", [11, 17, 9]),
    ("3.8", [11, 16, 8]),
    ("3.7", [10, 16, 8]),
    ("3.5 or 3.6", [9, 15, 8]),
    ("3.1 to 3.4", [9, 13, 7]),
    ("3.0", [9, 12, 7]),
    ("2.8", [9, 12, 6]),
];
/// Lines of log that are looked at: a broker has some 60 requests, and there may be a few connections.
const MOST_LINES: usize = 1_000;

/// Hears librdkafka's log.
#[derive(Debug, Default)]
struct RequestVersions(Mutex<BTreeMap<String, i16>>);

impl ClientContext for RequestVersions {
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, text: &str) {
        if let (Some((request, newest)), Ok(mut known)) = (newest_version(text), self.0.lock()) {
            known.insert(request.to_owned(), newest);
        }
    }
}

impl ProducerContext for RequestVersions {
    type DeliveryOpaque = ();
    /// It sends nothing.
    fn delivery(&self, _result: &DeliveryResult<'_>, _tag: ()) {}
}

/// `…: ApiKey Produce (0) Versions 0..13` → Produce, 13.
fn newest_version(line: &str) -> Option<(&str, i16)> {
    let (request, versions) = line.split_once("ApiKey ")?.1.split_once(" (")?;
    Some((request, versions.rsplit_once("..")?.1.trim().parse().ok()?))
}

/// What a broker that is reached speaks; None: it did not say.
pub(super) fn read(properties: &[(String, String)], topic: Option<&str>, limit: Duration) -> Option<ClusterSettings> {
    let mut config = connect::config(properties);
    config.set("debug", "feature").set_log_level(RDKafkaLogLevel::Debug);
    let client: BaseProducer<RequestVersions> = config.create_with_context(RequestVersions::default()).ok()?;
    client.client().fetch_metadata(topic, limit).ok()?;
    // A line a call.
    (0..MOST_LINES).for_each(|_| client.poll(Duration::ZERO));
    let known = client.context().0.lock().ok()?;
    let newest: Vec<i16> = REQUESTS.iter().map_while(|request| known.get(*request).copied()).collect();
    let release = ClusterSetting {
        setting: "release".to_owned(),
        setting_value: in_words(&newest.try_into().ok()?),
        setting_source: "requests".to_owned(),
    };
    Some(ClusterSettings { resource: "protocol of a broker".to_owned(), settings: vec![release] })
}

/// `like Apache Kafka 4.1 (Produce 13, Fetch 18, ListOffsets 10)`.
fn in_words(newest: &[i16; 3]) -> String {
    let has = |release: &&(&str, [i16; 3])| release.1.iter().zip(newest).all(|(of_release, has)| has >= of_release);
    let release = RELEASES.iter().find(has).map_or("2.7 or older", |(name, _)| name);
    let requests: Vec<String> =
        REQUESTS.iter().zip(newest).map(|(request, version)| format!("{request} {version}")).collect();
    format!("like Apache Kafka {release} ({})", requests.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_log_and_tell_the_release() {
        let line = "[thrd:127.0.0.1:9092/bootstrap]: 127.0.0.1:9092/bootstrap:   ApiKey Produce (0) Versions 0..13";
        assert_eq!(newest_version(line), Some(("Produce", 13)));
        assert_eq!(newest_version("127.0.0.1:9092/1: Feature MsgVer1: Produce (2..2) supported by broker"), None);
        assert_eq!(in_words(&[13, 18, 10]), "like Apache Kafka 4.1 (Produce 13, Fetch 18, ListOffsets 10)");
        for (newest, release) in [
            ([14, 19, 12], "4.2 or newer"),
            ([11, 17, 8], "3.8"),
            ([9, 15, 8], "3.5 or 3.6"),
            ([3, 4, 2], "2.7 or older"),
        ] {
            assert!(in_words(&newest).starts_with(&format!("like Apache Kafka {release} (")), "{newest:?}");
        }
    }
}
