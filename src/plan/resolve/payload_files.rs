//! Payloads from the user's own files: one file, or a folder of them. Here they are looked at; `load::payloads` reads
//! them.

use super::context::ResolveContext;
use super::message::Sized;
use crate::plan::PayloadPlan;
use crate::plan::payload_folder::payload_files;
use std::io::{Error, ErrorKind};
use std::path::Path;

const KEY: &str = "payloadFile";
/// A proposal to OMB (its PR 441): payloads with headers.
const WITH_HEADERS: &str = ".payload.yaml";

/// Without `messageSize` the files say the sizes; with it each file must have that size (as in OMB and Redpanda).
pub(super) fn decide(context: &mut ResolveContext<'_>, path: &Path) -> Option<Sized> {
    let wanted = context.workload.message_size;
    match look_at(path, wanted) {
        Ok(_) if context.written_wrongly("messageSize") => None,
        Ok(sized) => Some(sized),
        Err(why) => {
            context.refuse(KEY, why);
            None
        }
    }
}

fn look_at(path: &Path, wanted: Option<u32>) -> Result<Sized, String> {
    let shown = path.display();
    let unreadable = |error: Error| match error.kind() {
        ErrorKind::NotFound => {
            format!("{shown} does not exist: check the path (it is relative to the current folder)")
        }
        ErrorKind::PermissionDenied => format!("{shown} cannot be read: permission denied"),
        ErrorKind::InvalidData => format!("{shown}: {error}"),
        _ => format!("{shown} cannot be read: {error}"),
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        let size = size_of(path, wanted)?;
        let payload = PayloadPlan::File { path: path.to_owned() };
        return Ok(Sized { payload, size_bytes: size, smallest_bytes: size, largest_bytes: size });
    }
    let files = payload_files(path).map_err(unreadable)?;
    let sizes = files.iter().map(|file| size_of(file, wanted)).collect::<Result<Vec<u32>, _>>()?;
    let (Some(&smallest_bytes), Some(&largest_bytes)) = (sizes.iter().min(), sizes.iter().max()) else {
        return Err(format!("{shown} is a folder without payloads: put files into it or name one file"));
    };
    let (count, sum) = (sizes.len() as u64, sizes.iter().map(|size| u64::from(*size)).sum::<u64>());
    Ok(Sized {
        payload: PayloadPlan::Folder { path: path.to_owned(), files: u32::try_from(count).unwrap_or(u32::MAX) },
        size_bytes: u32::try_from(sum / count).unwrap_or(u32::MAX),
        smallest_bytes,
        largest_bytes,
    })
}

/// The length of a file that can be read and is a payload.
fn size_of(path: &Path, wanted: Option<u32>) -> Result<u32, String> {
    let shown = path.display();
    if path.to_string_lossy().ends_with(WITH_HEADERS) {
        return Err(format!(
            "{shown}: payloads with headers (*{WITH_HEADERS}) are a proposal to OMB (PR 441) and not built: name files \
             that hold values alone"
        ));
    }
    let length = std::fs::File::open(path).and_then(|file| file.metadata()).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => format!("{shown} cannot be read: permission denied"),
        _ => format!("{shown} cannot be read: {error}"),
    })?;
    let length = length.len();
    let size = u32::try_from(length).map_err(|_| format!("{shown} has {length} bytes: too large for a message"))?;
    match wanted {
        Some(wanted) if wanted != size => Err(format!(
            "{shown} has {length} bytes, messageSize is {wanted}: write messageSize: {length} or another file"
        )),
        None | Some(_) => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, usize)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, length) in files {
            std::fs::write(folder.path().join(name), vec![7; *length]).unwrap();
        }
        folder
    }

    #[test]
    fn the_files_of_a_folder_say_the_sizes_unless_the_workload_does() {
        let folder = folder(&[("b", 100), ("a", 50), (".hidden", 7)]);
        let sized = look_at(folder.path(), None).unwrap();
        assert_eq!((sized.size_bytes, sized.smallest_bytes, sized.largest_bytes), (75, 50, 100));
        assert_eq!(sized.payload, PayloadPlan::Folder { path: folder.path().to_owned(), files: 2 });
        let wrong = look_at(folder.path(), Some(100)).unwrap_err();
        assert!(wrong.contains("a has 50 bytes, messageSize is 100"), "{wrong}");
        std::fs::remove_file(folder.path().join("a")).unwrap();
        assert_eq!(look_at(folder.path(), Some(100)).unwrap().size_bytes, 100);
    }

    #[test]
    fn what_holds_no_payloads_is_refused() {
        let empty = folder(&[]);
        assert!(look_at(empty.path(), None).unwrap_err().contains("a folder without payloads"));
        let nested = folder(&[("a", 1)]);
        std::fs::create_dir(nested.path().join("sub")).unwrap();
        assert!(look_at(nested.path(), None).unwrap_err().contains("sub is no file"));
        let headers = folder(&[("x.payload.yaml", 1)]);
        assert!(look_at(headers.path(), None).unwrap_err().contains("PR 441"));
        assert!(look_at(&headers.path().join("x.payload.yaml"), None).unwrap_err().contains("PR 441"));
    }
}
