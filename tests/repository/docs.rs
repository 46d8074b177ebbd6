//! The documentation holds: its links lead somewhere, its commands exist, and README stays a page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn readme_is_one_page() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 200, "README.md has {lines} lines; the rest belongs into docs/");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_is_there() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let there = path.exists()
                && (heading.is_empty() || headings(&std::fs::read_to_string(&path).unwrap()).contains(heading));
            if !there {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_command_in_the_documentation_is_one_that_pinload_has() {
    let help = Command::new(env!("CARGO_BIN_EXE_pinload")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let mut unknown = Vec::new();
    for page in pages() {
        for line in std::fs::read_to_string(&page).unwrap().lines() {
            let Some(rest) = line.strip_prefix("    pinload ") else { continue };
            let word = rest.split_whitespace().next().unwrap_or_default();
            if !word.starts_with('-') && !known.contains(word) {
                unknown.push(format!("{}: pinload {rest}", page.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "no such command:\n{}\n{help}", unknown.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// What stands in `](…)`.
fn links(text: &str) -> Vec<String> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The anchors that GitHub makes of headings: lower case, spaces as hyphens, most punctuation gone.
fn headings(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
