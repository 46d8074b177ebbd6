//! Which series of a page are kept.

/// A name, or a name with labels, in which `*` stands for anything; upper and lower case are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepPattern {
    /// In lower case.
    text: String,
}

/// Most characters of a pattern.
const MOST_CHARACTERS: usize = 500;

impl KeepPattern {
    /// `kafka_server_*`, `node_cpu_seconds_total{*mode="idle"*}`: with a brace it is compared with the labels as
    /// well. Error: what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() || text.chars().any(char::is_control) || text.chars().count() > MOST_CHARACTERS {
            return Err(
                "a pattern is the name of a metric, `*` standing for anything, such as 'kafka_server_*'".to_owned()
            );
        }
        Ok(Self { text: text.trim().to_ascii_lowercase() })
    }

    fn matches(&self, name: &str, series: &str) -> bool {
        let compared = if self.text.contains('{') { series } else { name };
        is_like(&self.text, &compared.to_ascii_lowercase())
    }
}

/// Is `text` of the form of `pattern`?
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let (between, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in between.split('*').filter(|part| !part.is_empty()) {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.len() >= last.len() && left.ends_with(last)
}

/// Kept when nobody says what: a broker's CPU, disk, network, request queue and replication, as Kafka's JMX exporter
/// (with and without the
/// rules of its examples), Redpanda and the node exporter call them.
const DEFAULTS: [&str; 39] = [
    // The process, of the JMX exporter and of Redpanda.
    "process_cpu_seconds_total",
    "jvm_gc_collection_seconds_sum",
    "jvm_memory_used_bytes{area=\"heap\"}",
    "jvm_memory_bytes_used{area=\"heap\"}",
    // Kafka without rules: domain, type and attribute are the name.
    "kafka_server_BrokerTopicMetrics_Count{name=\"BytesInPerSec\"}",
    "kafka_server_BrokerTopicMetrics_Count{name=\"BytesOutPerSec\"}",
    "kafka_server_BrokerTopicMetrics_Count{name=\"MessagesInPerSec\"}",
    "kafka_server_BrokerTopicMetrics_Count{name=\"FailedProduceRequestsPerSec\"}",
    "kafka_network_RequestMetrics_99thPercentile{name=\"RequestQueueTimeMs\",request=\"Produce\"*}",
    "kafka_network_RequestMetrics_99thPercentile{name=\"RequestQueueTimeMs\",request=\"FetchConsumer\"*}",
    "kafka_network_RequestMetrics_99thPercentile{name=\"LocalTimeMs\",request=\"Produce\"*}",
    "kafka_network_RequestMetrics_99thPercentile{name=\"TotalTimeMs\",request=\"Produce\"*}",
    "kafka_network_RequestChannel_Value{name=\"RequestQueueSize\"*}",
    "kafka_network_SocketServer_Value{name=\"NetworkProcessorAvgIdlePercent\"*}",
    "kafka_server_KafkaRequestHandlerPool_OneMinuteRate{name=\"RequestHandlerAvgIdlePercent\"*}",
    "kafka_server_ReplicaManager_Value{name=\"UnderReplicatedPartitions\"*}",
    "kafka_server_ReplicaManager_Value{name=\"UnderMinIsrPartitionCount\"*}",
    "kafka_log_LogFlushStats_99thPercentile{*}",
    // Kafka with the rules of the exporter's examples.
    "kafka_server_brokertopicmetrics_bytesin_total",
    "kafka_server_brokertopicmetrics_bytesout_total",
    "kafka_server_brokertopicmetrics_messagesin_total",
    "kafka_network_requestmetrics_requestqueuetimems{*produce*quantile=\"0.99\"*}",
    "kafka_network_requestmetrics_requestqueuetimems{*quantile=\"0.99\"*produce*}",
    "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent*",
    "kafka_network_socketserver_networkprocessoravgidle_percent*",
    "kafka_server_replicamanager_underreplicatedpartitions",
    "kafka_log_logflushstats_logflushrateandtimems{*quantile=\"0.99\"*}",
    // Redpanda.
    "redpanda_cpu_busy_seconds_total",
    "redpanda_kafka_request_bytes_total",
    "redpanda_kafka_under_replicated_replicas",
    "redpanda_rpc_active_connections",
    "redpanda_io_queue_total_write_ops",
    "redpanda_storage_disk_free_bytes",
    // The node.
    "node_load1",
    "node_pressure_cpu_waiting_seconds_total",
    "node_pressure_io_waiting_seconds_total",
    "node_disk_io_time_seconds_total",
    "node_disk_written_bytes_total",
    "node_network_transmit_bytes_total",
];

/// What is kept of a page.
#[derive(Debug, Clone)]
pub(super) struct SeriesFilter(Vec<KeepPattern>);

impl SeriesFilter {
    /// What these patterns say; none: the defaults.
    pub(super) fn of(patterns: &[KeepPattern]) -> Self {
        if patterns.is_empty() {
            return Self(DEFAULTS.iter().map(|text| KeepPattern { text: text.to_ascii_lowercase() }).collect());
        }
        Self(patterns.to_vec())
    }

    pub(super) fn keeps(&self, name: &str, series: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name, series))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_a_brace_asks_for_labels() {
        let keeps = |pattern: &str, series: &str| {
            let name = series.split('{').next().unwrap();
            SeriesFilter::of(&[KeepPattern::parse(pattern).unwrap()]).keeps(name, series)
        };
        assert!(keeps("up", "up") && keeps("UP", "up{a=\"b\"}") && !keeps("up", "ups") && !keeps("up", "sup"));
        assert!(
            keeps("a*", "abc")
                && keeps("*c", "abc")
                && keeps("a*c", "abc")
                && keeps("*", "abc")
                && keeps("a**c", "abc")
        );
        assert!(!keeps("ab*bc", "abc") && !keeps("*b", "abc"));
        assert!(keeps("x{*mode=\"idle\"*}", "x{cpu=\"1\",mode=\"idle\"}") && !keeps("x{*idle*}", "x{mode=\"user\"}"));
        for wrong in ["", "  ", "a\nb"] {
            assert!(KeepPattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_defaults_keep_what_brokers_tell_of_themselves_and_not_each_topic() {
        let kept = SeriesFilter::of(&[]);
        let keeps = |series: &str| kept.keeps(series.split('{').next().unwrap(), series);
        assert!(keeps("kafka_server_BrokerTopicMetrics_Count{name=\"BytesInPerSec\"}"));
        assert!(!keeps("kafka_server_BrokerTopicMetrics_Count{name=\"BytesInPerSec\",topic=\"t\"}"));
        assert!(keeps("kafka_network_RequestMetrics_99thPercentile{name=\"RequestQueueTimeMs\",request=\"Produce\"}"));
        assert!(keeps("kafka_server_replicamanager_underreplicatedpartitions"));
        assert!(keeps("redpanda_cpu_busy_seconds_total{shard=\"0\"}"));
        assert!(!keeps("jvm_classes_loaded"));
    }
}
