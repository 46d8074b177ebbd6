//! The files that the binary carries: those of `examples/`, and what a run without files means.

use super::problem::Problems;
use super::setting::{KeySetting, PropertySetting};
use super::yaml::YamlDocument;
use super::{DriverFile, WorkloadFile};
use serde_yaml::Value;
use std::path::{Path, PathBuf};

/// The folder that stands before a carried file's name; no shell makes such a one by accident.
const FOLDER: &str = "(built in)";

/// A carried file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name, without `.yaml`.
    pub name: &'static str,
    /// Every byte of it.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$(Shipped { name: $name, text: include_str!(concat!("../../examples/", $name, ".yaml")) }),*]
    };
}

/// Workloads, then drivers, then the rest.
pub const EXAMPLES: [Shipped; 18] = shipped![
    "simple-workload",
    "latency-workload",
    "throughput-workload",
    "max-rate-workload",
    "backlog-workload",
    "fan-out-workload",
    "many-topics-workload",
    "scale-out-workload",
    "kafka-driver",
    "kafka-driver-guide",
    "kafka-latency",
    "kafka-throughput",
    "kafka-compression",
    "kafka-idempotent",
    "kafka-tls",
    "kafka-sasl-scram",
    "workers",
    "workload-template",
];

/// The broker inside pinload, as a driver file.
const EMBEDDED_DRIVER: &str = "\
# The broker inside pinload: nothing to install, and no measure of Kafka.
name: embedded
driverClass: pinload.driver.embedded
";

impl Shipped {
    /// The carried file with this name, with or without `.yaml`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".yaml").unwrap_or(name);
        EXAMPLES.into_iter().find(|example| example.name == name)
    }

    /// The question that it answers, from its first line.
    pub fn question(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        let told = first.strip_prefix("# Question: ").unwrap_or(first);
        told.find('?').map_or(told, |end| &told[..=end])
    }

    fn document(self) -> Result<YamlDocument, Problems> {
        YamlDocument::parse(&path_of(self.name), self.text)
    }
}

/// One that is surely carried.
fn shipped_file(name: &'static str) -> Shipped {
    Shipped::named(name).expect("the binary carries it")
}

/// What a run without a workload file runs: the simple workload, with what the command line sets.
pub fn workload(keys: &[KeySetting], unknown_keys_warn: bool) -> Result<WorkloadFile, Problems> {
    WorkloadFile::with(shipped_file("simple-workload").document()?, keys, unknown_keys_warn)
}

/// What `--embedded` means.
pub fn embedded_driver(
    keys: &[KeySetting],
    properties: &[PropertySetting],
    unknown_keys_warn: bool,
) -> Result<DriverFile, Problems> {
    let document = YamlDocument::parse(&path_of("embedded"), EMBEDDED_DRIVER)?;
    DriverFile::with(document, keys, properties, unknown_keys_warn)
}

/// What `--bootstrap` means: the shipped Kafka driver at this address, with the brokers' own defaults for topics.
pub fn kafka_driver(
    bootstrap: &str,
    keys: &[KeySetting],
    properties: &[PropertySetting],
    unknown_keys_warn: bool,
) -> Result<DriverFile, Problems> {
    let mut document = shipped_file("kafka-driver").document()?;
    document.set("replicationFactor", Value::from(-1));
    document.set("topicConfig", Value::from(""));
    document.set("commonConfig", Value::from(format!("bootstrap.servers={bootstrap}\n")));
    DriverFile::with(document, keys, properties, unknown_keys_warn)
}

/// Is this the path of a carried file?
pub fn is_built_in(path: &Path) -> bool {
    path.starts_with(FOLDER)
}

fn path_of(name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}.yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_examples_is_carried_and_says_its_question() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<_> = names.filter_map(|name| Some(name.strip_suffix(".yaml")?.to_owned())).collect();
        assert_eq!(EXAMPLES.iter().map(|example| example.name.to_owned()).collect::<BTreeSet<_>>(), there);
        assert!(EXAMPLES.iter().all(|example| example.question().ends_with(['?', '.'])));
    }

    #[test]
    fn what_a_run_without_files_means_is_sound() {
        let workload = workload(&[], false).unwrap();
        assert_eq!((workload.mistakes.len(), workload.base_name().as_str()), (0, "simple-workload"));
        assert!(is_built_in(&workload.path));
        let embedded = embedded_driver(&[], &[], false).unwrap();
        assert_eq!((embedded.mistakes, embedded.warnings), (vec![], vec![]));
        let kafka = kafka_driver("h:1", &[], &[], false).unwrap();
        assert_eq!((&kafka.mistakes, &kafka.warnings), (&vec![], &vec![]));
        assert_eq!((kafka.replication_factor, kafka.topic_config.len()), (Some(-1), 0));
        assert_eq!(kafka.common_config[0].value, "h:1");
        assert_eq!(kafka.base_name(), "kafka-driver");
        assert!(Shipped::named("kafka-driver.yaml").is_some_and(kafka_is));
    }

    fn kafka_is(file: Shipped) -> bool {
        file == EXAMPLES[8] && file.text.contains("bootstrap.servers=localhost:9092")
    }
}
