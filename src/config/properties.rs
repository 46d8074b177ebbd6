//! Java properties text (`java.util.Properties.load`) with line numbers, as it stands in a driver file. What the
//! properties mean to a client is `plan::properties`.

use super::surrogates;
use std::io::Read;

/// One property as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenProperty {
    /// Its name.
    pub name: String,
    /// Its value, escapes resolved, trailing blanks removed.
    pub value: String,
    /// Its line in the driver file, counted from 1, where known.
    pub line: Option<usize>,
}

/// What a text was read as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertiesText {
    /// The properties in order; of a name written twice the last, as in Java.
    pub properties: Vec<WrittenProperty>,
    /// What the user may not have meant: line, name, words.
    pub warnings: Vec<(Option<usize>, String, String)>,
    /// What cannot be read: line, words with remedy.
    pub mistakes: Vec<(Option<usize>, String)>,
}

/// Reads properties text (UTF-8). `line_of` turns a line of the text (from 1) into a line of the file.
pub fn parse(text: &str, line_of: impl Fn(usize) -> Option<usize>) -> PropertiesText {
    let mut result = PropertiesText::default();
    for (number, logical) in logical_lines(text) {
        let line = line_of(number);
        let (name, value) = match pair(&logical) {
            Ok(Some(pair)) => pair,
            Ok(None) => continue,
            Err(why) => {
                result.mistakes.push((line, format!("{why}; a backslash in a value is written twice: \\\\")));
                continue;
            }
        };
        if name.contains('\0') || value.contains('\0') {
            let name = name.replace('\0', "\\u0000");
            let what = "holds a character NUL (\\u0000), which no name or value of Kafka can have; leave it out";
            result.mistakes.push((line, format!("{name} {what}")));
            continue;
        }
        if name.is_empty() {
            result.mistakes.push((line, format!("no name before the `=` in {logical:?}; write name=value")));
            continue;
        }
        let value = trim_end(&name, value, line, &mut result);
        if let Some(earlier) = result.properties.iter().position(|property| property.name == name) {
            let earlier = result.properties.remove(earlier);
            let at = earlier.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            result.warnings.push((line, name.clone(), format!("is written twice{at}; the last one holds, as in Java")));
        }
        result.properties.push(WrittenProperty { name, value, line });
    }
    result
}

/// The text that `parse` reads as these properties. (The crate's own writer escapes every colon, which nobody likes to
/// read.)
pub fn text(properties: &[WrittenProperty]) -> String {
    let escaped = |text: &str, special: &[char]| {
        let mut escaped = String::new();
        for (at, c) in text.char_indices() {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                '\x0c' => escaped.push_str("\\f"),
                _ if c == '\\' || special.contains(&c) || (at == 0 && c == ' ') => escaped.extend(['\\', c]),
                _ => escaped.push(c),
            }
        }
        escaped
    };
    let line = |property: &WrittenProperty| {
        format!("{}={}\n", escaped(&property.name, &[' ', '=', ':', '#', '!']), escaped(&property.value, &[]))
    };
    properties.iter().map(line).collect()
}

/// Java keeps blanks at the end of a value and then refuses most values that have them. Only a password may mean them.
fn trim_end(name: &str, value: String, line: Option<usize>, result: &mut PropertiesText) -> String {
    let trimmed = value.trim_end();
    if trimmed.len() == value.len() || name.ends_with("password") {
        return value;
    }
    result.warnings.push((line, name.to_owned(), "blanks at the end of the value are left out".to_owned()));
    trimmed.to_owned()
}

/// Joins lines that end with an odd number of backslashes and leaves out comments and blank lines, each with the number
/// of its first line. Comments go before the crate sees them: it would resolve escapes in them, which Java does not
/// (`# C:\users` is then an error).
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (number, line) in (1..).zip(text.lines()) {
        let begins = line.trim_start();
        if continues {
            if let Some((_, joined)) = logical.last_mut() {
                joined.push('\n');
                joined.push_str(line);
            }
        } else if begins.is_empty() || begins.starts_with(['#', '!']) {
            continue;
        } else {
            logical.push((number, line.to_owned()));
        }
        continues = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    }
    logical
}

/// Name and value of one logical line (which may hold joined line ends). The crate refuses both halves of a character
/// beyond 16 bits.
fn pair(logical: &str) -> Result<Option<(String, String)>, String> {
    let logical = surrogates::join(logical)?;
    // The line end behind it keeps the crate from losing a last line that ends with a backslash.
    let text = logical.as_bytes().chain(&b"\n"[..]);
    for line in java_properties::PropertiesIter::new_with_encoding(text, encoding_rs::UTF_8) {
        let line = line.map_err(|error| error.to_string().replace(" (line_number = 1)", ""))?;
        if let java_properties::LineContent::KVPair(name, value) = line.consume_content() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// A name or a value as it is written in properties text.
pub(super) fn escaped(text: &str, is_name: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            ' ' if is_name || at == 0 => escaped.push_str("\\ "),
            ':' | '=' | '#' | '!' if is_name => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Does a source line look like `name=value` or `name: value`?
pub(super) fn looks_like_property(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['"', '\'']);
    let name_end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(line.len());
    name_end > 0 && line[name_end..].trim_start().starts_with(['=', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, Option<usize>)> {
        let read = parse(text, Some);
        assert_eq!(read.mistakes, []);
        read.properties.into_iter().map(|property| (property.name, property.value, property.line)).collect()
    }
    fn one(text: &str) -> (String, String) {
        let mut pairs = pairs(text);
        assert_eq!(pairs.len(), 1, "{text:?}");
        let (name, value, _) = pairs.remove(0);
        (name, value)
    }
    fn owned(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn separators_are_equals_colon_and_blanks() {
        for text in ["acks=all", "acks = all", "acks:all", "acks: all", "acks all", "  acks\tall", "acks=all\\"] {
            assert_eq!(one(text), owned("acks", "all"), "{text:?}");
        }
        assert_eq!(one("acks"), owned("acks", ""));
        assert_eq!(one("a=b=c:d"), owned("a", "b=c:d"));
    }

    #[test]
    fn lines_are_those_of_the_text_and_comments_are_left_out() {
        let text = "# C:\\users is no escape in a comment\n\na=1\n  ! b=2\nc=\\\n   3,\\\n   4\nd=5\n";
        let expected = [("a", "1", 3), ("c", "3,4", 5), ("d", "5", 8)];
        let expected = expected.map(|(name, value, line)| (name.to_owned(), value.to_owned(), Some(line)));
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn escapes_and_utf_8_are_read_as_java_reads_them() {
        assert_eq!(one(r"na\=me=a\tb\\c\u0041"), owned("na=me", "a\tb\\cA"));
        assert_eq!(one("client.id=Prüfstand"), owned("client.id", "Prüfstand"));
        assert_eq!(one(r"client.id=\uD83D\uDE00"), owned("client.id", "😀"));
        assert_eq!(one(r"a=\\uD83D\q\:\#\!"), owned("a", r"\uD83Dq:#!"));
        assert_eq!(one("a\\ b\\:c = \\ x\\f"), owned("a b:c", " x"));
    }

    #[test]
    fn what_is_escaped_is_read_back() {
        for (name, value) in [("a b:c=d#", " x\\y\nz: #"), ("acks", "all"), ("!n", "")] {
            let text = format!("{}={}", escaped(name, true), escaped(value, false));
            assert_eq!(one(&text), owned(name, value), "{text}");
        }
    }

    #[test]
    fn of_a_name_written_twice_the_last_holds_with_a_warning() {
        let read = parse("a=1\nb=2\na=3\n", |line| Some(line + 10));
        let names: Vec<_> = read.properties.iter().map(|property| (property.name.as_str(), property.line)).collect();
        assert_eq!(names, [("b", Some(12)), ("a", Some(13))]);
        let words = "is written twice (line 11); the last one holds, as in Java".to_owned();
        assert_eq!(read.warnings, [(Some(13), "a".to_owned(), words)]);
    }

    #[test]
    fn blanks_at_the_end_go_except_in_passwords() {
        let read = parse("acks=all  \nssl.key.password=x \n", Some);
        assert_eq!(read.properties[0].value, "all");
        assert_eq!(read.properties[1].value, "x ");
        assert_eq!(read.warnings.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line_and_the_rest_is_read() {
        let read = parse("a=1\nb=\\uzzzz\n=3\nd=4\n", Some);
        assert_eq!(read.properties.len(), 2);
        let lines: Vec<_> = read.mistakes.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [Some(2), Some(3)]);
        assert!(read.mistakes[0].1.contains("not hex"), "{:?}", read.mistakes);
        for (text, what) in [
            (r"b=\uD83D", "half a character"),
            (r"b=x\u0000", "b holds a character NUL"),
            (r"b\u0000=x", "NUL"),
            (r"b=\u12", ""),
        ] {
            let mistakes = parse(text, Some).mistakes;
            assert!(mistakes.len() == 1 && mistakes[0].1.contains(what), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn a_line_looks_like_a_property_or_not() {
        for line in ["acks=all", "  linger.ms = 1", "ssl.ca: x", "\"acks=all"] {
            assert!(looks_like_property(line), "{line}");
        }
        for line in ["", "all", "[1]", "=x", "a b=c"] {
            assert!(!looks_like_property(line), "{line}");
        }
    }

    #[test]
    fn properties_that_are_written_are_read_as_they_were() {
        let written = |(name, value): (&str, &str)| WrittenProperty {
            name: name.to_owned(),
            value: value.to_owned(),
            line: None,
        };
        let properties = [
            ("bootstrap.servers", "a:9092,b:9092"),
            ("a b=c", " leading"),
            ("jaas", "x required p=\"\\\\1\";"),
            ("#no", "#comment"),
            ("lines", "a\nb\tc"),
            ("empty", ""),
        ]
        .map(written);
        assert!(text(&properties).starts_with("bootstrap.servers=a:9092,b:9092\n"));
        assert_eq!(parse(&text(&properties), |_| None).properties, properties);
    }
}
