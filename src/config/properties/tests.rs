//! Properties as Java reads and writes them.

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
    let written =
        |(name, value): (&str, &str)| WrittenProperty { name: name.to_owned(), value: value.to_owned(), line: None };
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
