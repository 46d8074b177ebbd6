//! Which files of a folder are payloads, and in which order: alike for who plans and for who reads them.

use std::io;
use std::path::{Path, PathBuf};

/// The files of a folder by name; those whose names begin with a dot are no payloads. Error: the folder cannot be read,
/// or holds something else than files.
pub fn payload_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if !std::fs::metadata(entry.path())?.is_file() {
            let what = format!("{} is no file: a folder of payloads holds nothing else", entry.path().display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        files.push(entry.path());
    }
    files.sort_unstable();
    Ok(files)
}
