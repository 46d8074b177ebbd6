//! The secret that coordinators show to workers: a file with one line, so that it stands in no process list.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The token, and a warning where others can read the file.
///
/// # Errors
/// What is wrong with the file, and what to do.
pub(super) fn read(path: &Path) -> Result<(String, Option<String>), String> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("--token-file: {shown} cannot be read: {error}"))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(format!(
            "--token-file: {shown} is empty: write a secret into it, for example with: openssl rand -hex 32"
        ));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("--token-file: {shown} must hold one word of printable ASCII characters"));
    }
    let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    // A group may read it: Kubernetes gives secrets to a pod's group.
    let warning = (mode & 0o027 != 0).then(|| format!("{shown} can be read by others on this host: chmod 600 {shown}"));
    Ok((token.to_owned(), warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_its_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let with = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            read(&path)
        };
        assert_eq!(with("s3cret\n", 0o600), Ok(("s3cret".to_owned(), None)));
        assert!(with("s3cret", 0o644).unwrap().1.unwrap().contains("chmod 600"));
        assert!(with(" \n", 0o600).unwrap_err().contains("is empty"));
        assert!(with("two words", 0o600).unwrap_err().contains("one word"));
        assert!(read(&folder.path().join("none")).unwrap_err().contains("cannot be read"));
    }
}
