//! The driver file as written: OMB's fields for Kafka (`DriverConfiguration` and the Kafka driver's `Config`), with the
//! four blocks of Java properties read line by line.

use super::fields::{DocumentKind, FieldReader, ForeignKey, nearest};
use super::problem::{Problem, Problems};
use super::properties::{self, WrittenProperty};
use super::setting::{Block, KeySetting, PropertySetting};
use super::yaml::{Entry, Source, Style, YamlDocument, describe, scalar_text};
use serde_yaml::{Mapping, Value};
use std::path::{Path, PathBuf};

/// Whose dialect the file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverClass {
    /// OMB's Java driver (or Redpanda's): Java client defaults, `producerRate` is the total.
    Java,
    /// The guide's Python driver: librdkafka defaults, `producerRate` is each producer's.
    Python,
    /// The broker inside pinload.
    Embedded,
    /// pinload's own: librdkafka's names and defaults, and the wire driver.
    Wire,
    /// No messaging system at all: measures the generator itself.
    Null,
}

/// What a client of Kafka is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientLibrary {
    /// librdkafka: what a client sees.
    #[default]
    Librdkafka,
    /// Kafka's protocol written by pinload itself: what the broker can do.
    Wire,
}

impl ClientLibrary {
    /// Is it librdkafka?
    pub fn is_librdkafka(&self) -> bool {
        *self == Self::Librdkafka
    }
}

/// Each accepted `driverClass`.
const CLASSES: [(&str, DriverClass); 10] = [
    ("io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver", DriverClass::Java),
    ("io.openmessaging.benchmark.driver.redpanda.RedpandaBenchmarkDriver", DriverClass::Java),
    ("io.openmessaging.benchmark.driver.redpanda.swarm.RedpandaBenchmarkDriver", DriverClass::Java),
    (REDPANDA_TX, DriverClass::Java),
    ("benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver", DriverClass::Python),
    ("benchmark.drivers.kafka.kafka_benchmark_driver.KafkaBenchmarkDriver", DriverClass::Python),
    ("pinload.driver.embedded", DriverClass::Embedded),
    ("pinload.wire", DriverClass::Wire),
    ("pinload.driver.null", DriverClass::Null),
    ("null", DriverClass::Null),
];

const REDPANDA_TX: &str = "io.openmessaging.benchmark.driver.redpanda.tx.RedpandaBenchmarkDriver";

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
    /// Reads a driver file, `${NAME}` filled in from the environment. Error: it cannot be read as YAML at all or is of
    /// the other kind; all other mistakes are in `mistakes`, which `plan::resolve` reports together with its own.
    /// `unknown_keys_warn`: unknown keys are warnings.
    pub fn read(path: &Path, unknown_keys_warn: bool) -> Result<Self, Problems> {
        Self::with(YamlDocument::read_filled(path)?, &[], &[], unknown_keys_warn)
    }

    /// Sets keys and properties over those of a document. The mistakes in them have no line.
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

fn class(fields: &mut FieldReader<'_>, name: &str, warn: bool) -> Option<DriverClass> {
    let accepted = || CLASSES.map(|(name, _)| name).join(", ");
    let wrong = fields.mistakes.iter().any(|mistake| mistake.key.as_deref() == Some("driverClass"));
    if name.is_empty() && (wrong || fields.misspelt.contains(&"driverClass")) {
        return None;
    }
    if name.is_empty() {
        let present = fields.document.get("driverClass").is_some_and(|entry| entry.value.is_null());
        let what = if present { "is empty" } else { "is missing" };
        // YAML reads a bare `null` as nothing.
        fields.mistake("driverClass", format!("{what}; write one of {} (the last in quotes)", accepted()));
        return None;
    }
    let found = CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class);
    if found.is_none() {
        // The names are long and alike: another system's class is no misspelt one of ours.
        let ours = ["kafka", "redpanda", "embedded", "null"].iter().any(|system| name.to_lowercase().contains(system));
        let near = nearest(name, CLASSES.iter().map(|(name, _)| *name)).filter(|_| ours);
        let remedy = match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("pinload drives Kafka; write one of {}", accepted()),
        };
        fields.mistake("driverClass", format!("{name} is no driver of pinload; {remedy}"));
    }
    if name == REDPANDA_TX && warn {
        fields.warning("driverClass", "transactions are not built: messages are sent without");
    } else if name == REDPANDA_TX {
        fields.mistake("driverClass", format!("transactions are not built: write {} to send without", CLASSES[1].0));
    }
    found
}

/// `client: wire`, which `driverClass: pinload.wire` means too.
fn client(fields: &mut FieldReader<'_>, class: Option<DriverClass>) -> Option<ClientLibrary> {
    let of_class = (class == Some(DriverClass::Wire)).then_some(ClientLibrary::Wire);
    let Some(text) = fields.text("client", "wire") else { return of_class };
    let named = match text.trim() {
        "wire" => Some(ClientLibrary::Wire),
        "librdkafka" => Some(ClientLibrary::Librdkafka),
        other => {
            let what = format!("{other} is no client of pinload; write client: wire or client: librdkafka");
            fields.mistake("client", what);
            None
        }
    };
    match (class, named) {
        (Some(DriverClass::Wire), Some(ClientLibrary::Librdkafka)) => {
            fields.mistake("client", "is librdkafka, and driverClass is pinload.wire: leave one of them out");
        }
        (Some(DriverClass::Null), Some(_)) => fields.mistake("client", "the null driver has no client: leave it out"),
        _ => {}
    }
    named
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

/// The four blocks of Java properties.
const BLOCKS: [&str; 4] = ["topicConfig", "commonConfig", "producerConfig", "consumerConfig"];

/// One of the four blocks. Missing is empty; OMB would fail, which a user of OMB may want to know.
fn text_block(fields: &mut FieldReader<'_>, key: &str, class: Option<DriverClass>) -> Vec<WrittenProperty> {
    let Some(entry) = fields.document.get(key) else {
        if class == Some(DriverClass::Java) {
            fields.warning(key, "is missing and taken as empty; OMB itself needs it (write an empty text: \"\")");
        }
        return Vec::new();
    };
    let text = match &entry.value {
        Value::Null => return Vec::new(),
        Value::String(text) => text.clone(),
        Value::Mapping(mapping) => return mapped_block(fields, key, mapping, class),
        other => {
            let what = describe(other);
            fields.mistake(
                key,
                format!("{what} is no properties text; write `{key}: |` and below it indented lines name=value"),
            );
            return Vec::new();
        }
    };
    let source = fields.document.source(key);
    let literal = source.as_ref().filter(|source| source.style == Style::Literal).map(|source| source.first_line);
    let key_line = entry.line;
    let line_of = |line: usize| literal.map(|first| first + line - 1).or(key_line);
    let read = properties::parse(&text, line_of);
    if let Some(lines) = source.as_ref().and_then(folded).filter(|lines| read.properties.len() < *lines) {
        fields.mistake(
            key,
            format!(
                "its {lines} lines are folded into one, so that only {} would be read; write `{key}: |` (with a bar) \
                 and the lines below it",
                read.properties.first().map_or("a comment", |first| first.name.as_str())
            ),
        );
        return Vec::new();
    }
    let path = &fields.document.path;
    fields.mistakes.extend(read.mistakes.into_iter().map(|(line, what)| Problem::of_key(path, line, key, what)));
    fields.warnings.extend(
        read.warnings.into_iter().map(|(line, name, what)| Problem::of_key(path, line, key, format!("{name} {what}"))),
    );
    read.properties
}

/// A block as a YAML mapping of names to values, which says the same: the Python port's files have it.
fn mapped_block(
    fields: &mut FieldReader<'_>,
    key: &str,
    mapping: &Mapping,
    class: Option<DriverClass>,
) -> Vec<WrittenProperty> {
    if class == Some(DriverClass::Java) {
        fields.warning(key, "is a mapping, which OMB itself does not read: it wants lines name=value (with a bar)");
    }
    let source = fields.document.source(key);
    let key_line = fields.document.line(key);
    let mut written = Vec::with_capacity(mapping.len());
    for (name, value) in mapping {
        let name = scalar_text(name).unwrap_or_default();
        let of_name = |line: &String| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            line.strip_prefix(&name)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        };
        let line = source.as_ref().and_then(|source| {
            let below = source.below.iter().position(of_name)?;
            Some(source.first_line + below)
        });
        let line = line.or(key_line);
        match property_text(value).filter(|_| !name.is_empty()) {
            Some(value) => written.push(WrittenProperty { name, value, line }),
            None => {
                let what = format!("{name} has {}, no text; write name: value", describe(value));
                fields.mistakes.push(Problem::of_key(&fields.document.path, line, key, what));
            }
        }
    }
    written
}

/// A value of a mapping as a property has it: a list is what Java writes with commas.
fn property_text(value: &Value) -> Option<String> {
    match value {
        Value::Sequence(items) => Some(items.iter().map(scalar_text).collect::<Option<Vec<_>>>()?.join(",")),
        other => scalar_text(other),
    }
}

/// The text that OMB's workers are sent: they fill in nothing from their environment and read no mappings.
fn text_for_others(document: &YamlDocument) -> String {
    let is_mapping = |key: &str| document.get(key).is_some_and(|entry| entry.value.is_mapping());
    if !document.filled && !BLOCKS.into_iter().any(is_mapping) {
        return document.text.clone();
    }
    let plain = |entry: &Entry| {
        let value = match &entry.value {
            Value::Mapping(mapping) if BLOCKS.contains(&entry.key.as_str()) => {
                let line = |(name, value): (&Value, &Value)| {
                    let [name, value] = [scalar_text(name), property_text(value)].map(|text| text.unwrap_or_default());
                    format!("{}={}\n", properties::escaped(&name, true), properties::escaped(&value, false))
                };
                Value::String(mapping.iter().map(line).collect())
            }
            other => other.clone(),
        };
        (Value::from(entry.key.as_str()), value)
    };
    let mapping: Mapping = document.entries.iter().map(plain).collect();
    serde_yaml::to_string(&mapping).unwrap_or_else(|_| document.text.clone())
}

/// How many lines of a folded text look like properties of their own (continuation lines do not count); None: nothing
/// is folded.
fn folded(source: &Source) -> Option<usize> {
    if source.style == Style::Literal {
        return None;
    }
    let mut count = usize::from(source.style == Style::Flow && properties::looks_like_property(&source.beside));
    let mut continues = false;
    for line in &source.below {
        let comment = line.trim_start().starts_with('#') && source.style == Style::Flow;
        count += usize::from(!continues && !comment && properties::looks_like_property(line));
        continues = line.trim_end().ends_with('\\');
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAVA: &str = "io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver";

    fn fixture(name: &str) -> DriverFile {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drivers").join(name);
        DriverFile::read(&path, false).unwrap()
    }
    fn parse(text: &str) -> DriverFile {
        DriverFile::parse(Path::new("d.yaml"), text, false).unwrap()
    }
    fn with(rest: &str) -> DriverFile {
        parse(&format!("driverClass: {JAVA}\n{rest}"))
    }
    fn texts(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }
    fn written(properties: &[WrittenProperty]) -> Vec<(&str, &str, Option<usize>)> {
        properties.iter().map(|property| (property.name.as_str(), property.value.as_str(), property.line)).collect()
    }

    #[test]
    fn the_driver_recorded_with_omb_is_read_whole_with_lines() {
        let file = fixture("omb-kafka.yaml");
        assert_eq!((texts(&file.mistakes), texts(&file.warnings)), (vec![], vec![]));
        assert_eq!((file.name.as_deref(), file.class), (Some("Kafka"), Some(DriverClass::Java)));
        assert_eq!(file.replication_factor, Some(1));
        assert_eq!(written(&file.topic_config), [("min.insync.replicas", "1", Some(5))]);
        assert_eq!(written(&file.common_config), [("bootstrap.servers", "127.0.0.1:9092", Some(7))]);
        let producer = [("acks", "all", Some(9)), ("linger.ms", "1", Some(10)), ("batch.size", "131072", Some(11))];
        assert_eq!(written(&file.producer_config), producer);
        assert_eq!(file.consumer_config.len(), 2);
        assert_eq!(file.base_name(), "omb-kafka");
    }

    #[test]
    fn the_guides_driver_is_read() {
        let file = fixture("guide-kafka.yaml");
        assert_eq!((texts(&file.mistakes), texts(&file.warnings)), (vec![], vec![]));
        assert_eq!((file.class, file.replication_factor), (Some(DriverClass::Python), Some(3)));
        assert_eq!(file.topic_config, []);
        assert_eq!(file.producer_config.len(), 3);
    }

    #[test]
    fn driver_classes_are_accepted_or_refused_by_name() {
        for (name, class) in CLASSES {
            assert_eq!(parse(&format!("driverClass: \"{name}\"")).class, Some(class));
        }
        let pulsar = parse("driverClass: io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver");
        assert_eq!(pulsar.class, None);
        assert_eq!(pulsar.mistakes[0].line, Some(1));
        let slip = parse("driverClass: io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDrivr");
        assert!(slip.mistakes[0].what.ends_with(&format!("did you mean {JAVA}?")), "{:?}", slip.mistakes);
        for missing in ["name: x", "driverClass:", "driverClass: null"] {
            let mistakes = parse(missing).mistakes;
            assert!(mistakes[0].what.contains("pinload.driver.null"), "{missing}: {mistakes:?}");
        }
    }

    #[test]
    fn folded_properties_are_a_mistake_and_single_ones_are_not() {
        let three = "topicConfig: ''\ncommonConfig: ''\nreplicationFactor: 1\n";
        for block in [
            "producerConfig: >\n  acks=all\n  linger.ms=1\n",
            "producerConfig:\n  acks=all\n  linger.ms=1\n",
            "producerConfig: acks=all\n  linger.ms=1\n",
            "producerConfig: \"acks=all\n  linger.ms=1\"\n",
        ] {
            let file = with(&format!("{three}{block}consumerConfig: ''\n"));
            assert_eq!(file.mistakes.len(), 1, "{block}");
            assert_eq!(file.mistakes[0].line, Some(5), "{block}");
            assert!(file.mistakes[0].what.contains("2 lines are folded into one, so that only acks"), "{block}");
        }
        for block in [
            "producerConfig: >\n  acks=all\n",
            "producerConfig: acks=all\n",
            "producerConfig: >\n  acks=all\n\n  linger.ms=1\n",
            "producerConfig: \"acks=all\\nlinger.ms=1\"\n",
        ] {
            let file = with(&format!("{three}{block}consumerConfig: ''\n"));
            assert_eq!(texts(&file.mistakes), Vec::<String>::new(), "{block}");
            assert_eq!(file.producer_config[0].line, Some(5));
        }
    }

    #[test]
    fn a_mapping_in_place_of_a_text_is_read_with_its_lines_and_goes_to_others_as_a_text() {
        let file = parse(&format!(
            "driverClass: {JAVA}\ncommonConfig:\n  # where\n  \"bootstrap.servers\": [localhost:9092, other:9092]\n  \
             client.id:\n  linger.ms: 1\ntopicConfig: {{min.insync.replicas: 2}}\n"
        ));
        assert_eq!(texts(&file.mistakes), Vec::<String>::new());
        let common = [
            ("bootstrap.servers", "localhost:9092,other:9092", Some(4)),
            ("client.id", "", Some(5)),
            ("linger.ms", "1", Some(6)),
        ];
        assert_eq!(written(&file.common_config), common);
        assert_eq!(written(&file.topic_config), [("min.insync.replicas", "2", Some(7))]);
        assert!(
            texts(&file.warnings).iter().any(|warning| warning.starts_with("d.yaml:2: commonConfig: is a mapping"))
        );
        let again = parse(&file.text);
        assert_eq!((again.common_config.len(), &again.common_config[0].value), (3, &file.common_config[0].value));
        assert!(file.text.contains("commonConfig: |"), "{}", file.text);
        let nested = with("commonConfig:\n  bootstrap:\n    servers: a:1\n");
        assert!(
            texts(&nested.mistakes)[0].starts_with("d.yaml:3: commonConfig: bootstrap has a mapping"),
            "{:?}",
            nested.mistakes
        );
        let list = with("commonConfig: [a=1]\n");
        assert!(texts(&list.mistakes)[0].starts_with("d.yaml:2: commonConfig: a list is no properties text; write"));
    }

    #[test]
    fn what_is_filled_in_from_the_environment_is_in_the_text_for_others_too() {
        let variable = |name: &str| (name == "HOST").then(|| "h:1".to_owned());
        let text = format!(
            "driverClass: {JAVA}\nreplicationFactor: ${{COPIES:-3}}\n\
             commonConfig: |\n  # ${{UNSET}}\n  bootstrap.servers=${{HOST}}\n  sasl.jaas.config=x \
             username=\"$ConnectionString\";\n  client.id=${{NONE}}\n"
        );
        let of = |text: &str| {
            let document = YamlDocument::parse_with(Path::new("d.yaml"), text, Some(&variable)).unwrap();
            DriverFile::of(&document, false).unwrap()
        };
        let unset = of(&text);
        assert_eq!(unset.mistakes.len(), 1, "{:?}", unset.mistakes);
        assert_eq!((unset.mistakes[0].line, unset.mistakes[0].key.as_deref()), (Some(7), Some("commonConfig")));
        let file = of(&text.replace("${NONE}", "${NONE:-me}"));
        assert_eq!((texts(&file.mistakes), file.replication_factor), (vec![], Some(3)));
        let jaas = "x username=\"$ConnectionString\";";
        let common =
            [("bootstrap.servers", "h:1", Some(5)), ("sasl.jaas.config", jaas, Some(6)), ("client.id", "me", Some(7))];
        assert_eq!(written(&file.common_config), common);
        let again = parse(&file.text);
        assert_eq!((again.replication_factor, again.common_config.len()), (Some(3), 3), "{}", file.text);
        assert_eq!(again.common_config[0].value, "h:1");
    }

    #[test]
    fn replication_factors_are_one_or_more_or_minus_one() {
        for (text, expected) in [("1", Some(1)), ("'3'", Some(3)), ("-1", Some(-1))] {
            assert_eq!(with(&format!("replicationFactor: {text}")).replication_factor, expected);
        }
        for text in ["0", "-2", "1.5", "many", "[1]", "40000"] {
            let file = with(&format!("replicationFactor: {text}"));
            assert_eq!((file.replication_factor, file.mistakes[0].line), (None, Some(2)), "{text}");
        }
    }

    #[test]
    fn what_omb_would_not_survive_is_warned_of() {
        let warnings = texts(&with("replicationFactor: 1\n").warnings);
        assert_eq!(warnings.len(), 4, "{warnings:?}");
        assert!(warnings.iter().any(|warning| warning.starts_with("d.yaml: topicConfig: is missing")));
    }

    #[test]
    fn a_reset_is_warned_of_and_no_reset_is_no_matter() {
        let file = with("reset: true\nrequestsPerTransaction: 10\n");
        assert_eq!(file.mistakes.len(), 1, "{:?}", file.mistakes);
        assert!(
            texts(&file.warnings)
                .iter()
                .any(|warning| warning.starts_with("d.yaml:2: reset: nothing is reset: pinload deletes only")),
            "{:?}",
            file.warnings
        );
        let without = with("reset: false\n");
        assert!(
            without.mistakes.is_empty() && !texts(&without.warnings).iter().any(|warning| warning.contains("reset"))
        );
        assert_eq!(with("reset: maybe\n").mistakes.len(), 1);
    }

    #[test]
    fn mistakes_inside_a_block_have_their_own_line() {
        let file = with("producerConfig: |\n  acks=all\n  =1\n  # note\n  acks=1\n");
        assert_eq!(file.mistakes[0].line, Some(4));
        assert!(texts(&file.warnings).contains(
            &"d.yaml:6: producerConfig: acks is written twice (line 3); the last one holds, as in Java".to_owned()
        ));
    }

    #[test]
    fn a_misspelt_class_is_guessed_and_another_systems_is_not() {
        let of = |class: &str| parse(&format!("driverClass: {class}\n")).mistakes[0].what.clone();
        let misspelt = of("io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDrive");
        assert!(
            misspelt.ends_with("did you mean io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver?"),
            "{misspelt}"
        );
        let pulsar = of("io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver");
        assert!(pulsar.contains("pinload drives Kafka; write one of"), "{pulsar}");
        let texts: Vec<_> = parse("driverclass: x\n").mistakes.iter().map(ToString::to_string).collect();
        assert!(texts.iter().all(|text| !text.contains("is missing")), "{texts:?}");
    }

    #[test]
    fn a_workload_file_given_as_a_driver_is_recognised() {
        let text = "topics: 1\npartitionsPerTopic: 1\n";
        let found = DriverFile::parse(Path::new("d.yaml"), text, false).unwrap_err().to_string();
        assert_eq!(
            found,
            "d.yaml: is no driver file: it looks like a workload file; workload files are given without -d"
        );
    }

    #[test]
    fn settings_hold_over_the_file_and_its_text_says_what_holds() {
        let document = |text: &str| YamlDocument::parse(Path::new("d.yaml"), text).unwrap();
        let set = |keys: &[&str], properties: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|text| KeySetting::parse(text).unwrap()).collect();
            let properties: Vec<_> = properties.iter().map(|text| PropertySetting::parse(text).unwrap()).collect();
            let text =
                format!("driverClass: {JAVA}\nreplicationFactor: 1\nproducerConfig: |\n  acks=all\n  linger.ms=1\n");
            DriverFile::with(document(&text), &keys, &properties, false).unwrap()
        };
        let file = set(&["replicationFactor=3"], &["producer.linger.ms=9", "bootstrap.servers=h:1"]);
        assert_eq!(file.replication_factor, Some(3));
        assert_eq!(written(&file.producer_config), [("acks", "all", Some(4)), ("linger.ms", "9", None)]);
        assert_eq!(written(&file.common_config), [("bootstrap.servers", "h:1", None)]);
        assert!(file.has("commonConfig") && !file.has("topicConfig"));
        assert!(texts(&file.warnings).iter().all(|warning| !warning.contains("commonConfig")));
        let again = DriverFile::with(document(&file.text), &[], &[], false).unwrap();
        assert_eq!(again.replication_factor, Some(3));
        assert_eq!(again.producer_config.len(), 2);
        assert_eq!(written(&again.common_config)[0].1, "h:1");
        let all = set(&[], &["producer.linger.ms=9", "acks=1", "linger.ms=7"]);
        assert_eq!(written(&all.producer_config), [("linger.ms", "9", None)]);
        assert_eq!(written(&all.common_config), [("acks", "1", None), ("linger.ms", "7", None)]);
        assert!(!all.text.contains("acks=all"), "{}", all.text);
        let wrong = set(&["replicationFactor=many"], &[]);
        assert_eq!((wrong.mistakes[0].line, wrong.mistakes[0].key.as_deref()), (None, Some("replicationFactor")));
    }
}
