//! Keys of all kinds, read or refused in words.

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
    let (_, mistakes) = read("topics: 1\nmesageSize: 2\nfoo: 3\nbar: 4\n", |fields| fields.check_keys(&KIND, false));
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
    assert_eq!(mistakes, ["w.yaml:1: sampleRateMillis: is not supported: Redpanda's sampling period; or remove it"]);
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
