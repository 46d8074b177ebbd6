//! Why a result could not be written, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A result file that could not be prepared or written. The message says what was tried, where, why, and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {error}; {}", path.display(), self.remedy())]
pub struct WriteError {
    /// What was tried: "write into the folder", "write the result".
    pub what: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said. Part of the message already, hence no `source` of this error: it would be printed twice.
    pub error: io::Error,
}

impl WriteError {
    /// For `map_err`: names what was tried and where.
    pub(super) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self { what, path: path.to_owned(), error }
    }

    /// Is it room that is missing (disk full, quota)?
    pub fn is_disk_full(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
    }

    /// What the user can do.
    pub fn remedy(&self) -> &'static str {
        match self.error.kind() {
            _ if self.is_disk_full() => {
                "the disk is full: free some space there, or name another folder with --output-dir"
            }
            ErrorKind::NotFound => "create the folder first, or name another one with --output-dir or --output",
            ErrorKind::NotADirectory => {
                "a part of this path is not a folder: name another with --output-dir or --output"
            }
            ErrorKind::IsADirectory => "--output names a file; for a folder use --output-dir",
            ErrorKind::PermissionDenied => "get the right to write there, or name another folder with --output-dir",
            ErrorKind::ReadOnlyFilesystem => "it is mounted read-only: name another folder with --output-dir",
            ErrorKind::InvalidInput => "give --output the path of a regular file",
            _ => "name another folder with --output-dir",
        }
    }
}
