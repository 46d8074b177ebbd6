//! Arguments that stand for files: what is driven, and what holds over what files say.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use crate::config::workload::KeyDistributor;
use crate::config::{DriverFile, KeySetting, PropertySetting};
use crate::units::parse_size;
use clap::Args;
use serde_yaml::Value;
use std::path::PathBuf;

/// What a run takes from the command line in place of files, or over them.
#[derive(Debug, Clone, Args)]
pub struct StartArgs {
    /// A Kafka at this address instead of a driver file (a comma list of brokers)
    ///
    /// Clients get the Java client's defaults with acks=all and linger.ms=1 (see pinload examples kafka-driver), topics
    /// the brokers' own; --property changes them.
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["drivers", "embedded"])]
    pub bootstrap: Option<String>,

    /// Producers of each topic, instead of producersPerTopic
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub producers: Option<u32>,

    /// Consumers of each subscription, instead of consumerPerSubscription
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub consumers: Option<u32>,

    /// Consumer groups of each topic, each receives everything, instead of subscriptionsPerTopic
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub subscriptions: Option<u32>,

    /// Partitions of each topic, instead of partitionsPerTopic
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub partitions: Option<u32>,

    /// Bytes of each message's value, instead of messageSize (100, 1KiB, 1MiB)
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Load")]
    pub size: Option<u32>,

    /// Keys of messages, instead of keyDistributor
    #[arg(long, value_name = "HOW", value_parser = key_distributor, help_heading = "Load")]
    pub keys: Option<KeyDistributor>,

    /// Any other key of the workload files, or of the driver files (repeatable; topics=3, replicationFactor=3)
    #[arg(long, value_name = "KEY=VALUE", value_parser = KeySetting::parse, help_heading = "Load")]
    pub set: Vec<KeySetting>,

    /// A property of every client, or of producers, consumers or topics alone, over the driver files' (repeatable)
    ///
    /// Kafka's and librdkafka's names, as in driver files: acks=1, producer.linger.ms=5, consumer.fetch.min.bytes=1,
    /// topic.retention.ms=60000.
    #[arg(
        long,
        value_name = "[producer.|consumer.|topic.]NAME=VALUE",
        value_parser = PropertySetting::parse,
        help_heading = "Load"
    )]
    pub property: Vec<PropertySetting>,

    /// Write the workload and driver files that this command means into a folder, to run or change them later
    ///
    /// Driver files may hold passwords: nobody else may read them. A file that is there already and says something else
    /// is not replaced.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save: Option<PathBuf>,
}

impl StartArgs {
    /// Keys set over those of workload files.
    pub(super) fn workload_keys(&self) -> Vec<KeySetting> {
        let count = |option: &str, key: &str, value: Option<u32>| {
            value.map(|value| KeySetting { key: key.to_owned(), value: Value::from(value), option: option.to_owned() })
        };
        let keys = self.keys.map(|keys| KeySetting {
            key: "keyDistributor".to_owned(),
            value: Value::from(keys.name()),
            option: "--keys".to_owned(),
        });
        let own = [
            count("--producers", "producersPerTopic", self.producers),
            count("--consumers", "consumerPerSubscription", self.consumers),
            count("--subscriptions", "subscriptionsPerTopic", self.subscriptions),
            count("--partitions", "partitionsPerTopic", self.partitions),
            count("--size", "messageSize", self.size),
            keys,
        ];
        let others = self.set.iter().filter(|setting| !DriverFile::has_key(&setting.key)).cloned();
        own.into_iter().flatten().chain(others).collect()
    }

    /// Keys set over those of driver files.
    pub(super) fn driver_keys(&self) -> Vec<KeySetting> {
        self.set.iter().filter(|setting| DriverFile::has_key(&setting.key)).cloned().collect()
    }

    /// A key or a property that is set twice, and by which options.
    pub(super) fn twice(&self) -> Option<String> {
        let mut keys = self.workload_keys();
        keys.extend(self.driver_keys());
        let of_keys = keys.iter().enumerate().find_map(|(at, setting)| {
            let first = keys[..at].iter().find(|earlier| earlier.key == setting.key)?;
            Some(format!("{} is set twice: by {} and by {}", setting.key, first.option, setting.option))
        });
        let of_properties = self.property.iter().enumerate().find_map(|(at, setting)| {
            let same = |earlier: &&PropertySetting| earlier.option == setting.option;
            self.property[..at].iter().find(same).map(|_| format!("{} is given twice", setting.option))
        });
        of_keys.or(of_properties)
    }
}

fn key_distributor(text: &str) -> Result<KeyDistributor, String> {
    let names = KeyDistributor::ALL.map(KeyDistributor::name).join(", ");
    let named = |keys: &KeyDistributor| keys.name().eq_ignore_ascii_case(text);
    KeyDistributor::ALL.into_iter().find(named).ok_or_else(|| format!("write one of {names}"))
}
