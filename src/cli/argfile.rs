//! `@file` on the command line, as OMB's parser has it: the lines of the file are arguments.

use std::ffi::OsString;

/// Puts the lines of `file` in the place of each `@file`: one argument a line, blanks around it removed, empty lines
/// left out. Arguments behind `--` and in such files are taken as they are. Error: a file that cannot be read, said.
pub fn expand(argv: Vec<OsString>) -> Result<Vec<OsString>, String> {
    let mut expanded = Vec::with_capacity(argv.len());
    let mut options = true;
    for (at, arg) in argv.into_iter().enumerate() {
        options &= arg != "--";
        match arg.to_str().and_then(|arg| arg.strip_prefix('@')) {
            Some(path) if options && at > 0 && !path.is_empty() => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("@{path}: cannot read arguments from the file {path}: {error}"))?;
                expanded.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(OsString::from));
            }
            _ => expanded.push(arg),
        }
    }
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_file_become_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("args");
        std::fs::write(&file, "-d\n  driver.yaml \n\nwork load.yaml\n@literal\n").unwrap();
        let at = format!("@{}", file.display());
        let argv = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let expanded = expand(argv(&["@0", &at, "x", "--", &at])).unwrap();
        assert_eq!(expanded, argv(&["@0", "-d", "driver.yaml", "work load.yaml", "@literal", "x", "--", &at]));
        let missing = expand(argv(&["pinload", "@/nowhere"])).unwrap_err();
        assert!(missing.starts_with("@/nowhere: cannot read arguments"), "{missing}");
    }
}
