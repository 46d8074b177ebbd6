//! `pinload raw`: files of raw samples as lines, or summed up.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::{RawArgs, RawFormat};
use crate::report::raw::lines::{COLUMNS, RecordLine};
use crate::report::raw::summary::{Summary, document};
use crate::report::raw::{RecordWalk, TimeWindow};
use crate::telemetry::raw::{RawFile, RecordedEvent};
use crate::units::counted;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where the lines go.
type LineSink = BufWriter<io::StdoutLock<'static>>;

/// Reads all files, one after the other. The first that cannot be read ends it.
pub(super) fn raw(args: &RawArgs, messages: &mut Messages) -> ExitStatus {
    let files = match files(&args.files) {
        Ok(files) => files,
        Err(why) => return refused(messages, &why),
    };
    let window = TimeWindow::of_seconds(args.from, args.to);
    if args.summary { summarise(&files, window, messages) } else { print(&files, args.format, window, messages) }
}

fn refused(messages: &mut Messages, why: &str) -> ExitStatus {
    messages.error(why);
    ExitStatus::ConfigurationRefused
}

/// Files as given; of a folder its `*.raw`, by name.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let why = |error: io::Error| format!("{}: cannot be read: {error}", path.display());
        let entries = std::fs::read_dir(path).map_err(why)?.collect::<io::Result<Vec<_>>>().map_err(why)?;
        let mut found: Vec<_> = entries.iter().map(std::fs::DirEntry::path).filter(|file| is_raw(file)).collect();
        if found.is_empty() {
            return Err(format!(
                "{}: holds no raw samples (*.raw): name a folder given to --record-raw",
                path.display()
            ));
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn is_raw(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "raw") && path.is_file()
}

fn summarise(files: &[PathBuf], window: TimeWindow, messages: &mut Messages) -> ExitStatus {
    let mut clients = Vec::new();
    for path in files {
        match summary_of(path, window, messages) {
            Ok(summary) => clients.push(summary),
            Err(why) => return refused(messages, &format!("{}: {why}", path.display())),
        }
    }
    match serde_json::to_string_pretty(&document(clients)) {
        Ok(text) => messages.result(&text),
        Err(error) => messages.error(&error.to_string()),
    }
    ExitStatus::Success
}

fn summary_of(path: &Path, window: TimeWindow, messages: &mut Messages) -> Result<Summary, String> {
    let mut file = RawFile::open(path).map_err(|error| error.to_string())?;
    let mut summary = Summary::new(file.header(), window);
    for record in file.by_ref() {
        summary.take(&record.map_err(|error| error.to_string())?);
    }
    tell_torn(path, file.torn_bytes(), messages);
    summary.close(file.torn_bytes());
    Ok(summary)
}

/// What stopped the printing.
enum PrintEnd {
    Reading(String),
    Writing(io::Error),
}

impl From<io::Error> for PrintEnd {
    fn from(error: io::Error) -> Self {
        Self::Writing(error)
    }
}

fn print(files: &[PathBuf], format: RawFormat, window: TimeWindow, messages: &mut Messages) -> ExitStatus {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    for (number, path) in files.iter().enumerate() {
        let printed = print_file(&mut out, path, format, window, number == 0, messages);
        match printed.and_then(|()| out.flush().map_err(PrintEnd::from)) {
            Ok(()) => {}
            Err(PrintEnd::Reading(why)) => {
                // What was read so far is right, and may be wanted.
                drop(out.flush());
                return refused(messages, &format!("{}: {why}", path.display()));
            }
            // Who closed the pipe has seen enough.
            Err(PrintEnd::Writing(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitStatus::Success,
            Err(PrintEnd::Writing(error)) => {
                messages.error(&format!("cannot write to standard output: {error}"));
                return ExitStatus::ResultsNotWritten;
            }
        }
    }
    ExitStatus::Success
}

fn print_file(
    out: &mut LineSink,
    path: &Path,
    format: RawFormat,
    window: TimeWindow,
    first: bool,
    messages: &mut Messages,
) -> Result<(), PrintEnd> {
    let mut file = RawFile::open(path).map_err(|error| PrintEnd::Reading(error.to_string()))?;
    let header = file.header().clone();
    let role = header.role.to_string();
    let mut walk = RecordWalk::new(window);
    if first && format == RawFormat::Csv {
        writeln!(out, "{}", COLUMNS.join(","))?;
    }
    for record in file.by_ref() {
        let record = record.map_err(|error| PrintEnd::Reading(error.to_string()))?;
        if !walk.takes(&record) && record.outcome != RecordedEvent::Cut {
            continue;
        }
        let line = RecordLine::of(&header, &role, &record);
        match format {
            RawFormat::Json => {
                serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            RawFormat::Csv => line.write_csv(out)?,
        }
    }
    tell_torn(path, file.torn_bytes(), messages);
    Ok(())
}

/// A client that was killed in the middle of a write.
fn tell_torn(path: &Path, torn_bytes: usize, messages: &mut Messages) {
    if torn_bytes > 0 {
        let behind = counted(torn_bytes, "byte");
        messages.warn(&format!(
            "{}: ends within a record: {behind} behind the last whole one are left out",
            path.display()
        ));
    }
}
