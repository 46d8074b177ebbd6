//! Texts that are YAML, or nearly: lines of keys, what is refused and in which words.

use super::*;

fn parse(text: &str) -> Result<YamlDocument, Problems> {
    YamlDocument::parse(Path::new("w.yaml"), text)
}
fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn every_top_level_key_has_its_line() {
    let document = parse("# first\ntopics: 1\n\n\"name\": x\nblock: |\n  name: no\n  y\nlast : 3\n").unwrap();
    let lines: Vec<_> = document.entries.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
    assert_eq!(lines, [("topics", Some(2)), ("name", Some(4)), ("block", Some(5)), ("last", Some(8))]);
}

#[test]
fn lines_are_known_with_windows_line_ends_a_byte_order_mark_and_anchors() {
    let document = parse("\u{feff}a: 1\r\nb: 2\r\n").unwrap();
    assert_eq!((document.line("a"), document.line("b")), (Some(1), Some(2)));
    let document = parse("a: &x 1\nb: *x\n").unwrap();
    assert_eq!((document.line("a"), document.line("b")), (Some(1), Some(2)));
    assert_eq!(parse("{a: 1,\n b: 2}").unwrap().line("b"), Some(2));
}

#[test]
fn all_keys_written_twice_are_found_with_both_lines() {
    let document = parse("a: 1\nb: 2\na: 3\nb: 4\na: 5\n").unwrap();
    let texts: Vec<_> = document.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "w.yaml:3: a: is written twice (first on line 1); keep one of them",
            "w.yaml:4: b: is written twice (first on line 2); keep one of them",
            "w.yaml:5: a: is written twice (first on line 1); keep one of them",
        ]
    );
    assert_eq!(document.get("a").unwrap().value, Value::from(1));
}

#[test]
fn what_is_no_mapping_is_refused_in_words() {
    assert_eq!(refusal(""), "w.yaml: is empty; it should hold `key: value` lines");
    assert_eq!(refusal("# only a comment\n"), "w.yaml: is empty; it should hold `key: value` lines");
    assert_eq!(refusal("- a\n- b\n"), "w.yaml: holds a list; it should hold `key: value` lines");
    assert_eq!(refusal("topics\n"), "w.yaml: holds a single text; it should hold `key: value` lines");
    assert_eq!(refusal("17"), "w.yaml: holds a single number; it should hold `key: value` lines");
}

#[test]
fn of_several_documents_the_first_is_read_and_the_others_are_told() {
    for (text, left_out) in [
        ("a: 1\n", None),
        ("---\na: 1\n---\n", None),
        ("%YAML 1.1\n# head\n---\na: 1\n...\n", None),
        ("a: 1\n---\n# nothing\n\n---\n", None),
        ("a: 1\r\n---\r\n", None),
        ("a: 1\n---\nb: 2\n", Some(3)),
        ("--- # head\na: 1\n--- {b: 2}\n", Some(3)),
        ("a: 1\n---\n\tb: [\n", Some(3)),
    ] {
        let document = parse(text).unwrap();
        assert_eq!(document.entries.len(), 1, "{text:?}");
        assert_eq!(document.left_out.and_then(|problem| problem.line), left_out, "{text:?}");
    }
    assert!(refusal("---\n---\na: 1\n").contains("is empty"));
    let block = parse("a: |\n  x\n  ---\n  y\n").unwrap();
    assert_eq!(block.get("a").unwrap().value, Value::from("x\n---\ny\n"));
}

#[test]
fn both_halves_of_a_character_are_one_and_half_a_one_is_refused() {
    let document = parse("a: \"\\uD83D\\uDE00 \\u00e9\"\n").unwrap();
    assert_eq!(document.get("a").unwrap().value, Value::from("😀 é"));
    let half = refusal("b: 1\na: \"\\uD83D\"\n");
    assert!(half.starts_with("w.yaml:2: ") && half.contains("half a character"), "{half}");
    let nul = parse("b: 1\na: \"x\\u0000\"\n").unwrap().mistakes;
    assert!(nul[0].to_string().starts_with("w.yaml:2: a: holds a character NUL"), "{nul:?}");
}

#[test]
fn what_is_filled_in_has_its_lines_and_what_cannot_be_is_a_mistake_of_its_key() {
    let variable = |name: &str| (name == "SET").then(|| "topics".to_owned());
    let text = "a: 1\n${SET}: 3\nb: ${NONE}\nc: [x, ${NONE}]\n";
    let document = YamlDocument::parse_with(Path::new("w.yaml"), text, Some(&variable)).unwrap();
    assert_eq!((document.line("topics"), document.filled), (Some(2), true));
    let what = "the environment variable NONE is not set: set it, or write a default: ${NONE:-value}";
    let told: Vec<_> = document.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("w.yaml:3: b: {what}"), format!("w.yaml:4: c: {what}")]);
    assert!(document.get("b").unwrap().value.is_null());
}

#[test]
fn a_syntax_error_names_its_line() {
    let problem = parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err().0.remove(0);
    assert!(problem.line.is_some_and(|line| line >= 2), "{problem}");
    assert!(problem.what.starts_with("is not valid YAML: "), "{problem}");
    let tab = refusal("a:\n\tb: 1\n");
    assert!(tab.starts_with("w.yaml:2:") && tab.ends_with("not with tabs"), "{tab}");
}

#[test]
fn a_number_beyond_all_measure_is_named_with_its_key() {
    let what = "partitionsPerTopic: 99999999999999999999 is too large a number; write a smaller one";
    assert_eq!(refusal("topics: 1\npartitionsPerTopic: 99999999999999999999\n"), format!("w.yaml:2: {what}"));
}

#[test]
fn files_that_cannot_be_read_yield_one_clear_error_each() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refusal = |path: &Path| YamlDocument::read(path).unwrap_err().0.remove(0);
    assert!(refusal(&at("none.yaml")).what.starts_with("does not exist"));
    assert!(refusal(folder.path()).what.starts_with("is a folder"));
    std::fs::write(at("latin1.yaml"), b"topics: 1\nname: caf\xe9\n").unwrap();
    let latin1 = refusal(&at("latin1.yaml"));
    assert_eq!(latin1.line, Some(2));
    assert!(latin1.what.starts_with("is not UTF-8"));
    std::fs::write(at("empty.yaml"), b"").unwrap();
    assert!(refusal(&at("empty.yaml")).what.starts_with("is empty"));
}

#[test]
fn the_source_of_a_text_value_says_how_it_is_written() {
    let document = parse("a: | # keep\n  x=1\n  y=2\nb: >-\n  x=1\nc: x=1\n").unwrap();
    let a = document.source("a").unwrap();
    assert_eq!((a.style, a.first_line, a.below.len()), (Style::Literal, 2, 2));
    assert_eq!(document.source("b").unwrap().style, Style::Folded);
    let c = document.source("c").unwrap();
    assert_eq!((c.style, c.beside.as_str(), c.below.len()), (Style::Flow, "x=1", 0));
}
