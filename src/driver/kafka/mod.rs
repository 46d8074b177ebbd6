//! Kafka through librdkafka: client set-up, admin, produce, consume, embedded broker.
//!
//! rust-rdkafka owns the client handles; raw calls live in `native` only.

pub mod admin;
mod connect;
pub mod consumer;
pub mod embedded;
mod fetch_queue;
pub mod helper;
mod native;
pub mod producer;
mod sticky;
mod watch;

pub use consumer::{KafkaConsumer, Receiving};
pub use producer::KafkaProducer;

/// librdkafka's version and the features it was built with, for `--version` and results.
pub fn library() -> (String, Vec<String>) {
    let (_, version) = rdkafka::util::get_rdkafka_version();
    let features = rdkafka::ClientConfig::new()
        .create_native_config()
        .and_then(|config| config.get("builtin.features"))
        .unwrap_or_default();
    (version, features.split(',').map(|feature| feature.trim().to_owned()).filter(|f| !f.is_empty()).collect())
}

#[cfg(test)]
mod tests;
