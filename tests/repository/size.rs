//! Files stay short enough to be read at one go: a longer one says at its head why it is one. Of lines two fit beside
//! each other on a screen.

use std::path::{Path, PathBuf};

/// Lines that a file may have without a reason.
const MOST_LINES: usize = 250;
/// Begins the reason, in the comment at the head.
const REASON: &str = "//! Over 250 lines: ";
/// Where files are looked for.
const FOLDERS: [&str; 4] = ["src", "bin", "tests", "examples"];

/// Columns that a line may have.
const MOST_COLUMNS: usize = 120;

/// Every file below a folder whose name ends so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, ending, found);
        } else if entry.extension().is_some_and(|extension| extension == ending) {
            found.push(entry);
        }
    }
}

#[test]
fn a_file_of_more_than_250_lines_says_at_its_head_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&root.join(folder), "rs", &mut found));
    assert!(found.len() > 500, "{} files", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a text");
        let lines = text.lines().count();
        let reason = text.lines().take_while(|line| line.starts_with("//!")).find_map(|line| line.strip_prefix(REASON));
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        if lines > MOST_LINES && reason.is_none() {
            wrong.push(format!("{name}: {lines} lines, and no reason"));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "one idea a file, or a line `{REASON}…` at its head:\n{}", wrong.join("\n"));
}

/// Prose alone of pages: rows of tables, what is shown as it is (commands, output) and links cannot be broken.
fn is_prose(line: &str) -> bool {
    !line.starts_with(['|', ' ']) && !line.contains("](") && !line.contains("://")
}

#[test]
fn no_line_has_more_than_120_columns() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut rust, mut pages) = (Vec::new(), ["README.md", "CHANGELOG.md"].map(|page| root.join(page)).to_vec());
    FOLDERS.iter().for_each(|folder| files(&root.join(folder), "rs", &mut rust));
    ["docs", "examples"].iter().for_each(|folder| files(&root.join(folder), "md", &mut pages));
    assert!(rust.len() > 500 && pages.len() > 15, "{} and {} files", rust.len(), pages.len());
    let mut wrong = Vec::new();
    for path in rust.iter().chain(&pages) {
        let text = std::fs::read_to_string(path).expect("a text");
        let is_page = path.extension().is_some_and(|extension| extension == "md");
        let too_long = |line: &str| line.chars().count() > MOST_COLUMNS && (!is_page || is_prose(line));
        let name = path.strip_prefix(root).expect("below the root").display();
        let lines = (1..).zip(text.lines()).filter(|(_, line)| too_long(line));
        wrong.extend(lines.map(|(number, _)| format!("{name}:{number}")));
    }
    wrong.sort();
    assert!(wrong.is_empty(), "more than {MOST_COLUMNS} columns:\n{}", wrong.join("\n"));
}
