//! Typed reading of a document's keys as Jackson reads them (quoted numbers, `1_000`), collecting every mistake on the
//! way. Unknown keys are mistakes too, or warnings when the user says so.

use super::problem::Problem;
use super::yaml::{YamlDocument, describe, scalar_text};
use serde_yaml::Value;

/// A key that pinload knows and does not have: OMB or one of its forks has or had it.
#[derive(Debug, Clone, Copy)]
pub struct ForeignKey {
    /// The key.
    pub name: &'static str,
    /// Whose it is, why it is not there, what to do instead.
    pub what: &'static str,
}

/// What kind of file is read: its keys, and the keys it is known for not to have.
#[derive(Debug, Clone, Copy)]
pub struct DocumentKind {
    /// "workload file", "driver file".
    pub name: &'static str,
    /// Keys it has.
    pub known: &'static [&'static str],
    /// Keys of OMB's forks.
    pub foreign: &'static [ForeignKey],
    /// Keys of the other kind of file, and what to do when one is found.
    pub other: &'static [&'static str],
    /// The remedy for a file of the other kind.
    pub other_remedy: &'static str,
}

/// Reads the keys of one document.
#[derive(Debug)]
pub struct FieldReader<'a> {
    /// The document.
    pub document: &'a YamlDocument,
    /// Mistakes so far.
    pub mistakes: Vec<Problem>,
    /// Warnings so far.
    pub warnings: Vec<Problem>,
    /// Known keys that unknown ones were probably meant to be: they are not missing, they are misspelt.
    pub misspelt: Vec<&'static str>,
}

impl<'a> FieldReader<'a> {
    /// Begins with the mistakes of the document itself.
    pub fn new(document: &'a YamlDocument) -> Self {
        let warnings = document.left_out.iter().cloned().collect();
        Self { document, mistakes: document.mistakes.clone(), warnings, misspelt: Vec::new() }
    }

    /// Notes a mistake about a key.
    pub fn mistake(&mut self, key: &str, what: impl Into<String>) {
        let problem = Problem::of_key(&self.document.path, self.document.line(key), key, what);
        self.mistakes.push(problem);
    }

    /// Notes a warning about a key.
    pub fn warning(&mut self, key: &str, what: impl Into<String>) {
        let problem = Problem::of_key(&self.document.path, self.document.line(key), key, what);
        self.warnings.push(problem);
    }

    /// The value of a key; None when the key or its value is missing.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.document.get(key).map(|entry| &entry.value).filter(|value| !value.is_null())
    }

    fn number(&mut self, key: &str, example: &str) -> Option<f64> {
        let value = self.value(key)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        };
        let finite = number.filter(|number: &f64| number.is_finite());
        if finite.is_none() {
            self.mistake(key, format!("{} is not a number; write {key}: {example}", describe(value)));
        }
        finite
    }

    /// A whole number from 0 to 4,294,967,295.
    pub fn count(&mut self, key: &str, example: &str) -> Option<u32> {
        let number = self.number(key, example)?;
        if number < 0.0 {
            self.negative(key, number, example);
        } else if number.fract() != 0.0 {
            self.mistake(key, format!("{number} is not a whole number; write {key}: {example}"));
        } else if number > f64::from(u32::MAX) {
            self.mistake(key, format!("{number} is too large; write {key}: {example}"));
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the branches above leave whole numbers from 0 to u32::MAX"
            )]
            return Some(number as u32);
        }
        None
    }

    /// A number from 0 on, fractions allowed.
    pub fn amount(&mut self, key: &str, example: &str) -> Option<f64> {
        let number = self.number(key, example)?;
        if number < 0.0 {
            self.negative(key, number, example);
            return None;
        }
        Some(number)
    }

    /// Negative numbers that people write mean something to them: the words say how that is written.
    fn negative(&mut self, key: &str, number: f64, example: &str) {
        let instead = INSTEAD_OF_NEGATIVE.iter().find(|(name, _)| *name == key).map(|(_, instead)| *instead);
        let remedy = instead.map_or_else(|| format!("write {key}: {example}"), str::to_owned);
        self.mistake(key, format!("{number} is negative; {remedy}"));
    }

    /// A number of any sign, fractions allowed.
    pub fn signed_amount(&mut self, key: &str, example: &str) -> Option<f64> {
        self.number(key, example)
    }

    /// A time in minutes, fractions allowed; 0 and less have a meaning. At most ten years, so that no later arithmetic
    /// overflows.
    pub fn minutes(&mut self, key: &str, example: &str) -> Option<f64> {
        const TEN_YEARS: f64 = 10.0 * 366.0 * 24.0 * 60.0;
        let number = self.number(key, example)?;
        if number > TEN_YEARS {
            self.mistake(key, format!("{number} minutes is more than ten years; write {key}: {example}"));
            return None;
        }
        Some(number)
    }

    /// `true` or `false`, quoted or not.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let text = scalar_text(value).map(|text| text.trim().to_ascii_lowercase());
        match text.as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                self.mistake(key, format!("{} is neither true nor false; write {key}: true or false", describe(value)));
                None
            }
        }
    }

    /// A text; numbers and flags are taken as the text they are written as.
    pub fn text(&mut self, key: &str, example: &str) -> Option<String> {
        let value = self.value(key)?;
        let text = scalar_text(value);
        if text.is_none() {
            self.mistake(key, format!("{} is not a text; write {key}: {example}", describe(value)));
        }
        text
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, key: &str, example: &str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let texts = match value {
            Value::Sequence(items) => items.iter().map(scalar_text).collect(),
            other => scalar_text(other).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.mistake(key, format!("is not a list of texts; write {key}: {example}"));
        }
        texts
    }

    /// A list of whole numbers from 0 to 4,294,967,295; a single number is a list of one.
    pub fn counts(&mut self, key: &str, example: &str) -> Option<Vec<u32>> {
        let value = self.value(key)?;
        let items = match value {
            Value::Sequence(items) => items.as_slice(),
            Value::Mapping(_) | Value::Tagged(_) => {
                self.mistake(key, format!("{} is not a list of numbers; write {key}: {example}", describe(value)));
                return None;
            }
            _ => std::slice::from_ref(value),
        };
        let count = |item: &Value| match item {
            Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        };
        if let Some(wrong) = items.iter().find(|item| count(item).is_none()) {
            if let Some(number) = wrong.as_f64().filter(|number| *number < 0.0) {
                self.negative(key, number, example);
            } else {
                let what = describe(wrong);
                self.mistake(key, format!("{what} is not a whole number from 0 on; write {key}: {example}"));
            }
            return None;
        }
        items.iter().map(count).collect()
    }

    /// Looks for keys that are none: keys of OMB's forks that are not built are mistakes by name, unless their value
    /// turns them off; others are mistakes with the nearest known key. With `warn` they are warnings.
    pub fn check_keys(&mut self, kind: &DocumentKind, warn: bool) {
        let document = self.document;
        for entry in &document.entries {
            let key = entry.key.as_str();
            if kind.known.contains(&key) {
                continue;
            }
            if let Some(foreign) = kind.foreign.iter().find(|foreign| foreign.name == key) {
                match (is_off(&entry.value), warn) {
                    (true, _) => {}
                    (false, true) => self.warning(key, format!("is not supported: {} (ignored)", foreign.what)),
                    (false, false) => self.mistake(key, format!("is not supported: {}; or remove it", foreign.what)),
                }
                continue;
            }
            let near = nearest(key, kind.known.iter().copied());
            // Where it is only warned of, the key that was meant is still missing.
            self.misspelt.extend(near.filter(|_| !warn));
            let remedy = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("the nearest are {}; or remove it", likest(key, kind.known).join(", ")),
            };
            let what = format!("is no key of a {}; {remedy}", kind.name);
            if warn {
                self.warning(key, format!("{what} (ignored)"));
            } else {
                self.mistake(key, what);
            }
        }
    }
}

/// What to write in place of a negative number, where that is more than another number.
const INSTEAD_OF_NEGATIVE: &[(&str, &str)] = &[
    (
        "producerRate",
        "producerRate: 0 searches for the highest sustainable rate; for no limit write any rate and start with --rate \
         unlimited",
    ),
    ("consumerBacklogSizeGB", "write consumerBacklogSizeGB: 0 for no backlog"),
    ("subscriptionsPerTopic", "write subscriptionsPerTopic: 1 or more, or 0 to only produce"),
    ("consumerPerSubscription", "write consumerPerSubscription: 1 or more"),
    ("producersPerTopic", "write producersPerTopic: 1 or more; with consumerOnly: true there are none"),
    ("messageSize", "write the bytes of a message, for example messageSize: 1024"),
    ("randomBytesRatio", "write a share from 0 to 1, for example randomBytesRatio: 0.5"),
    ("backlogDrainRatio", "write a share from 0 to 1: backlogDrainRatio: 1.0 is a full drain"),
    ("sampleRateMillis", "write sampleRateMillis: 10000, or leave it out for 10 s"),
    ("logIntervalMillis", "write logIntervalMillis: 10000, or leave it out for 10 s"),
];

/// How many keys are named that an unknown one could have been.
const NAMED_KEYS: usize = 3;

/// The keys that are most alike, the likest first.
fn likest<'k>(key: &str, known: &[&'k str]) -> Vec<&'k str> {
    let key = key.to_lowercase();
    let mut known: Vec<(f64, &str)> =
        known.iter().map(|name| (strsim::jaro_winkler(&key, &name.to_lowercase()), *name)).collect();
    known.sort_by(|one, other| other.0.total_cmp(&one.0));
    known.into_iter().take(NAMED_KEYS).map(|(_, name)| name).collect()
}

/// A value that asks for nothing: nothing, false, 0 and less, an empty list.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(pairs) => pairs.is_empty(),
        Value::Null => true,
        other => scalar_text(other).is_some_and(|text| {
            let text = text.trim().to_ascii_lowercase();
            text.is_empty() || text == "false" || text.parse::<f64>().is_ok_and(|number| number <= 0.0)
        }),
    }
}

impl DocumentKind {
    /// Err: the document has keys of the other kind of file, so that there is no use in looking at each.
    pub fn check(&self, document: &YamlDocument) -> Result<(), Problem> {
        let strangers = document.entries.iter().filter(|entry| self.other.contains(&entry.key.as_str())).count();
        if strangers < 2 {
            return Ok(());
        }
        Err(Problem::of_file(&document.path, format!("is no {}: {}", self.name, self.other_remedy)))
    }
}

/// The candidate with the fewest slips of the finger, if they are few enough (a third of its letters) to be taken for
/// one.
pub fn nearest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = text.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let best = candidates.min_by_key(|candidate| distance(candidate))?;
    (distance(best) <= (best.len() / 3).max(1)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const KIND: DocumentKind = DocumentKind {
        name: "test file",
        known: &["topics", "messageSize", "producerRate"],
        foreign: &[ForeignKey { name: "sampleRateMillis", what: "Redpanda's sampling period" }],
        other: &["driverClass", "commonConfig"],
        other_remedy: "give it with -d",
    };

    fn read<T>(text: &str, read: impl Fn(&mut FieldReader<'_>) -> T) -> (T, Vec<String>) {
        let document = YamlDocument::parse(Path::new("w.yaml"), text).unwrap();
        let mut fields = FieldReader::new(&document);
        let value = read(&mut fields);
        (value, fields.mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn whole_numbers_are_read_as_jackson_reads_them() {
        for text in ["k: 1000", "k: '1000'", "k: 1_000", "k: \"1_000\"", "k: 1000.0", "k: 1e3", "k: 0x3e8"] {
            assert_eq!(read(text, |fields| fields.count("k", "4")), (Some(1000), vec![]), "{text}");
        }
        assert_eq!(read("k:", |fields| fields.count("k", "4")), (None, vec![]));
    }

    #[test]
    fn what_is_no_whole_number_is_refused_with_line_and_remedy() {
        for (value, why) in [
            ("-1", "-1 is negative"),
            ("'-1'", "-1 is negative"),
            ("1.5", "1.5 is not a whole number"),
            ("lots", "the text \"lots\" is not a number"),
            ("[1]", "a list is not a number"),
            ("{a: 1}", "a mapping is not a number"),
            ("true", "true is not a number"),
            ("5000000000", "5000000000 is too large"),
            (".inf", ".inf is not a number"),
        ] {
            let (number, mistakes) = read(&format!("\nk: {value}\n"), |fields| fields.count("k", "4"));
            assert_eq!(number, None);
            assert_eq!(mistakes, [format!("w.yaml:2: k: {why}; write k: 4")], "{value}");
        }
    }

    #[test]
    fn minutes_may_be_fractions_and_negative_but_not_endless() {
        assert_eq!(read("k: 0.5", |fields| fields.minutes("k", "5")), (Some(0.5), vec![]));
        assert_eq!(read("k: -1", |fields| fields.minutes("k", "5")), (Some(-1.0), vec![]));
        assert_eq!(read("k: 1e300", |fields| fields.minutes("k", "5")).1.len(), 1);
    }

    #[test]
    fn flags_and_texts_are_read_or_refused() {
        assert_eq!(read("k: True", |fields| fields.flag("k")), (Some(true), vec![]));
        assert_eq!(read("k: 'false'", |fields| fields.flag("k")), (Some(false), vec![]));
        assert_eq!(read("k: yes", |fields| fields.flag("k")).1.len(), 1);
        assert_eq!(read("k: 123", |fields| fields.text("k", "x")), (Some("123".to_owned()), vec![]));
        assert_eq!(read("k: [a]", |fields| fields.text("k", "x")).1.len(), 1);
        let list = Some(vec!["a".to_owned(), "1".to_owned()]);
        assert_eq!(read("k: [a, 1]", |fields| fields.texts("k", "[x]")), (list, vec![]));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_key() {
        let (_, mistakes) =
            read("topics: 1\nmesageSize: 2\nfoo: 3\nbar: 4\n", |fields| fields.check_keys(&KIND, false));
        assert_eq!(
            mistakes,
            [
                "w.yaml:2: mesageSize: is no key of a test file; did you mean messageSize?",
                "w.yaml:3: foo: is no key of a test file; the nearest are topics, producerRate, messageSize; or remove \
                 it",
                "w.yaml:4: bar: is no key of a test file; the nearest are messageSize, producerRate, topics; or remove \
                 it",
            ]
        );
    }

    #[test]
    fn keys_that_are_not_ours_are_mistakes_or_warnings_when_the_user_says_so() {
        let document = YamlDocument::parse(Path::new("w.yaml"), "producer_rate: 1\nsampleRateMillis: 1\n").unwrap();
        let mut fields = FieldReader::new(&document);
        fields.check_keys(&KIND, true);
        assert_eq!(fields.mistakes, []);
        let warnings: Vec<_> = fields.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "w.yaml:1: producer_rate: is no key of a test file; did you mean producerRate? (ignored)",
                "w.yaml:2: sampleRateMillis: is not supported: Redpanda's sampling period (ignored)",
            ]
        );
        let (_, mistakes) = read("sampleRateMillis: 1\n", |fields| fields.check_keys(&KIND, false));
        assert_eq!(
            mistakes,
            ["w.yaml:1: sampleRateMillis: is not supported: Redpanda's sampling period; or remove it"]
        );
    }

    #[test]
    fn a_key_of_a_fork_that_is_turned_off_is_no_mistake() {
        for off in ["0", "-1", "false", "[]", "", "'0'"] {
            let (_, mistakes) = read(&format!("sampleRateMillis: {off}\n"), |fields| fields.check_keys(&KIND, false));
            assert_eq!(mistakes, Vec::<String>::new(), "{off}");
        }
    }

    #[test]
    fn lists_of_numbers_are_read_or_refused() {
        assert_eq!(read("k: [1, '2', 1_0]", |fields| fields.counts("k", "[1]")), (Some(vec![1, 2, 10]), vec![]));
        assert_eq!(read("k: 3", |fields| fields.counts("k", "[1]")), (Some(vec![3]), vec![]));
        for wrong in ["[1.5]", "[-1]", "[a]", "{a: 1}"] {
            assert_eq!(read(&format!("k: {wrong}"), |fields| fields.counts("k", "[1]")).1.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn a_negative_number_is_refused_with_what_to_write_instead() {
        let rate = "producerRate: -1 is negative; producerRate: 0 searches for the highest sustainable rate; for no \
                    limit write any rate and start with --rate unlimited";
        let amount = read("producerRate: -1", |fields| fields.amount("producerRate", "10000")).1;
        assert_eq!(amount, [format!("w.yaml:1: {rate}")]);
        let list = read("producerRate: [5, -1]", |fields| fields.counts("producerRate", "[1]")).1;
        assert_eq!(list, [format!("w.yaml:1: {rate}")]);
        let backlog = read("consumerBacklogSizeGB: -1", |fields| fields.amount("consumerBacklogSizeGB", "0")).1;
        assert!(backlog[0].ends_with("write consumerBacklogSizeGB: 0 for no backlog"), "{backlog:?}");
    }

    #[test]
    fn a_file_of_the_other_kind_is_recognised() {
        let check = |text| KIND.check(&YamlDocument::parse(Path::new("w.yaml"), text).unwrap());
        let other = check("driverClass: x\ncommonConfig: y\n").unwrap_err();
        assert_eq!(other.to_string(), "w.yaml: is no test file: give it with -d");
        assert_eq!(check("driverClass: x\ntopics: 1\n"), Ok(()));
    }
}
