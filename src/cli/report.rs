//! `pinload report`: results become one page.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::ReportArgs;
use crate::report::html::{page, reading::ResultDocument};
use crate::report::names::{detail_found_beside, is_detail, page_beside};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Reads the results, writes the page. All files that are no result are named, and no page is written.
pub(super) fn report(args: &ReportArgs, messages: &mut Messages) -> ExitStatus {
    let mut wrong = Vec::new();
    let mut files = Vec::new();
    for path in &args.results {
        match results_in(path) {
            Ok(found) => files.extend(found),
            Err(why) => wrong.push(format!("{}: {why}", path.display())),
        }
    }
    // A result that is named twice, or in itself and in its folder, is one run.
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    let mut runs = Vec::new();
    for file in &files {
        match read(file) {
            Ok(run) => runs.push(run),
            Err(why) => wrong.push(format!("{}: {why}", file.display())),
        }
    }
    if !wrong.is_empty() {
        wrong.iter().for_each(|why| messages.error(why));
        messages.step("no page was written");
        return ExitStatus::ConfigurationRefused;
    }
    let path = args.output.clone().unwrap_or_else(|| match files.as_slice() {
        [file] => page_beside(file),
        _ => PathBuf::from("report.html"),
    });
    if let Err(error) = fs::write(&path, page(&runs)) {
        messages.error(&format!("cannot write {}: {error}; name another file with -o FILE", path.display()));
        return ExitStatus::ResultsNotWritten;
    }
    let said = crate::units::counted(runs.len(), "run");
    messages.result(&format!("wrote  {} ({said})", path.display()));
    ExitStatus::Success
}

/// The file itself, or a folder's results: detail files, and result files beside which there is none.
pub(super) fn results_in(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![best_of(path)]);
    }
    let why = |error: io::Error| format!("cannot be read: {error}");
    let entries = fs::read_dir(path).map_err(why)?.collect::<io::Result<Vec<_>>>().map_err(why)?;
    let mut found: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|file| is_result(file)).collect();
    found = found.iter().map(|file| best_of(file)).collect();
    found.sort();
    found.dedup();
    if found.is_empty() { Err("holds no results (*.detail, *.json)".to_owned()) } else { Ok(found) }
}

fn is_result(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.is_file() && (is_detail(&name) || name.ends_with(".json"))
}

/// The detail file beside OMB's document, where there is one: it holds more.
fn best_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if is_detail(&name) { path.to_owned() } else { detail_found_beside(path).unwrap_or_else(|| path.to_owned()) }
}

/// One result. Error: why it cannot be read.
pub(super) fn read(file: &Path) -> Result<ResultDocument, String> {
    let text = fs::read_to_string(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist; check the path (it is relative to the current folder)".to_owned(),
        io::ErrorKind::InvalidData => "is no result of a run: it is no text".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    ResultDocument::parse(&name, &text).map_err(|error| error.to_string())
}

/// The page beside a run's files. Error: why there is none.
pub(super) fn beside_run(main: &Path, detail: &Path) -> Result<PathBuf, String> {
    let path = page_beside(main);
    let run = read(detail).map_err(|why| format!("{}: {why}", detail.display()))?;
    fs::write(&path, page(&[run])).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}
