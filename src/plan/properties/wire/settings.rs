//! What clients of the wire driver go by: decided from their properties in the plan, and handed to each as it is.

use super::{Connecting, ConsumerWay, ProducerWay};

/// A producer's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WireProducerSettings {
    /// Its connections.
    pub connecting: Connecting,
    /// What it sends, and how.
    pub way: ProducerWay,
}

/// A consumer's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WireConsumerSettings {
    /// Its connections.
    pub connecting: Connecting,
    /// What it fetches, and how.
    pub way: ConsumerWay,
}

impl WireProducerSettings {
    /// As these properties say.
    pub fn of(effective: &[(String, String)]) -> Self {
        Self { connecting: Connecting::of(effective), way: ProducerWay::of(effective) }
    }
}

impl WireConsumerSettings {
    /// As these properties say.
    pub fn of(effective: &[(String, String)]) -> Self {
        Self { connecting: Connecting::of(effective), way: ConsumerWay::of(effective) }
    }
}

/// Those of all clients of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireSettings {
    /// Each producer's.
    pub producer: WireProducerSettings,
    /// Each consumer's.
    pub consumer: WireConsumerSettings,
}

impl WireSettings {
    /// As the properties of both say.
    pub fn of(producer: &[(String, String)], consumer: &[(String, String)]) -> Self {
        Self { producer: WireProducerSettings::of(producer), consumer: WireConsumerSettings::of(consumer) }
    }

    /// With what is known only when a client starts: its broker if the run brings it, its name if it has none of the
    /// user's, its group.
    #[must_use]
    pub fn at_start(&self, servers: Option<&str>, client_id: Option<&str>, group: Option<&str>) -> Self {
        let mut settings = self.clone();
        for connecting in [&mut settings.producer.connecting, &mut settings.consumer.connecting] {
            set(&mut connecting.servers, servers);
            set(&mut connecting.client_id, client_id);
        }
        set(&mut settings.consumer.way.group, group);
        settings
    }
}

fn set(known: &mut String, now: Option<&str>) {
    if let Some(now) = now {
        now.clone_into(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_start_knows_is_set_as_its_properties_would_be() {
        let lines = |lines: &[(&str, &str)]| -> Vec<(String, String)> {
            lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let written = [("bootstrap.servers", "a:1"), ("linger.ms", "7"), ("client.id", "mine")];
        let of_start = [("bootstrap.servers", "b:2"), ("client.id", "pinload-consumer-0"), ("group.id", "g")];
        let before = WireSettings::of(&lines(&written), &lines(&written));
        let whole = lines(&[&written[..], &of_start[..]].concat());
        let started = before.at_start(Some("b:2"), Some("pinload-consumer-0"), Some("g"));
        assert_eq!(started, WireSettings::of(&whole, &whole));
        assert_eq!(before.at_start(None, None, None), before, "what the user wrote stays");
    }

    /// A client is handed them as JSON.
    #[test]
    fn settings_come_out_of_json_as_they_went_in() {
        let lines = |lines: &[(&str, &str)]| -> Vec<(String, String)> {
            lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let secure = [
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "SCRAM-SHA-256"),
            ("sasl.password", "it's secret "),
            ("ssl.ca.pem", "CA"),
            ("queue.buffering.max.messages", "0"),
            ("group.protocol", "consumer"),
            ("enable.auto.commit", "true"),
        ];
        let settings = WireSettings::of(&lines(&secure), &lines(&secure));
        assert_eq!(settings.producer.way.queue_messages, u64::MAX);
        let producer = serde_json::to_string(&settings.producer).unwrap();
        assert_eq!(serde_json::from_str::<WireProducerSettings>(&producer).unwrap(), settings.producer);
        let consumer = serde_json::to_string(&settings.consumer).unwrap();
        assert_eq!(serde_json::from_str::<WireConsumerSettings>(&consumer).unwrap(), settings.consumer);
    }
}
