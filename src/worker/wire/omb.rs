//! OMB's worker protocol (its WorkerHandler and HttpWorkerClient): bodies of requests and answers, histograms as Java
//! can add them.

use crate::plan::KeyDistributor;
use crate::stats::{Distribution, v2};
use crate::units::NS_PER_S;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// Largest publish latency and publish delay that Java's histograms hold, µs.
pub const HIGHEST_PUBLISH_US: u64 = 60_000_000;
/// Largest end-to-end latency, µs.
pub const HIGHEST_END_TO_END_US: u64 = 12 * 3_600 * 1_000_000;

/// `/create-topics`; the last two are AutoMQ's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicsInfo {
    /// Topics to create.
    pub number_of_topics: u32,
    /// Partitions of each.
    pub number_of_partitions_per_topic: u32,
    /// Partitions topic by topic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub number_of_partitions_per_topic_list: Vec<u32>,
}

/// `/create-consumers`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerAssignment {
    /// One entry for each consumer.
    pub topics_subscriptions: Vec<TopicSubscription>,
}

/// Topic and group of one consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicSubscription {
    /// Topic name.
    pub topic: String,
    /// Consumer group.
    pub subscription: String,
}

/// `/start-load`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProducerWorkAssignment {
    /// Values, base64.
    pub payload_data: Vec<String>,
    /// How often each is chosen (OMB's pull request 443); empty: all alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_weights: Option<Vec<u64>>,
    /// Of all producers of the worker, messages per second.
    pub publish_rate: f64,
    /// A name of OMB's; others mean NO_KEY.
    pub key_distributor_type: Option<String>,
    /// May a pinload worker stamp the values? Only a pinload coordinator says so, and only to pinload's workers; None:
    /// as the worker likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<bool>,
}

impl ProducerWorkAssignment {
    /// The values.
    ///
    /// # Errors
    /// Text that is no base64.
    pub fn payloads(&self) -> Result<Vec<Vec<u8>>, String> {
        let decoded = self.payload_data.iter().map(|text| STANDARD.decode(text));
        decoded.collect::<Result<_, _>>().map_err(|error| format!("payloadData is no base64: {error}"))
    }

    /// OMB's three distributors.
    pub fn keys(&self) -> KeyDistributor {
        match self.key_distributor_type.as_deref() {
            Some("KEY_ROUND_ROBIN") => KeyDistributor::KeyRoundRobin,
            Some("RANDOM_NANO") => KeyDistributor::RandomNano,
            _ => KeyDistributor::NoKey,
        }
    }
}

/// `/counters-stats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CountersStats {
    /// Acknowledged, probes included.
    pub messages_sent: u64,
    /// Received, probes included.
    pub messages_received: u64,
    /// Failed.
    pub message_send_errors: u64,
}

/// `/period-stats`, in the order of Java's fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PeriodStats {
    /// Acknowledged since the last call.
    pub messages_sent: u64,
    /// Failed since the last call.
    pub message_send_errors: u64,
    /// Their value bytes.
    pub bytes_sent: u64,
    /// Received since the last call.
    pub messages_received: u64,
    /// Their value bytes.
    pub bytes_received: u64,
    /// Acknowledged in all, probes included.
    pub total_messages_sent: u64,
    /// Failed in all.
    pub total_message_send_errors: u64,
    /// Received in all, probes included.
    pub total_messages_received: u64,
    /// µs, V2 compressed, base64.
    pub publish_latency: String,
    /// µs.
    pub publish_delay_latency: String,
    /// µs.
    pub end_to_end_latency: String,
}

/// `/cumulative-latencies`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CumulativeLatencies {
    /// µs, V2 compressed, base64.
    pub publish_latency: String,
    /// µs.
    pub publish_delay_latency: String,
    /// µs.
    pub end_to_end_latency: String,
}

/// A histogram that cannot be written for Java, or was not written by it.
#[derive(Debug, thiserror::Error)]
pub enum OmbHistogramError {
    /// It cannot be written.
    #[error("histogram: {0}")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The text around it.
    #[error("histogram: no base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Its bytes.
    #[error(transparent)]
    Bytes(#[from] v2::HistogramError),
}

/// A distribution as Java's `Histogram(highest, 5)` in µs, V2 compressed, base64; larger values count as the largest.
pub fn encode(distribution: &Distribution, highest_us: u64) -> Result<String, OmbHistogramError> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&distribution.to_omb_us(highest_us), &mut bytes)
        .map_err(|error| OmbHistogramError::Write(Box::new(error)))?;
    Ok(STANDARD.encode(bytes))
}

/// The values of a distribution that `encode` counts as the largest.
pub fn clipped(distribution: &Distribution, highest_us: u64) -> u64 {
    let ns_per_us = NS_PER_S / 1_000_000;
    let us = |value: u64| value.saturating_mul(distribution.unit_ns) / ns_per_us;
    let above = distribution.histogram.iter_recorded().filter(|bucket| us(bucket.value_iterated_to()) > highest_us);
    above.map(|bucket| bucket.count_at_value()).sum()
}

/// The histogram of an answer, in µs.
///
/// # Errors
/// What is no histogram.
pub fn decode(text: &str) -> Result<Histogram<u64>, OmbHistogramError> {
    Ok(v2::decode(&STANDARD.decode(text)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Recorder;

    fn of(values_ns: &[u64]) -> Distribution {
        let mut recorder = Recorder::new();
        values_ns.iter().for_each(|ns| recorder.record(*ns));
        let mut distribution = Distribution::empty();
        distribution.add(&Distribution::of_ns(recorder.to_histogram(), None, false));
        distribution
    }

    #[test]
    fn the_vectors_of_an_encoder_after_javas_source_are_read() {
        for (text, highest, values) in [
            ("HISTFAAAAB94nJNpmSzMwMDAyAABrFAazGee3M5g/wEqAgBJwQOa", HIGHEST_PUBLISH_US, &[][..]),
            ("HISTFAAAACZ4nJNpmSzMwMDAxgABrFCaEUQwT25nsP8AEdguznSWnwkAY9IFTQ==", HIGHEST_PUBLISH_US, &[1500, 2500]),
            ("HISTFAAAACJ4nJNpmSzMwMDAxAABrFCaEUQwT25nsP8AEShkAQBOZAQQ", HIGHEST_PUBLISH_US, &[57, 57]),
            ("HISTFAAAACB4nJNpmSzMwMDAyAABrFAaxOfie72Bwf4DVAQAUL8EMA==", HIGHEST_END_TO_END_US, &[]),
            ("HISTFAAAACd4nJNpmSzMwMDAxgABrFCaEYi5+F5vYLD/ABGYL890lp8JAG1WBdM=", HIGHEST_END_TO_END_US, &[2000, 3000]),
        ] {
            let mut expected = Histogram::<u64>::new_with_bounds(1, highest, 5).unwrap();
            values.iter().for_each(|value| expected.record(*value).unwrap());
            let read = decode(text).unwrap();
            assert_eq!((read.high(), read.sigfig(), read.len()), (highest, 5, expected.len()));
            values.iter().for_each(|value| assert_eq!(read.count_at(*value), expected.count_at(*value)));
        }
    }

    #[test]
    fn what_goes_out_is_in_javas_bounds_and_comes_back() {
        let distribution = of(&[1_500_000, 2_500_000, 90_000_000_000]);
        let read = decode(&encode(&distribution, HIGHEST_PUBLISH_US).unwrap()).unwrap();
        assert_eq!((read.low(), read.high(), read.sigfig(), read.len()), (1, HIGHEST_PUBLISH_US, 5, 3));
        assert_eq!(read.max(), HIGHEST_PUBLISH_US.max(read.max()));
        assert_eq!(read.count_at(HIGHEST_PUBLISH_US), 1);
        assert_eq!((clipped(&distribution, HIGHEST_PUBLISH_US), clipped(&distribution, HIGHEST_END_TO_END_US)), (1, 0));
        let text = encode(&Distribution::empty(), HIGHEST_PUBLISH_US).unwrap();
        assert!(text.starts_with("HISTFAAAA"), "{text}");
        assert_eq!(decode(&text).unwrap().len(), 0);
    }

    #[test]
    fn bodies_are_read_as_leniently_as_java_reads_them() {
        let assignment: ProducerWorkAssignment =
            serde_json::from_str(r#"{"payloadData":["AAECAwQFBgcICQ=="],"publishRate":5000.0,"other":1}"#).unwrap();
        assert_eq!(assignment.payloads().unwrap(), [(0..10).collect::<Vec<u8>>()]);
        assert_eq!((assignment.keys(), assignment.publish_rate), (KeyDistributor::NoKey, 5000.0));
        let unknown = ProducerWorkAssignment { key_distributor_type: Some("X".to_owned()), ..assignment };
        assert_eq!(unknown.keys(), KeyDistributor::NoKey);
        let text = serde_json::to_string(&PeriodStats::default()).unwrap();
        let counts = ["messagesSent", "messageSendErrors", "bytesSent", "messagesReceived", "bytesReceived"];
        let totals = ["totalMessagesSent", "totalMessageSendErrors", "totalMessagesReceived"];
        let zeros: String = counts.iter().chain(&totals).map(|name| format!("\"{name}\":0,")).collect();
        assert!(text.starts_with(&format!("{{{zeros}\"publishLatency\":")), "{text}");
    }
}
