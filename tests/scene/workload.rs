//! Workload and driver files of the tests, as text: written out key by key, as a user writes them.

use std::fmt::Write as _;

/// OMB's class: the rate is the total, Java's defaults apply.
pub const JAVA_CLASS: &str = "io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver";
/// The Python guide's class: the rate is per producer, librdkafka's defaults apply.
pub const PYTHON_CLASS: &str = "benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver";

/// A small workload; tests change the keys they are about.
#[derive(Debug, Clone)]
pub struct Workload {
    keys: Vec<(&'static str, String)>,
}

impl Workload {
    /// 1 topic × 2 partitions, 2 producers, 1 subscription × 2 consumers, 1 KB, 500 msg/s, a minute after no warm-up.
    pub fn small(name: &str) -> Self {
        let keys = [
            ("name", name),
            ("topics", "1"),
            ("partitionsPerTopic", "2"),
            ("messageSize", "1024"),
            ("useRandomizedPayloads", "true"),
            ("randomBytesRatio", "0.5"),
            ("randomizedPayloadPoolSize", "10"),
            ("subscriptionsPerTopic", "1"),
            ("consumerPerSubscription", "2"),
            ("producersPerTopic", "2"),
            ("producerRate", "500"),
            ("consumerBacklogSizeGB", "0"),
            ("testDurationMinutes", "1"),
            ("warmupDurationMinutes", "0"),
        ];
        Self { keys: keys.map(|(key, value)| (key, value.to_owned())).to_vec() }
    }

    /// Sets a key.
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        match self.keys.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => self.keys.push((key, value)),
        }
        self
    }

    /// Leaves a key out.
    pub fn without(mut self, key: &str) -> Self {
        self.keys.retain(|(known, _)| *known != key);
        self
    }

    /// The file's text.
    pub fn text(&self) -> String {
        self.keys.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key}: {value}");
            text
        })
    }
}

/// A driver file: `class`, bootstrap address, and lines of common, producer and consumer configuration.
pub fn driver(class: &str, bootstrap: &str, common: &[&str], producer: &[&str], consumer: &[&str]) -> String {
    let block = |lines: &[&str]| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    let bootstrap = format!("bootstrap.servers={bootstrap}");
    let mut all_common = vec![bootstrap.as_str()];
    all_common.extend(common);
    let mut text = format!("name: Kafka\ndriverClass: {class}\nreplicationFactor: 1\ntopicConfig: \"\"\n");
    let _ = writeln!(text, "commonConfig: |{}", block(&all_common));
    for (key, lines) in [("producerConfig", producer), ("consumerConfig", consumer)] {
        if lines.is_empty() {
            let _ = writeln!(text, "{key}: \"\"");
        } else {
            let _ = writeln!(text, "{key}: |{}", block(lines));
        }
    }
    text
}
