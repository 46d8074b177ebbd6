//! Files stay short enough to be read at one go: a longer one says at its head why it is one.

use std::path::{Path, PathBuf};

/// Lines that a file may have without a reason.
const MOST_LINES: usize = 250;
/// Begins the reason, in the comment at the head.
const REASON: &str = "//! Over 250 lines: ";
/// Where files are looked for.
const FOLDERS: [&str; 4] = ["src", "bin", "tests", "examples"];

/// Every Rust file below a folder.
fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn a_file_of_more_than_250_lines_says_at_its_head_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    FOLDERS.iter().for_each(|folder| rust_files(&root.join(folder), &mut files));
    assert!(files.len() > 500, "{} files", files.len());
    let mut wrong = Vec::new();
    for path in files {
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
