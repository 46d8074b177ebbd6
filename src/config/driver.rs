//! The driver file as written: OMB's fields for Kafka (`DriverConfiguration` and the Kafka driver's `Config`), with the
//! four blocks of Java properties read line by line.

mod blocks;
mod dialect;

pub use dialect::{ClientLibrary, DriverClass};

use super::fields::{DocumentKind, FieldReader, ForeignKey};
use super::problem::{Problem, Problems};
use super::properties::{self, WrittenProperty};
use super::setting::{Block, KeySetting, PropertySetting};
use super::yaml::{YamlDocument, describe, scalar_text};
use blocks::{BLOCKS, text_block, text_for_others};
use dialect::{CLASSES, class, client};
use std::path::{Path, PathBuf};

/// A driver file as written.
#[derive(Debug, Clone)]
pub struct DriverFile {
    /// The path as given.
    pub path: PathBuf,
    /// `name`.
    pub name: Option<String>,
    /// `driverClass`, understood; None when missing or refused (then `mistakes` says so).
    pub class: Option<DriverClass>,
    /// `driverClass` as written.
    pub class_name: String,
    /// `client`, or what `driverClass` says; None: neither says anything.
    pub client: Option<ClientLibrary>,
    /// `replicationFactor`; −1: the broker's default.
    pub replication_factor: Option<i16>,
    /// `topicConfig`.
    pub topic_config: Vec<WrittenProperty>,
    /// `commonConfig`.
    pub common_config: Vec<WrittenProperty>,
    /// `producerConfig`.
    pub producer_config: Vec<WrittenProperty>,
    /// `consumerConfig`.
    pub consumer_config: Vec<WrittenProperty>,
    /// Mistakes of form; `plan::resolve` refuses the file for them.
    pub mistakes: Vec<Problem>,
    /// What the user should know.
    pub warnings: Vec<Problem>,
    /// The file's text for workers that read it themselves: as written, or anew where OMB's workers would not read
    /// that, or where the command line set something.
    pub text: String,
    /// The file's text as written, whatever the command line set.
    pub written: String,
    /// What the command line set over the file.
    pub keys_set: Vec<KeySetting>,
    /// The same of properties.
    pub properties_set: Vec<PropertySetting>,
    lines: Vec<(String, Option<usize>)>,
}

const KIND: DocumentKind = DocumentKind {
    name: "driver file",
    known: &[
        "name",
        "driverClass",
        "client",
        "replicationFactor",
        "topicConfig",
        "commonConfig",
        "producerConfig",
        "consumerConfig",
        "reset",
    ],
    foreign: &[ForeignKey { name: "requestsPerTransaction", what: "transactions are not built" }],
    other: &["topics", "partitionsPerTopic", "messageSize", "producersPerTopic", "producerRate", "testDurationMinutes"],
    other_remedy: "it looks like a workload file; workload files are given without -d",
};

impl DriverFile {
    /// A driver file's document with keys and properties set over its own. Error: it is of the other kind; all other
    /// mistakes are in `mistakes`, which `plan::resolve` reports together with its own, those in what was set without
    /// a line. `unknown_keys_warn`: unknown keys are warnings.
    pub fn with(
        mut document: YamlDocument,
        keys: &[KeySetting],
        properties: &[PropertySetting],
        unknown_keys_warn: bool,
    ) -> Result<Self, Problems> {
        let written = document.text.clone();
        keys.iter().for_each(|setting| document.set(&setting.key, setting.value.clone()));
        let mut file = Self { written, ..Self::of(&document, unknown_keys_warn)? };
        let (common, narrow): (Vec<_>, Vec<_>) = properties.iter().partition(|setting| setting.block == Block::Common);
        for setting in common.into_iter().chain(narrow) {
            file.set_property(&mut document, setting);
        }
        file.text = text_for_others(&document);
        file.keys_set = keys.to_vec();
        file.properties_set = properties.to_vec();
        Ok(file)
    }

    /// Is this a key of driver files, and only of these?
    pub fn has_key(key: &str) -> bool {
        key != "name" && KIND.known.contains(&key)
    }

    /// A property set for all clients holds over what the file says for producers or consumers alone.
    fn set_property(&mut self, document: &mut YamlDocument, setting: &PropertySetting) {
        let PropertySetting { block, name, value, .. } = setting;
        let narrower: &[Block] = if *block == Block::Common { &[Block::Producer, Block::Consumer] } else { &[] };
        for other in narrower {
            let written = self.block_mut(*other);
            if written.iter().any(|property| property.name == *name) {
                written.retain(|property| property.name != *name);
                document.set(other.key(), properties::text(written).into());
            }
        }
        let written = self.block_mut(*block);
        written.retain(|property| property.name != *name);
        written.push(WrittenProperty { name: name.clone(), value: value.clone(), line: None });
        document.set(block.key(), properties::text(written).into());
        if !self.has(block.key()) {
            self.lines.push((block.key().to_owned(), None));
            let missing = |problem: &Problem| problem.key.as_deref() == Some(block.key()) && problem.line.is_none();
            self.warnings.retain(|problem| !missing(problem));
        }
    }

    fn block_mut(&mut self, block: Block) -> &mut Vec<WrittenProperty> {
        match block {
            Block::Topic => &mut self.topic_config,
            Block::Common => &mut self.common_config,
            Block::Producer => &mut self.producer_config,
            Block::Consumer => &mut self.consumer_config,
        }
    }

    /// The same from text that came over a network: nothing is filled in, this environment is no business of its
    /// sender's. `path` names the file.
    pub fn parse(path: &Path, text: &str, unknown_keys_warn: bool) -> Result<Self, Problems> {
        YamlDocument::parse(path, text).and_then(|document| Self::of(&document, unknown_keys_warn))
    }

    fn of(document: &YamlDocument, unknown_keys_warn: bool) -> Result<Self, Problems> {
        KIND.check(document)?;
        let mut fields = FieldReader::new(document);
        fields.check_keys(&KIND, unknown_keys_warn);
        let class_name = fields.text("driverClass", CLASSES[0].0).unwrap_or_default();
        let class = class(&mut fields, class_name.trim(), unknown_keys_warn);
        let mut block = |key| text_block(&mut fields, key, class);
        let [topic_config, common_config, producer_config, consumer_config] = BLOCKS.map(&mut block);
        let name = fields.text("name", "Kafka");
        let client = client(&mut fields, class);
        let replication_factor = replication_factor(&mut fields, class);
        if fields.flag("reset") == Some(true) {
            fields.warning(
                "reset",
                "nothing is reset: pinload deletes only the topics that its own run made (Redpanda's driver deletes \
                 all that begin with test-topic, AutoMQ's all topics; OMB dropped the key in 2022)",
            );
        }
        let FieldReader { mut mistakes, mut warnings, .. } = fields;
        mistakes.sort_by_key(|problem| problem.line);
        warnings.sort_by_key(|problem| problem.line);
        Ok(Self {
            path: document.path.clone(),
            name,
            class,
            class_name,
            client,
            replication_factor,
            topic_config,
            common_config,
            producer_config,
            consumer_config,
            mistakes,
            warnings,
            text: text_for_others(document),
            written: document.text.clone(),
            keys_set: Vec::new(),
            properties_set: Vec::new(),
            lines: document.entries.iter().map(|entry| (entry.key.clone(), entry.line)).collect(),
        })
    }

    /// The line of a key, counted from 1, where it is written and known.
    pub fn line(&self, key: &str) -> Option<usize> {
        self.lines.iter().find(|(name, _)| name == key).and_then(|(_, line)| *line)
    }

    /// Is this key written?
    pub fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|(name, _)| name == key)
    }

    /// The file's name up to its last dot.
    pub fn base_name(&self) -> String {
        super::workload::base_name(&self.path)
    }
}

fn replication_factor(fields: &mut FieldReader<'_>, class: Option<DriverClass>) -> Option<i16> {
    const KEY: &str = "replicationFactor";
    let entry = fields.document.get(KEY).filter(|entry| !entry.value.is_null());
    let Some(entry) = entry else {
        if class.is_some_and(|class| !matches!(class, DriverClass::Null | DriverClass::Embedded)) {
            fields.warning(KEY, "is missing: the broker's default.replication.factor is used (the same as -1)");
        }
        return None;
    };
    let text = scalar_text(&entry.value).unwrap_or_default();
    match text.trim().replace('_', "").parse::<i16>() {
        Ok(factor) if factor == -1 || factor > 0 => Some(factor),
        _ => {
            let what = describe(&entry.value);
            fields.mistake(
                KEY,
                format!(
                    "{what} is no number of copies; write 1, 3, … (at most one for each broker) or -1 for the \
                    broker's default"
                ),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
