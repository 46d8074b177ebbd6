//! Results in a bundle: unpacked where they can be read, and gone afterwards.

use flate2::read::GzDecoder;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where results are: as given, or what was in a bundle, for as long as this lives.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// A file, or a folder of repeats.
    pub(super) path: PathBuf,
    _folder: Option<TempDir>,
}

impl Unpacked {
    /// Of `path`: a file, a folder, `bundle.tar.gz`, or a folder in it (`bundle.tar.gz/runs/p001`). Of a campaign the
    /// one point that it has; error: it has several, or the bundle cannot be read.
    pub(super) fn of(path: &Path) -> Result<Self, String> {
        let bundle = path.ancestors().find(|part| is_bundle(part) && part.is_file());
        let Some(bundle) = bundle else {
            return Ok(Self { path: point_in(path, path)?, _folder: None });
        };
        let folder = unpack(bundle).map_err(|error| format!("cannot be unpacked: {error}"))?;
        let packed = only_folder_in(folder.path()).ok_or("holds no results: pinload bundle packs a folder of them")?;
        let inner = path.strip_prefix(bundle).unwrap_or(Path::new(""));
        let inside = if inner == Path::new("") { point_in(&packed, path)? } else { packed.join(inner) };
        if !inside.exists() {
            return Err(format!("{} is not in the bundle", inner.display()));
        }
        Ok(Self { path: inside, _folder: Some(folder) })
    }
}

fn is_bundle(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

/// Results alone: what else is in a bundle is not looked at.
fn unpack(bundle: &Path) -> io::Result<TempDir> {
    let folder = TempDir::with_prefix("pinload-")?;
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(bundle)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let wanted = {
            let name = entry.path()?;
            let kind = name.extension().and_then(OsStr::to_str);
            matches!(kind, Some("detail" | "json")) && entry.header().entry_type().is_file()
        };
        if wanted {
            // It refuses names that lead out of the folder.
            entry.unpack_in(folder.path())?;
        }
    }
    Ok(folder)
}

fn only_folder_in(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    entries.next().map(|entry| entry.path())
}

/// A campaign's folder is none of repeats: its points are. `called`: how the user names it.
fn point_in(folder: &Path, called: &Path) -> Result<PathBuf, String> {
    if !folder.join("campaign.json").is_file() {
        return Ok(folder.to_owned());
    }
    let entries = fs::read_dir(folder.join("runs")).map_err(|_| "is a campaign without a run".to_owned())?;
    let mut points: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    points.sort();
    match points.as_slice() {
        [point] => Ok(point.clone()),
        [] => Err("is a campaign without a run".to_owned()),
        [first, ..] => {
            let name = first.file_name().unwrap_or_default().to_string_lossy();
            let called = called.display();
            Err(format!("is a campaign of {} points: name one of them, for example {called}/runs/{name}", points.len()))
        }
    }
}
