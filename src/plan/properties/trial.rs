//! For the tests of this folder: properties from text, and librdkafka itself as the judge of what they become.

use super::{For, Refusal, Translated, TranslatedProperties, translate};
use crate::config::properties::WrittenProperty;
use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::BaseProducer;

/// One property a line, `name=value`, the value kept to its last blank.
pub(super) fn written(text: &str) -> Vec<WrittenProperty> {
    let line = |(index, line): (usize, &str)| {
        let (name, value) = line.trim_start().split_once('=')?;
        Some(WrittenProperty { name: name.to_owned(), value: value.to_owned(), line: Some(index + 1) })
    };
    text.split('\n').enumerate().filter_map(line).collect()
}

/// A translation that must succeed.
pub(super) fn translated(common: &str, own: &str, role: For, java: bool) -> TranslatedProperties {
    match translate(&written(common), &written(own), role, java) {
        Ok(properties) => properties,
        Err(refusals) => panic!("refused: {refusals:#?}"),
    }
}

/// A translation that must fail.
pub(super) fn refusals(common: &str, own: &str, role: For, java: bool) -> Vec<Refusal> {
    translate(&written(common), &written(own), role, java).expect_err("must be refused")
}

/// The single refusal's reason.
pub(super) fn refusal(own: &str, role: For, java: bool) -> String {
    let refusals = refusals("", own, role, java);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    refusals[0].to_string()
}

/// What became of the line with this name (its last).
pub(super) fn outcome<'a>(properties: &'a TranslatedProperties, name: &str) -> &'a Translated {
    &properties.lines.iter().rev().find(|line| line.name == name).expect("a line of this name").outcome
}

/// The reason of an ignored line.
pub(super) fn ignored<'a>(properties: &'a TranslatedProperties, name: &str) -> &'a str {
    match outcome(properties, name) {
        Translated::Ignored { why } => why,
        other => panic!("{name} is not ignored: {other:?}"),
    }
}

/// Has librdkafka set every name and value; no client is made.
pub(super) fn accepted(properties: &TranslatedProperties) -> Result<(), String> {
    let config: ClientConfig = properties.effective.iter().cloned().collect();
    config.create_native_config().map(drop).map_err(|error| error.to_string())
}

/// Has librdkafka make a client of them. Nothing listens at the address, and no time is given to find out.
pub(super) fn real_client(properties: &TranslatedProperties, role: For) -> Result<(), String> {
    let mut config: ClientConfig = properties.effective.iter().cloned().collect();
    config.set("bootstrap.servers", "127.0.0.1:1").set("log_level", "0");
    match role {
        For::Admin => config.create::<AdminClient<DefaultClientContext>>().map(drop),
        For::Producer => config.create::<BaseProducer>().map(drop),
        For::Consumer => config.set("group.id", "trial").create::<BaseConsumer>().map(drop),
    }
    .map_err(|error| error.to_string())
}
