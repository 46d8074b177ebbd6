//! `pinload csv DIR` and `pinload run -c DIR`: many result files, one table.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::CsvArgs;
use crate::report::csv::{CsvColumns, CsvRun, RunTrust, table};
use crate::report::{detail_found_beside, is_detail};
use crate::units::counted;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a folder holds.
#[derive(Debug, Default)]
struct Folder {
    /// Result files by name, in the order of names.
    results: Vec<(String, CsvRun)>,
    /// Detail files that are called `.json`, as they once were: they stand beside a result and are none.
    details: usize,
    /// Files that are no results, and why.
    wrong: Vec<String>,
}

/// Reads the folder, writes the table. A file that is no result is an error, as in OMB, and no table is written; all
/// are named.
pub(super) fn csv(args: &CsvArgs, messages: &mut Messages) -> ExitStatus {
    let folder = match read(&args.folder) {
        Ok(folder) => folder,
        Err(why) => {
            messages.error(&format!("{}: {why}", args.folder.display()));
            return ExitStatus::ConfigurationRefused;
        }
    };
    folder.wrong.iter().for_each(|wrong| messages.error(wrong));
    if !folder.wrong.is_empty() {
        messages.step("no table was written: move these files out of the folder, or name a folder of results only");
        return ExitStatus::ConfigurationRefused;
    }
    if folder.results.is_empty() {
        messages.error(&format!("{}: holds no result files (*.json)", args.folder.display()));
        return ExitStatus::ConfigurationRefused;
    }
    let text = table(&folder.results, if args.wide { CsvColumns::Wide } else { CsvColumns::Omb });
    let skipped = match folder.details {
        0 => String::new(),
        details => format!(", {} skipped", counted(details, "detail file")),
    };
    let said = format!("{}{skipped}", counted(folder.results.len(), "result"));
    if args.output.as_deref() == Some(Path::new("-")) {
        messages.result(text.trim_end_matches('\n'));
        messages.info("read", &said);
        return ExitStatus::Success;
    }
    let path = args.output.clone().unwrap_or_else(default_name);
    if let Err(error) = fs::write(&path, text) {
        messages.error(&format!("cannot write {}: {error}; name another file with -o FILE", path.display()));
        return ExitStatus::ResultsNotWritten;
    }
    messages.result(&format!("wrote  {} ({said})", path.display()));
    ExitStatus::Success
}

fn default_name() -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    PathBuf::from(format!("results-{}.csv", now.as_secs()))
}

/// Every `*.json` file in a folder, read. Error: the folder itself cannot be.
fn read(path: &Path) -> Result<Folder, String> {
    let why = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist; check the path (it is relative to the current folder)".to_owned(),
        io::ErrorKind::NotADirectory => "is not a folder; name the folder of the result files".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let entries = fs::read_dir(path).map_err(why)?.collect::<io::Result<Vec<_>>>().map_err(why)?;
    let mut names: Vec<_> = entries.iter().map(fs::DirEntry::path).filter(|file| is_json(file)).collect();
    names.sort();
    let mut folder = Folder::default();
    for file in names {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_detail(&name) {
            folder.details += 1;
            continue;
        }
        let text = fs::read_to_string(&file).map_err(|error| format!("cannot be read: {error}"));
        match text.and_then(|text| CsvRun::parse(&text).map_err(|error| error.to_string())) {
            Ok(mut result) => {
                let detail = detail_found_beside(&file).and_then(|path| fs::read_to_string(path).ok());
                result.whose = detail.map(|text| RunTrust::of_detail(&text)).unwrap_or_default();
                folder.results.push((name, result));
            }
            Err(why) => folder.wrong.push(format!("{}: {why}", file.display())),
        }
    }
    Ok(folder)
}

/// Is it a file (or a link to one) that ends with `.json`?
fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.is_file()
}
