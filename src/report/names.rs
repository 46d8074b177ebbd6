//! How result files are called.

use jiff::Zoned;
use std::path::{Path, PathBuf};

/// Longest part of a name, in bytes: two parts, the time, a number and an ending then stay below the 255 bytes that
/// file systems allow.
const LONGEST_PART_BYTES: usize = 100;

/// `<workload file base>-<driver>-<yyyy-MM-dd-HH-mm-ss>`, as OMB names its files, without the ending.
pub fn stem(workload_file_base: &str, driver_name: &str, started_at: &Zoned) -> String {
    format!("{}-{}-{}", part(workload_file_base), part(driver_name), started_at.strftime("%Y-%m-%d-%H-%M-%S"))
}

/// A text as part of a file name: separators and control characters become `_`.
fn part(text: &str) -> String {
    let plain = |c: char| if c == '/' || c == '\\' || c.is_control() { '_' } else { c };
    let fits = |&(start, c): &(usize, char)| start + c.len_utf8() <= LONGEST_PART_BYTES;
    text.char_indices().take_while(fits).map(|(_, c)| plain(c)).collect()
}

/// Ending of a detail file. It is JSON, but OMB's own tools take every `*.json` of a folder for a result: its chart
/// script and Java's `--csv` end at the first field that they do not know.
const DETAIL_ENDING: &str = ".detail";
/// Ending of a detail file before that was so.
const FORMER_DETAIL_ENDING: &str = ".detail.json";

/// The detail file beside a result file: `x.json` → `x.detail`, `x` → `x.detail`.
pub fn detail_beside(main: &Path) -> PathBuf {
    beside(main, DETAIL_ENDING)
}

/// The detail file that stands beside a result file, also one of an older pinload: `x.detail`, else `x.detail.json`.
pub fn detail_found_beside(main: &Path) -> Option<PathBuf> {
    [DETAIL_ENDING, FORMER_DETAIL_ENDING].into_iter().map(|ending| beside(main, ending)).find(|path| path.is_file())
}

/// Is this the name of a detail file, new or old?
pub fn is_detail(file_name: &str) -> bool {
    file_name.ends_with(DETAIL_ENDING) || file_name.ends_with(FORMER_DETAIL_ENDING)
}

/// HdrHistogram's log beside a result file: `x.json` → `x.hlog`.
pub fn hlog_beside(main: &Path) -> PathBuf {
    beside(main, ".hlog")
}

/// The page beside a result or detail file: `x.json`, `x.detail` → `x.html`.
pub fn page_beside(result: &Path) -> PathBuf {
    let name = result.file_name().unwrap_or_default().to_string_lossy();
    let stem = [FORMER_DETAIL_ENDING, DETAIL_ENDING].into_iter().find_map(|ending| name.strip_suffix(ending));
    match stem {
        Some(stem) => result.with_file_name(format!("{stem}.html")),
        None => beside(result, ".html"),
    }
}

/// The file beside a result file that has this ending instead of `.json`.
fn beside(main: &Path, ending: &str) -> PathBuf {
    let name = main.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".json").unwrap_or(&name);
    main.with_file_name(format!("{stem}{ending}"))
}

/// The first of `stem.json`, `stem-2.json`, `stem-3.json` … in `folder` that is free, as is the detail file beside it,
/// under its new and its old name.
pub fn first_free(folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2..).map(|number: u32| format!("{stem}-{number}.json"));
    let details = [DETAIL_ENDING, FORMER_DETAIL_ENDING];
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    let free = |path: &PathBuf| !taken(path) && !details.iter().any(|ending| taken(&beside(path, ending)));
    std::iter::once(format!("{stem}.json"))
        .chain(numbered)
        .map(|name| folder.join(name))
        .find(free)
        .expect("there are more numbers than files in a folder")
}

/// The first of `name`, `name-2`, `name-3` … in `folder` that is free.
pub fn first_free_folder(folder: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    let mut paths = std::iter::once(name.to_owned()).chain(numbered).map(|name| folder.join(name));
    paths.find(|path| path.symlink_metadata().is_err()).expect("there are more numbers than files in a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_workload_driver_and_local_time_and_no_separators() {
        let at = "2026-11-22T14:00:05+01:00[+01:00]".parse().unwrap();
        assert_eq!(stem("simple-workload", "Kafka", &at), "simple-workload-Kafka-2026-11-22-14-00-05");
        assert_eq!(stem("a/b", "../Kafka\n4.1", &at), "a_b-.._Kafka_4.1-2026-11-22-14-00-05");
        assert_eq!(stem(&"w".repeat(400), &"é".repeat(400), &at).len(), 100 + 1 + 100 + 20);
    }

    #[test]
    fn the_detail_file_stands_beside() {
        assert_eq!(detail_beside(Path::new("out/x.json")), Path::new("out/x.detail"));
        assert_eq!(detail_beside(Path::new("x.1")), Path::new("x.1.detail"));
        assert_eq!(hlog_beside(Path::new("out/x.json")), Path::new("out/x.hlog"));
        for result in ["out/x.json", "out/x.detail", "out/x.detail.json", "out/x"] {
            assert_eq!(page_beside(Path::new(result)), Path::new("out/x.html"));
        }
    }

    #[test]
    fn taken_names_get_a_number() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(first_free(folder.path(), "r"), folder.path().join("r.json"));
        std::fs::write(folder.path().join("r.json"), "").unwrap();
        std::fs::write(folder.path().join("r-2.detail"), "").unwrap();
        std::fs::write(folder.path().join("r-3.detail.json"), "").unwrap();
        assert_eq!(first_free(folder.path(), "r"), folder.path().join("r-4.json"));
    }

    #[test]
    fn a_detail_file_is_found_under_its_new_and_its_old_name() {
        let folder = tempfile::tempdir().unwrap();
        let (main, old, new) =
            (folder.path().join("x.json"), folder.path().join("x.detail.json"), folder.path().join("x.detail"));
        assert_eq!(detail_found_beside(&main), None);
        std::fs::write(&old, "").unwrap();
        assert_eq!(detail_found_beside(&main), Some(old));
        std::fs::write(&new, "").unwrap();
        assert_eq!(detail_found_beside(&main), Some(new));
        assert!(is_detail("x.detail") && is_detail("x.detail.json") && !is_detail("x.json"));
    }
}
