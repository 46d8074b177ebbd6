//! The table of evidence against the definitions, the counters, docs/accuracy.md, and the tests it names.

use crate::report::detail::evidence::{EVIDENCE, evidence_of, table};
use crate::report::detail::fields::definitions;
use crate::stats::Latency;
use std::path::Path;

#[test]
fn evidence_is_of_fields_there_are_and_each_has_it_once() {
    let names: Vec<&str> = EVIDENCE.iter().flat_map(|evidence| evidence.fields).copied().collect();
    for name in &names {
        let defined = |full: &str| full == *name || full.rsplit('.').next() == Some(name);
        assert!(definitions().iter().any(|known| defined(&known.name)), "{name} is not defined");
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
    }
    let unchecked: Vec<&str> = EVIDENCE.iter().filter(|row| row.checked.is_empty()).map(|row| row.figure).collect();
    assert!(unchecked.is_empty(), "nothing holds {unchecked:?}");
    for family in Latency::ALL {
        assert!(evidence_of(family.name()).is_some(), "{}", family.name());
    }
}

#[test]
fn the_documentation_has_the_table_of_evidence() {
    let page = include_str!("../../../docs/accuracy.md");
    let missing: Vec<String> = table().into_iter().filter(|row| !page.contains(row)).collect();
    assert!(missing.is_empty(), "docs/accuracy.md lacks:\n{}", missing.join("\n"));
}

#[test]
fn every_test_that_is_named_as_evidence_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests"] {
        gather(&root.join(folder), &mut text);
    }
    for test in EVIDENCE.iter().flat_map(|evidence| evidence.checked) {
        assert!(text.contains(&format!("fn {test}(")), "there is no test {test}");
    }
}

fn gather(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
