//! The files on disk. (The tests may run as root, whom permissions do not stop: a folder is made impossible in other
//! ways.)

use crate::plan::Plan;
use crate::report::{ResultFiles, WriteError};
use crate::workload_generator::for_tests::{completed_result, empty_result, period, plan, started_at};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

fn files(plan: &Plan, output: Option<&Path>, folder: &Path) -> Result<ResultFiles, WriteError> {
    ResultFiles::new(plan, output, folder, started_at(), &[])
}

fn listing(folder: &TempDir) -> Vec<String> {
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn both_files_stand_side_by_side_under_workload_driver_and_time() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let mut files = files(&plan, None, folder.path()).unwrap();
    assert_eq!(listing(&folder), [""; 0], "the trial must leave nothing");
    files.write(&completed_result(&plan)).unwrap();
    let time = jiff::Timestamp::try_from(started_at()).unwrap().to_zoned(jiff::tz::TimeZone::system());
    let stem = format!("small-workload-Kafka-{}", time.strftime("%Y-%m-%d-%H-%M-%S"));
    assert_eq!(listing(&folder), [format!("{stem}.detail"), format!("{stem}.json")]);
    let (main, detail) = files.paths();
    assert_eq!(json(&main)["workload"], "small");
    assert_eq!(json(&detail)["schema"]["name"], "pinload-detail");
    let mode = fs::metadata(&main).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode & !0o644, 0, "{mode:o}");
    assert_eq!(mode & 0o600, 0o600, "{mode:o}");
}

#[test]
fn files_grow_with_the_series_and_stay_whole() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let mut files = files(&plan, None, folder.path()).unwrap();
    let mut result = empty_result(&plan);
    for periods in 0..3 {
        files.write(&result).unwrap();
        let (main, detail) = files.paths();
        assert_eq!(json(&main)["publishRate"].as_array().unwrap().len(), periods);
        assert_eq!(json(&detail)["periods"].as_array().unwrap().len(), periods);
        result.periods.push(period(u64::try_from(periods).unwrap()));
    }
    assert_eq!(listing(&folder).len(), 2);
}

#[test]
fn a_default_name_never_replaces_a_file() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let result = empty_result(&plan);
    // Both runs find the name free; the one that writes first has it.
    let (mut first, mut second) =
        (files(&plan, None, folder.path()).unwrap(), files(&plan, None, folder.path()).unwrap());
    first.write(&result).unwrap();
    second.write(&result).unwrap();
    let mut third = files(&plan, None, folder.path()).unwrap();
    third.write(&result).unwrap();
    let names = [first, second, third].map(|files| files.paths().0);
    assert!(names[1].to_string_lossy().ends_with("-2.json"), "{names:?}");
    assert!(names[2].to_string_lossy().ends_with("-3.json"), "{names:?}");
    assert_eq!(listing(&folder).len(), 6);
}

#[test]
fn a_named_output_is_taken_verbatim_and_may_replace_an_older_one() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let output = folder.path().join("mine.json");
    fs::write(&output, "old").unwrap();
    let mut files = files(&plan, Some(&output), Path::new("/nowhere")).unwrap();
    files.write(&empty_result(&plan)).unwrap();
    assert_eq!(listing(&folder), ["mine.detail", "mine.json"]);
    assert_eq!(json(&output)["driver"], "Kafka");
}

#[test]
fn a_link_is_followed_and_not_replaced() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let (link, target) = (folder.path().join("link.json"), folder.path().join("target.json"));
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    files(&plan, Some(&link), folder.path()).unwrap().write(&empty_result(&plan)).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(json(&target)["driver"], "Kafka");
}

#[test]
fn what_cannot_be_written_is_refused_before_the_run_with_a_remedy() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for (output, output_dir, part) in [
        (None, folder.path().join("missing"), "create the folder first"),
        (None, file.join("below"), "is not a folder"),
        (None, file.clone(), "is not a folder"),
        (Some(folder.path().to_owned()), folder.path().to_owned(), "for a folder use --output-dir"),
        (Some("/dev/null".into()), folder.path().to_owned(), "the path of a regular file"),
        (Some(folder.path().join("missing/x.json")), folder.path().to_owned(), "create the folder first"),
    ] {
        let message = files(&plan, output.as_deref(), &output_dir).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    assert!(Path::new("/dev/null").metadata().is_ok_and(|found| !found.is_file()));
}

#[test]
fn a_full_disk_leaves_the_last_pair_and_no_temporary_file() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let mut files = files(&plan, None, folder.path()).unwrap();
    let mut result = empty_result(&plan);
    files.write(&result).unwrap();
    let (main, detail) = files.paths();
    let before = (fs::read(&main).unwrap(), fs::read(&detail).unwrap());
    result.periods.push(period(0));
    // A part goes onto the disk, then the kernel says what a full disk says.
    files.fill = |file, bytes| {
        file.write_all(&bytes[..100])?;
        File::options().write(true).open("/dev/full")?.write_all(&bytes[100..])
    };
    let error = files.write(&result).unwrap_err();
    assert!(error.is_disk_full());
    assert!(error.to_string().contains("the disk is full: free some space"), "{error}");
    assert!(error.to_string().contains(&main.display().to_string()), "{error}");
    assert_eq!((fs::read(&main).unwrap(), fs::read(&detail).unwrap()), before);
    assert_eq!(listing(&folder).len(), 2);
}

#[test]
fn a_folder_that_goes_away_during_the_run_is_one_clear_error() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let mut files = files(&plan, None, folder.path()).unwrap();
    fs::remove_dir(folder.path()).unwrap();
    let error = files.write(&empty_result(&plan)).unwrap_err();
    assert!(error.to_string().contains("create the folder first"), "{error}");
}
