//! What brokers and topics are configured with, as the cluster says it. What their versions are `protocol` finds out.

use crate::driver::kafka::connect;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigEntry, ConfigSource, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use std::time::Duration;

/// The configuration of a broker or a topic.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClusterSettings {
    /// The broker, or the topic.
    pub resource: String,
    /// Its settings, by name.
    pub settings: Vec<ClusterSetting>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClusterSetting {
    /// Name of the setting.
    pub setting: String,
    /// Its value; **** of a secret.
    pub setting_value: String,
    /// Where the value comes from: default, static_broker, dynamic_broker, dynamic_default_broker, topic, unknown;
    /// requests: the newest versions of requests that it takes.
    pub setting_source: String,
}

/// Asks for the settings of a broker and of a topic. Empty where the cluster does not tell, or does not allow it.
pub(super) fn read(
    properties: &[(String, String)],
    broker: i32,
    topic: Option<&str>,
    limit: Duration,
) -> Vec<ClusterSettings> {
    let Ok(client) = connect::config(properties).create::<AdminClient<DefaultClientContext>>() else {
        return Vec::new();
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return Vec::new() };
    let options = AdminOptions::new().request_timeout(Some(limit));
    let wanted: Vec<(String, ResourceSpecifier<'_>)> =
        std::iter::once((format!("broker {broker}"), ResourceSpecifier::Broker(broker)))
            .chain(topic.map(|name| (format!("topic {name}"), ResourceSpecifier::Topic(name))))
            .collect();
    let mut found = Vec::new();
    for (resource, specifier) in wanted {
        // One request each: that a user may not see the broker's settings is no reason not to see the topic's.
        let answer = client.describe_configs([&specifier], &options);
        let answer = runtime.block_on(async { tokio::time::timeout(limit, answer).await });
        if let Ok(Ok(resources)) = answer {
            let entries = resources.into_iter().flatten().flat_map(|resource| resource.entries);
            let mut settings: Vec<ClusterSetting> = entries.map(setting).collect();
            settings.sort_by(|a, b| a.setting.cmp(&b.setting));
            found.push(ClusterSettings { resource, settings });
        }
    }
    found.retain(|resource| !resource.settings.is_empty());
    found
}

fn setting(entry: ConfigEntry) -> ClusterSetting {
    let source = match entry.source {
        ConfigSource::Default => "default",
        ConfigSource::StaticBroker => "static_broker",
        ConfigSource::DynamicBroker => "dynamic_broker",
        ConfigSource::DynamicDefaultBroker => "dynamic_default_broker",
        ConfigSource::DynamicTopic => "topic",
        ConfigSource::Unknown => "unknown",
    };
    ClusterSetting {
        setting_value: if entry.is_sensitive || is_secret(&entry.name) {
            "****".to_owned()
        } else {
            entry.value.unwrap_or_default()
        },
        setting: entry.name,
        setting_source: source.to_owned(),
    }
}

/// Brokers mark secrets; one that marks too little must not put them into a result.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "jaas", "credential", "private.key"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_whether_the_broker_marks_them_or_not() {
        let entry = |name: &str, is_sensitive| ConfigEntry {
            name: name.to_owned(),
            value: Some("v".to_owned()),
            source: ConfigSource::Default,
            is_read_only: false,
            is_default: true,
            is_sensitive,
        };
        let value = |name, sensitive| setting(entry(name, sensitive)).setting_value;
        assert_eq!([value("log.dirs", false), value("log.dirs", true)], ["v", "****"]);
        assert_eq!(
            [value("ssl.keystore.password", false), value("listener.sasl.jaas.config", false)],
            ["****", "****"]
        );
    }
}
