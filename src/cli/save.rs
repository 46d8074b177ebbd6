//! `--save DIR`: the workload and driver files that a command line means.

use super::args::{RateScopeArg, RunArgs};
use super::messages::Messages;
use super::plans::InputFiles;
use crate::config::workload::WorkloadFile;
use crate::config::yaml::YamlDocument;
use crate::units::Rate;
use serde_yaml::Value;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Only for their owner: driver files may hold passwords.
const MODE: u32 = 0o600;

/// Writes them and says which, and how to run them.
///
/// # Errors
/// The folder or a file cannot be written, or another file of that name is there.
pub(super) fn save(args: &RunArgs, files: &InputFiles, folder: &Path, messages: &mut Messages) -> Result<(), String> {
    let fail = |path: &Path, error| format!("--save: cannot write {}: {error}; name another folder", path.display());
    fs::create_dir_all(folder).map_err(|error| fail(folder, error))?;
    let name = |base: String| folder.join(format!("{base}.yaml"));
    let workloads: Vec<_> =
        files.workloads.iter().map(|file| (name(file.base_name()), workload_text(file, args))).collect();
    let drivers: Vec<_> = files.drivers.iter().map(|file| (name(file.base_name()), file.text.clone())).collect();
    let all: Vec<_> = workloads.iter().chain(&drivers).collect();
    for (at, (path, text)) in all.iter().enumerate() {
        let here = fs::read_to_string(path).ok();
        let twice = all[..at].iter().any(|(other, earlier)| other == path && earlier != text);
        if twice || here.is_some_and(|here| here != *text) {
            return Err(format!(
                "--save: {} is there already and says something else: name another folder",
                path.display()
            ));
        }
    }
    for (path, text) in all {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| fail(path, error))?;
    }
    let list = |files: &[(PathBuf, String)], between: &str| {
        files.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(between)
    };
    let unlimited = if args.rate == Some(Rate::Unlimited) { " --rate unlimited" } else { "" };
    messages.info(
        "saved",
        &format!("pinload run -d {}{unlimited} {} does the same", list(&drivers, ","), list(&workloads, " ")),
    );
    Ok(())
}

/// The file's text, with what options say in place of its keys.
fn workload_text(file: &WorkloadFile, args: &RunArgs) -> String {
    let minutes = |time: std::time::Duration| Value::from(time.as_secs_f64() / 60.0);
    let rate = match args.rate {
        Some(Rate::PerSecond(per_s)) => Some(Value::from(per_s)),
        // No key can say it: it stays an option.
        Some(Rate::Unlimited) | None => None,
    };
    let scope = args.rate_scope.map(|scope| match scope {
        RateScopeArg::PerProducer => Value::from("per-producer"),
        RateScopeArg::Total => Value::from("total"),
    });
    let topics = Some(&args.topics).filter(|topics| !topics.is_empty());
    let said = [
        ("producerRate", rate),
        ("producerRateScope", scope),
        ("testDurationMinutes", args.duration.map(minutes)),
        ("warmupDurationMinutes", args.warmup.map(minutes)),
        ("existingTopicList", topics.map(|names| names.iter().map(|name| Value::from(name.clone())).collect())),
    ];
    if said.iter().all(|(_, value)| value.is_none()) {
        return file.text.clone();
    }
    // It was read before; what was read can be read again.
    let Ok(mut document) = YamlDocument::parse(&file.path, &file.text) else { return file.text.clone() };
    said.into_iter().filter_map(|(key, value)| Some((key, value?))).for_each(|(key, value)| document.set(key, value));
    document.text
}
