//! Small files of /proc and /sys below a root: what cannot be read or understood is None.

use crate::os::affinity::CpuSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Files below one root.
#[derive(Debug)]
pub(super) struct FilesBelow(PathBuf);

impl FilesBelow {
    /// Below `root`.
    pub(super) fn below(root: &Path) -> Self {
        Self(root.to_owned())
    }

    /// A file's text without blanks around it.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.0.join(path)).ok()?;
        Some(text.trim().to_owned())
    }

    /// The same, where an empty file says as little as none.
    pub(super) fn word(&self, path: &str) -> Option<String> {
        self.text(path).filter(|text| !text.is_empty())
    }

    /// A number, or what else is written as one word.
    pub(super) fn number<T: FromStr>(&self, path: &str) -> Option<T> {
        self.text(path)?.parse().ok()
    }

    /// A switch: 0 or 1.
    pub(super) fn switch(&self, path: &str) -> Option<bool> {
        match self.text(path)?.as_str() {
            "0" | "N" => Some(false),
            "1" | "Y" => Some(true),
            _ => None,
        }
    }

    /// A CPU list such as `0-3,8`; some kernels write an empty one as `(null)`.
    pub(super) fn cpus(&self, path: &str) -> Option<CpuSet> {
        let text = self.text(path)?;
        if text == "(null)" { Some(CpuSet::default()) } else { CpuSet::parse(&text).ok() }
    }

    /// Is there a file or folder?
    pub(super) fn exists(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    /// Names in a folder, sorted; none where it cannot be listed.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(folder)) else { return Vec::new() };
        let mut names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Names that are `prefix` and a number (`cpu12`), as those numbers, ascending.
    pub(super) fn numbered(&self, folder: &str, prefix: &str) -> Vec<usize> {
        let number = |name: &String| name.strip_prefix(prefix)?.parse().ok();
        let mut numbers: Vec<_> = self.names(folder).iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// Adds `cpu` to the CPUs of the entry that `same` finds, or to a new one: many CPUs of one setting become one line.
pub(super) fn gather<T>(
    list: &mut Vec<T>,
    same: impl Fn(&T) -> bool,
    cpus: impl Fn(&mut T) -> &mut CpuSet,
    new: impl FnOnce() -> T,
    cpu: usize,
) {
    let at = list.iter().position(same).unwrap_or_else(|| {
        list.push(new());
        list.len() - 1
    });
    cpus(&mut list[at]).0.insert(cpu);
}

/// The word in brackets of a choice: `always [madvise] never`.
pub(super) fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}
