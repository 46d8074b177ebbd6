//! Texts with references, and the values that they are filled to.

use super::*;

const SET: [(&str, &str); 7] = [
    ("A", "1"),
    ("B", "two words: # no comment"),
    ("EMPTY", ""),
    ("LIST", "[x, y]"),
    ("P", "a=b\nc: d"),
    ("SLASH", "C:\\x"),
    ("_K", "k"),
];

fn variable(name: &str) -> Option<String> {
    SET.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
}
fn filled(text: &str) -> (Value, Vec<Unfilled>) {
    let taken = Taken::out_of(text, Some(&variable));
    let mut value = serde_yaml::from_str(&taken.text).unwrap();
    let mut unfilled = Vec::new();
    taken.fill(&mut value, &mut unfilled);
    (value, unfilled)
}
fn one(written: &str) -> Value {
    let (value, unfilled) = filled(&format!("k: {written}\n"));
    assert_eq!(unfilled, [], "{written}");
    value["k"].clone()
}
#[test]
fn the_shells_forms_are_filled_in() {
    for (written, expected) in [
        ("${A}", Value::from(1)),
        ("${A}000", Value::from(1000)),
        ("\"${A}\"", Value::from(1)),
        ("${NONE:-5}", Value::from(5)),
        ("${EMPTY:-5}", Value::from(5)),
        ("${EMPTY-5}", Value::Null),
        ("${EMPTY}", Value::Null),
        ("${NONE:-from a: b}", Value::from("from a: b")),
        ("${NONE:-${OTHER:-${A}}}", Value::from(1)),
        ("${A:+yes it is}", Value::from("yes it is")),
        ("x${NONE+no}", Value::from("x")),
        ("${A:?must be}", Value::from(1)),
        ("${B}", Value::from("two words: # no comment")),
        ("p-${A}-${_K}", Value::from("p-1-k")),
        ("${LIST}", serde_yaml::from_str("[x, y]").unwrap()),
        ("[\"${A}\", b]", serde_yaml::from_str("[1, b]").unwrap()),
        ("[${A}, ${NONE:-2}]", serde_yaml::from_str("[1, 2]").unwrap()),
        ("{${_K}: ${A}}", serde_yaml::from_str("{k: 1}").unwrap()),
        ("${P}", Value::from("a=b\nc: d")),
        ("$${A}", Value::from("${A}")),
    ] {
        assert_eq!(one(written), expected, "{written}");
    }
}

#[test]
fn what_is_no_reference_stays_what_it_is() {
    for text in ["$ConnectionString", "$A", "${zone.id}", "${file:/etc/x:y}", "{zone.id}", "$", "100$", "${1}", "$ {A}"]
    {
        assert_eq!(one(&format!("'{text}'")), Value::from(text));
    }
    let none = Taken::out_of("k: ${A}", None);
    assert_eq!(none.text, "k: ${A}");
}

#[test]
fn what_is_not_set_is_told_with_its_line_and_once() {
    let text =
        "# ${COMMENT}\na: ${A} # ${NONE}\nb: |\n  x=${A}\n  # y=${NONE}\n  z=${NONE}-${NONE}\nc: ${WHO:?say who}\n";
    let (value, unfilled) = filled(text);
    let told: Vec<_> = unfilled.iter().map(|unfilled| (unfilled.line, unfilled.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (6, "the environment variable NONE is not set: set it, or write a default: ${NONE:-value}"),
            (7, "the environment variable WHO is not set or empty: say who"),
        ]
    );
    assert_eq!((&value["a"], &value["b"]), (&Value::from(1), &Value::Null));
    let (_, nested) = filled("a: ${NONE:-${OTHER}}\n");
    assert!(nested[0].what.contains("OTHER is not set"), "{nested:?}");
    let (_, open) = filled("a: ${NONE\n");
    assert_eq!(open[0].what, "${NONE is not closed: write ${NONE}");
}

#[test]
fn a_block_keeps_its_lines_and_comments() {
    let (value, unfilled) = filled("b: |\n  x=${A}\n  # ${NONE}\n  y=$ConnectionString\n  ${_K}=v\n");
    assert_eq!(unfilled, []);
    assert_eq!(value["b"], Value::from("x=1\n# ${NONE}\ny=$ConnectionString\nk=v\n"));
    let (value, _) = filled("b: |\n  ${P}\n  pem=${P}\n  path=${SLASH}\n");
    assert_eq!(value["b"], Value::from("a=b\nc: d\npem=a=b\\nc: d\npath=C:\\\\x\n"));
}
