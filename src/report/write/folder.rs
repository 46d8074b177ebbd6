//! Files in the folder of results: temporary ones, those that may be replaced, names forced to disk.

use crate::report::WriteError;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tempfile::NamedTempFile;

/// The file that `output` names, links resolved. Renaming over a device or a pipe would replace it, so these are
/// refused.
pub(super) fn regular_file(output: &Path) -> Result<PathBuf, WriteError> {
    let refused = |error| WriteError::at("write the result", output)(error);
    match fs::metadata(output) {
        Ok(found) if found.is_file() => fs::canonicalize(output).map_err(refused),
        Ok(found) if found.is_dir() => Err(refused(ErrorKind::IsADirectory.into())),
        Ok(_) => Err(refused(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"))),
        Err(missing) if missing.kind() == ErrorKind::NotFound && output.file_name().is_some() => Ok(output.to_owned()),
        Err(other) => Err(refused(other)),
    }
}

pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A temporary file with the permissions of a normal one; it goes when it is dropped. Opened by ourselves: tempfile
/// would add the temporary name to the system's error, which says nothing to the user.
pub(super) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let open = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(0o644).open(path);
    tempfile::Builder::new().prefix(".pinload-").suffix(".tmp").make_in(folder, open)
}

/// Makes the renames last. Some file systems cannot sync a folder and say so; then there is nothing more to do.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(unable) if matches!(unable.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}
