//! The folder of a campaign: what it was given (`campaign.yaml`, `files/`), what has run (`progress.jsonl`, `runs/`),
//! what came of it.
//!
//! It stands for itself: files are copied, and `campaign.yaml` names the copies. A run counts as finished when its line
//! is in `progress.jsonl`, which is forced to disk; the first line holds checksums of what was given, so that nobody
//! goes on with something else.

mod copies;

use super::point_run::PointRun;
use crate::config::CampaignFile;
use crate::report::names::first_free_folder;
use crate::report::origin::local;
use copies::{CopyRefused, copied};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What was asked for.
pub(super) const CAMPAIGN_FILE: &str = "campaign.yaml";
const FILES: &str = "files";
/// Results of runs.
pub(super) const RUNS: &str = "runs";
const PROGRESS: &str = "progress.jsonl";
/// As `sha256sum -c` reads it.
pub(crate) const CHECKSUMS: &str = "SHA256SUMS";
/// Only for their owner: driver files may hold passwords.
const MODE: u32 = 0o600;

/// A run that is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FinishedRun {
    /// Its point, from 1 on.
    pub(super) point: usize,
    /// Which repeat, from 1 on.
    pub(super) repeat: u32,
    /// As of `pinload run`.
    pub(super) exit_code: u8,
    /// Relative to the folder; empty: none.
    pub(super) result: String,
    pub(super) began_at: String,
    pub(super) took_s: f64,
}

/// The first line of the progress: checksums of `campaign.yaml` and the files it names.
#[derive(Debug, Serialize, Deserialize)]
struct CampaignInputs {
    given: BTreeMap<String, String>,
}

/// The folder, open.
#[derive(Debug)]
pub(super) struct CampaignFolder {
    pub(super) path: PathBuf,
    progress: File,
    /// In the order in which they ran; of a run that was made again the last.
    pub(super) finished: Vec<FinishedRun>,
}

impl CampaignFolder {
    /// A new one below `parent`, with copies of all files. Error: why it cannot be made.
    pub(super) fn create(parent: &Path, file: &CampaignFile, trips: &[PointRun]) -> Result<Self, String> {
        let time = local(SystemTime::now()).strftime("%Y-%m-%d-%H-%M-%S").to_string();
        let plain = |c: char| if c == '/' || c == '\\' || c.is_control() { '_' } else { c };
        let name: String = file.name.chars().take(80).map(plain).collect();
        let path = first_free_folder(parent, &format!("campaign-{name}-{time}"));
        let why =
            |error: io::Error| format!("cannot write into {}: {error}; name another with --output-dir", path.display());
        fs::create_dir(&path).and_then(|()| fs::create_dir(path.join(FILES))).map_err(why)?;
        fs::create_dir(path.join(RUNS)).map_err(why)?;
        let text = copied(&path, file, trips).map_err(|problem| match problem {
            CopyRefused::Copy(error) => why(error),
            CopyRefused::File(problems) => problems.to_string(),
        })?;
        write_private(&path.join(CAMPAIGN_FILE), &text).map_err(why)?;
        let given = CampaignInputs { given: given_sums(&path).map_err(why)? };
        let mut progress = File::create_new(path.join(PROGRESS)).map_err(why)?;
        let line = serde_json::to_string(&given).unwrap_or_default();
        writeln!(progress, "{line}").and_then(|()| progress.sync_data()).map_err(why)?;
        Ok(Self { path, progress, finished: Vec::new() })
    }

    /// One that is there already. Error: it is none, or what it was given has changed since.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = path.join(PROGRESS);
        let none = |error: io::Error| format!("{}: is no folder of a campaign: {PROGRESS}: {error}", path.display());
        let mut lines = BufReader::new(File::open(&file).map_err(none)?).lines();
        let first = lines.next().transpose().map_err(none)?.unwrap_or_default();
        let Ok(CampaignInputs { given }) = serde_json::from_str(&first) else {
            return Err(format!("{}:1: is not what a campaign begins with", file.display()));
        };
        let now = given_sums(path).map_err(none)?;
        if let Some(changed) = given.iter().find(|(name, sum)| now.get(*name) != Some(sum)).map(|(name, _)| name) {
            return Err(format!(
                "{}: was changed since the campaign began: its runs would not be repeats of those before; begin a new \
                 campaign with it",
                path.join(changed).display()
            ));
        }
        let mut finished: Vec<FinishedRun> = Vec::new();
        for line in lines {
            // A line that was cut off by a crash is a run that is not finished.
            let Ok(run) = serde_json::from_str::<FinishedRun>(&line.map_err(none)?) else { continue };
            finished.retain(|other| (other.point, other.repeat) != (run.point, run.repeat));
            finished.push(run);
        }
        finished.retain(|run| run.result.is_empty() || path.join(&run.result).is_file());
        let progress = OpenOptions::new().append(true).open(&file).map_err(none)?;
        Ok(Self { path: path.to_owned(), progress, finished })
    }

    /// A run is over, and stays so whatever happens next.
    pub(super) fn note(&mut self, run: FinishedRun) -> io::Result<()> {
        // A line that a crash cut off does not spoil this one.
        let line = serde_json::to_string(&run)?;
        writeln!(self.progress, "\n{line}")?;
        self.progress.sync_data()?;
        self.finished.retain(|other| (other.point, other.repeat) != (run.point, run.repeat));
        self.finished.push(run);
        Ok(())
    }

    /// Is this one over, with a result? What failed before is tried again.
    pub(super) fn has(&self, point: usize, repeat: u32) -> bool {
        self.finished.iter().any(|run| (run.point, run.repeat) == (point, repeat) && !run.result.is_empty())
    }

    /// Writes a file into it.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.path.join(name), text)
    }

    /// Checksums of all its files.
    pub(super) fn sum_up(&self) -> io::Result<()> {
        let mut text = String::new();
        for (name, path) in files_below(&self.path)? {
            if name != CHECKSUMS {
                // A text takes everything.
                let _ = writeln!(text, "{}  {name}", sha256(&fs::read(path)?));
            }
        }
        self.write(CHECKSUMS, &text)
    }
}

fn write_private(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?.write_all(bytes.as_ref())
}

fn given_sums(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut given = files_below(&folder.join(FILES))?;
    given.iter_mut().for_each(|(name, _)| *name = format!("{FILES}/{name}"));
    given.push((CAMPAIGN_FILE.to_owned(), folder.join(CAMPAIGN_FILE)));
    given.into_iter().map(|(name, path)| Ok((name, sha256(&fs::read(path)?)))).collect()
}

/// All files below a folder, by their paths in it, sorted.
pub(crate) fn files_below(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            let kind = fs::symlink_metadata(&path)?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push((path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned(), path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// In hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
