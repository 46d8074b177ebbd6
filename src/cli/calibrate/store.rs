//! Where floors are kept: one small file for each machine and build in the user's state folder.

use crate::cli::values::FloorArg;
use crate::report::floor::{Floor, FloorSchema, FloorStanding, Identity, UsedFloor};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a run has of a floor: what `--floor` says, else the stored one of this machine and build.
///
/// # Errors
/// A named file that cannot be read, or is no floor.
pub(in crate::cli) fn standing(wanted: Option<&FloorArg>, root: &Path) -> Result<FloorStanding, String> {
    match wanted {
        Some(FloorArg::None) => return Ok(FloorStanding::Off),
        Some(FloorArg::File(path)) => {
            let floor = read(path).map_err(|why| format!("--floor {}: {why}", path.display()))?;
            return Ok(judged(floor, path, &Identity::capture(root)));
        }
        None => {}
    }
    let Some(folder) = folder() else { return Ok(FloorStanding::None) };
    // Who never calibrated need not know the checksum of the program.
    let host = host_of(&std::fs::read_to_string(root.join("proc/sys/kernel/hostname")).unwrap_or_default());
    let stored = floors_of(&folder, &host);
    if stored.is_empty() {
        return Ok(FloorStanding::None);
    }
    let own = Identity::capture(root);
    let path = folder.join(file_name(&own));
    if stored.contains(&path) {
        return Ok(match read(&path) {
            Ok(floor) => judged(floor, &path, &own),
            Err(why) => FloorStanding::NotUsed(format!("{} is not used: {why}; run pinload calibrate", path.display())),
        });
    }
    let others = stored.len();
    Ok(FloorStanding::NotUsed(format!(
        "{} on this machine of another build of pinload or librdkafka, not used: run pinload calibrate",
        if others == 1 { "there is a calibration".to_owned() } else { format!("there are {others} calibrations") }
    )))
}

/// One that was read: is it of this machine and build?
fn judged(floor: Floor, path: &Path, own: &Identity) -> FloorStanding {
    let differences = own.differences(&floor.identity);
    let path = path.display().to_string();
    if differences.is_empty() {
        return FloorStanding::Used(Box::new(UsedFloor { path, floor }));
    }
    FloorStanding::NotUsed(format!(
        "{path} is of another machine or build and not used ({}): run pinload calibrate",
        differences.join("; ")
    ))
}

fn read(path: &Path) -> Result<Floor, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    // First of all: another version may have other fields.
    #[derive(serde::Deserialize)]
    struct Head {
        schema: FloorSchema,
    }
    let no_floor = |error: serde_json::Error| format!("is no calibration of pinload: {error}");
    let Head { schema } = serde_json::from_str(&text).map_err(no_floor)?;
    if schema != FloorSchema::current() {
        let FloorSchema { name, version } = FloorSchema::current();
        return Err(format!("is a {} of version {}, not a {name} of version {version}", schema.name, schema.version));
    }
    serde_json::from_str(&text).map_err(no_floor)
}

/// Writes a floor to `named`, or to its place in the state folder. The file is whole or not there.
pub(super) fn write(floor: &Floor, named: Option<&Path>) -> Result<PathBuf, String> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => folder()
            .ok_or("no place to store it: neither XDG_STATE_HOME nor HOME is set; name a file with --output")?
            .join(file_name(&floor.identity)),
    };
    let failed = |error: std::io::Error| {
        format!("cannot write {}: {error}; name another file with --output FILE", path.display())
    };
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if named.is_none() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut text = serde_json::to_string_pretty(floor).map_err(|error| failed(error.into()))?;
    text.push('\n');
    let mut file = tempfile::Builder::new().prefix(".pinload-").suffix(".tmp").tempfile_in(parent).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(path)
}

/// `$XDG_STATE_HOME/pinload` or `~/.local/state/pinload`; a relative path in the variable is to be ignored (XDG Base
/// Directory Specification).
fn folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")))?;
    Some(state.join("pinload"))
}

/// `floor-<host>-<version>-<checksum of the program>-<librdkafka>.json`
fn file_name(identity: &Identity) -> String {
    let Identity { host_name, pinload_version, program_crc32, librdkafka_version, .. } = identity;
    format!("{}{pinload_version}-{program_crc32}-rdkafka-{librdkafka_version}.json", prefix(&host_of(host_name)))
}

fn prefix(host: &str) -> String {
    format!("floor-{host}-")
}

/// A host's name as part of a file name.
fn host_of(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '_' };
    name.trim().chars().map(plain).take(64).collect()
}

fn floors_of(folder: &Path, host: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let ours = |name: &str| name.starts_with(&prefix(host)) && name.ends_with(".json");
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(ours))
        .map(|entry| entry.path())
        .collect()
}
