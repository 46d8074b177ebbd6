//! YAML with positions: values by serde_yaml, the line of each top-level key by marked-yaml.
//!
//! Only the shape of the text is known here (one mapping of keys to values); what the keys mean is `fields.rs`,
//! `workload.rs` and `driver.rs`. Lines are a courtesy: where marked-yaml cannot follow (anchors, tags), a scan of the
//! text stands in for it.

use super::environment::{Taken, Unfilled, Variables};
use super::problem::{Problem, Problems};
use super::surrogates;
use serde::de::{MapAccess, Visitor};
use serde_yaml::Value;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// One top-level key.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its value; `Null` when nothing stands there.
    pub value: Value,
    /// Its line, counted from 1.
    pub line: Option<usize>,
}

/// A file that is one YAML mapping.
#[derive(Debug, Clone)]
pub struct YamlDocument {
    /// The path as given.
    pub path: PathBuf,
    /// Top-level keys in the order of the file; of a key written twice the first.
    pub entries: Vec<Entry>,
    /// Keys written twice, variables that are not set, characters that no value may have.
    pub mistakes: Vec<Problem>,
    /// What stands behind the first document and is left out.
    pub left_out: Option<Problem>,
    /// Was anything filled in from the environment?
    pub filled: bool,
    /// The text of the document, as written.
    pub text: String,
    lines: Vec<String>,
}

/// How a text value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `|`: lines are kept.
    Literal,
    /// `>`: lines are folded into one.
    Folded,
    /// Quoted or bare, beside the key or below it; lines are folded into one.
    Flow,
}

/// The source text of a value.
#[derive(Debug, Clone)]
pub struct Source {
    /// How it is written.
    pub style: Style,
    /// What stands on the key's own line after the colon.
    pub beside: String,
    /// The lines below it, up to the next top-level key.
    pub below: Vec<String>,
    /// Line of the first of `below`.
    pub first_line: usize,
}

impl YamlDocument {
    /// Reads and parses a file as it stands. The error is one clear sentence: missing, a folder, not readable, not
    /// UTF-8, or what `parse` says.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        Self::parse(path, &Self::text_of(path)?)
    }

    /// The same with `${NAME}` in its values filled in from this process's environment.
    pub fn read_filled(path: &Path) -> Result<Self, Problems> {
        let of_process = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::parse_with(path, &Self::text_of(path)?, Some(&of_process))
    }

    fn text_of(path: &Path) -> Result<String, Problems> {
        let refuse = |what: String| Problems::from(Problem::of_file(path, what));
        if path.is_dir() {
            return Err(refuse("is a folder; name a YAML file in it".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(|error| {
            refuse(match error.kind() {
                ErrorKind::NotFound => {
                    "does not exist; check the path (it is relative to the current folder)".to_owned()
                }
                ErrorKind::PermissionDenied => "cannot be read: permission denied; check who may read it".to_owned(),
                _ => format!("cannot be read: {error}"),
            })
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            let mut problem = Problem::of_file(path, "is not UTF-8 text; save it with the encoding UTF-8");
            problem.line = Some(line);
            Problems::from(problem)
        })
    }

    /// Parses text; `path` is for messages only. Errors: syntax (with line and column), an empty file, something else
    /// than a mapping.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        Self::parse_with(path, text, None)
    }

    /// The same; with variables, references to them are filled in.
    pub(super) fn parse_with(path: &Path, text: &str, variables: Option<Variables<'_>>) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (text, behind) = first_document(text);
        let left_out = behind.map(|line| {
            let what = "another document begins here: only the first is read, as in OMB";
            Problem { line: Some(line), ..Problem::of_file(path, what) }
        });
        let taken = Taken::out_of(text, variables);
        let top = read_top(&taken.text)
            .map_err(|error| syntax_problem(path, text, &error, |words| taken.as_written(words)))?;
        let pairs = match top {
            Top::Mapping(pairs) => pairs,
            Top::Nothing => return Err(Problem::of_file(path, "is empty; it should hold `key: value` lines").into()),
            Top::Other(what) => {
                return Err(Problem::of_file(path, format!("holds {what}; it should hold `key: value` lines")).into());
            }
        };
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut marked = marked_lines(&taken.text);
        marked.iter_mut().for_each(|(key, _)| *key = filled_key(&taken, Value::from(key.as_str()), &mut Vec::new()));
        let mut document = Self {
            path: path.to_owned(),
            entries: Vec::new(),
            mistakes: Vec::new(),
            left_out,
            filled: !taken.is_empty(),
            text: text.to_owned(),
            lines,
        };
        let mut twice: Vec<String> = Vec::new();
        for (key, mut value) in pairs {
            let mut unfilled = Vec::new();
            let key = filled_key(&taken, key, &mut unfilled);
            taken.fill(&mut value, &mut unfilled);
            let seen = document.entries.iter().find(|entry| entry.key == key).map(|entry| entry.line);
            if let Some(first) = seen {
                let nth = twice.iter().filter(|other| **other == key).count() + 1;
                let line = document.scan(&key).get(nth).copied();
                let at = first.map(|line| format!(" (first on line {line})")).unwrap_or_default();
                let what = format!("is written twice{at}; keep one of them");
                document.mistakes.push(Problem::of_key(path, line, &key, what));
                twice.push(key);
                continue;
            }
            let scanned = document.scan(&key).first().copied();
            let marked = marked.iter().find(|(name, _)| *name == key).map(|(_, line)| *line);
            // Of a key written twice the marked parser knows the later one, the scan the first.
            let line = match (scanned, marked) {
                (Some(scanned), Some(marked)) => Some(scanned.min(marked)),
                (scanned, marked) => marked.or(scanned),
            };
            for unfilled in unfilled {
                document.mistakes.push(Problem::of_key(path, Some(unfilled.line), &key, unfilled.what));
            }
            if holds_nul(&value) {
                let what = "holds a character NUL (\\u0000), which no name or value of Kafka can have; leave it out";
                document.mistakes.push(Problem::of_key(path, line, &key, what));
                value = Value::Null;
            }
            document.entries.push(Entry { key, value, line });
        }
        Ok(document)
    }

    /// Sets a key, in place of what the file says; then the text is that of all keys as they are now, without comments.
    pub fn set(&mut self, key: &str, value: Value) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => *entry = Entry { value, line: None, ..entry.clone() },
            None => self.entries.push(Entry { key: key.to_owned(), value, line: None }),
        }
        self.mistakes.retain(|mistake| mistake.key.as_deref() != Some(key));
        let keys = self.entries.iter().map(|entry| (Value::from(entry.key.clone()), entry.value.clone()));
        // What was read as YAML, or made by us, can be written as YAML.
        self.text = serde_yaml::to_string(&keys.collect::<serde_yaml::Mapping>()).unwrap_or_default();
    }

    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The line of a key.
    pub fn line(&self, key: &str) -> Option<usize> {
        self.get(key).and_then(|entry| entry.line)
    }

    /// How the text of a key's value stands in the file; None where its place is not known.
    pub fn source(&self, key: &str) -> Option<Source> {
        let line = self.line(key)?;
        let (_, beside) = self.lines.get(line - 1)?.split_once(':')?;
        let next = self.entries.iter().filter_map(|entry| entry.line).filter(|other| *other > line).min();
        let end = next.map_or(self.lines.len(), |next| next - 1);
        let style = match beside.trim_start().chars().next() {
            Some('|') => Style::Literal,
            Some('>') => Style::Folded,
            _ => Style::Flow,
        };
        Some(Source {
            style,
            beside: beside.trim().to_owned(),
            below: self.lines[line..end].to_vec(),
            first_line: line + 1,
        })
    }

    /// Lines that begin with `key:` at the left edge (of the block style; a flow mapping yields none).
    fn scan(&self, key: &str) -> Vec<usize> {
        let begins = |line: &String| {
            let rest = line.strip_prefix(['"', '\'']).unwrap_or(line);
            let rest = rest.strip_prefix(key).unwrap_or("");
            let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
            rest.trim_start().starts_with(':')
        };
        (1..).zip(&self.lines).filter(|(_, line)| begins(line)).map(|(number, _)| number).collect()
    }
}

/// A scalar as the text it stands for; None for lists and mappings.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// What a value is, for messages: `the text "abc"`, `a list`, `1.5`.
pub fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => "nothing".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
        Value::Tagged(tagged) => format!("a value with the tag {}", tagged.tag),
    }
}

/// A top-level key as text.
fn filled_key(taken: &Taken, mut key: Value, unfilled: &mut Vec<Unfilled>) -> String {
    let written = scalar_text(&key).map(|text| taken.as_written(&text)).unwrap_or_else(|| format!("{key:?}"));
    taken.fill(&mut key, unfilled);
    match key {
        Value::Null => written,
        key => scalar_text(&key).unwrap_or(written),
    }
}

/// The text up to where a second document begins, and the line at which one does that is not empty.
fn first_document(text: &str) -> (&str, Option<usize>) {
    let marks = |line: &str, mark: &str| {
        line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let says_something = |line: &str| !matches!(line.trim_start().chars().next(), None | Some('#'));
    let mut begun = false;
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let start = marks(line, "---");
        if begun && (start || marks(line, "...")) {
            let rest = (number..).zip(text[at..].split_inclusive('\n'));
            let mut behind = rest.filter(|(_, line)| match line.strip_prefix("---").or(line.strip_prefix("...")) {
                Some(rest) => says_something(rest),
                None => says_something(line),
            });
            return (&text[..at], behind.next().map(|(number, _)| number));
        }
        // Lines that begin with % are directives, which stand before a document.
        begun |= start || (says_something(line) && !line.starts_with('%'));
        at += line.len();
    }
    (text, None)
}

/// The top of a text. Java's reader joins the two halves of a character beyond 16 bits (`\ud83d\ude00`), libyaml
/// refuses them: where it does, they are joined first.
fn read_top(text: &str) -> Result<Top, serde_yaml::Error> {
    serde_yaml::from_str(text).or_else(|error| match surrogates::join(text) {
        Ok(joined) if joined != text => serde_yaml::from_str(&joined),
        _ => Err(error),
    })
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Sequence(items) => items.iter().any(holds_nul),
        Value::Mapping(pairs) => pairs.iter().any(|(key, value)| holds_nul(key) || holds_nul(value)),
        Value::Tagged(tagged) => holds_nul(&tagged.value),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn marked_lines(text: &str) -> Vec<(String, usize)> {
    let Ok(node) = marked_yaml::parse_yaml(0, text) else { return Vec::new() };
    let Some(mapping) = node.as_mapping() else { return Vec::new() };
    let keys = mapping.iter().map(|(key, _)| key);
    keys.filter_map(|key| Some((key.as_str().to_owned(), key.span().start()?.line()))).collect()
}

fn syntax_problem(path: &Path, text: &str, error: &serde_yaml::Error, as_written: impl Fn(&str) -> String) -> Problems {
    let line = error.location().map(|location| location.line());
    let words = as_written(&error.to_string());
    let mut what = format!("is not valid YAML: {words}");
    let source = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or("");
    if source.starts_with(['\t', ' ']) && source.trim_start_matches(' ').starts_with('\t') {
        what.push_str("; YAML is indented with blanks, not with tabs");
    } else if words.contains("Unicode character escape code") {
        what.push_str("; an escape \\uD800 to \\uDFFF is half a character: write both halves, or the character itself");
    }
    let mut problem = Problem::of_file(path, what);
    problem.line = line;
    // serde_yaml knows no integers beyond 64 bits and says so in its own words.
    if let Some((key, rest)) = words.split_once(": invalid type: integer `")
        && let Some((number, _)) = rest.split_once("` as ")
    {
        problem.key = Some(key.to_owned());
        problem.what = format!("{number} is too large a number; write a smaller one");
    }
    problem.into()
}

/// The top of a file, with duplicate keys still there.
enum Top {
    Mapping(Vec<(Value, Value)>),
    Nothing,
    Other(&'static str),
}

impl<'de> serde::Deserialize<'de> for Top {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`key: value` lines")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Top::Mapping(pairs))
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Top, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Top::Other("a list"))
    }
    fn visit_unit<E>(self) -> Result<Top, E> {
        Ok(Top::Nothing)
    }
    fn visit_none<E>(self) -> Result<Top, E> {
        Ok(Top::Nothing)
    }
    fn visit_str<E>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Other("a single text"))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Other("a single value"))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Other("a single number"))
    }
}

#[cfg(test)]
mod tests {
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
}
