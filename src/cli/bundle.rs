//! `pinload bundle`: a folder of results as one file to hand on.
//!
//! What is packed has checksums. Secrets in the text files that were given (driver files, the campaign file) become
//! references to the environment: the bundle can be handed on, and whoever has the secrets can run it again.

use super::campaign::folder::{CHECKSUMS, files_below, sha256};
use super::campaign_args::BundleArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use crate::plan::properties::is_secret;
use crate::units::counted;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Packs it, and says what became of secrets.
pub(super) fn bundle(args: &BundleArgs, messages: &mut Messages) -> ExitStatus {
    let folder = &args.folder;
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let Some(name) = name.filter(|_| folder.is_dir()) else {
        messages.error(&format!("{}: is no folder; name one with results", folder.display()));
        return ExitStatus::ConfigurationRefused;
    };
    match changed(folder) {
        Err(error) => {
            messages.error(&format!("{}: cannot be read: {error}", folder.display()));
            return ExitStatus::ConfigurationRefused;
        }
        Ok(changed) if !changed.is_empty() => {
            messages.error(&format!(
                "{}: not as the campaign left it, by its {CHECKSUMS}: {}; pinload campaign --resume sums it up anew",
                folder.display(),
                crate::units::first_few(&changed, ", ")
            ));
            return ExitStatus::ConfigurationRefused;
        }
        Ok(_) => {}
    }
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.tar.gz")));
    match pack(folder, &name, &path) {
        Ok(Packed { files, hidden }) => {
            for (file, names) in hidden {
                messages.info("secrets", &format!("{file}: {} became references to the environment", names.join(", ")));
            }
            messages.result(&format!("wrote  {} ({})", path.display(), counted(files, "file")));
            ExitStatus::Success
        }
        Err(error) => {
            messages.error(&format!("cannot write {}: {error}; name another file with -o FILE", path.display()));
            ExitStatus::ResultsNotWritten
        }
    }
}

/// Files that are not what the folder's checksums say; none where it has no checksums.
fn changed(folder: &Path) -> io::Result<Vec<String>> {
    let Ok(sums) = fs::read_to_string(folder.join(CHECKSUMS)) else { return Ok(Vec::new()) };
    let pairs = sums.lines().filter_map(|line| line.split_once("  "));
    let off = pairs.filter(|(sum, name)| fs::read(folder.join(name)).map_or(true, |bytes| sha256(&bytes) != *sum));
    Ok(off.map(|(_, name)| name.to_owned()).collect())
}

/// What went in.
struct Packed {
    files: usize,
    /// Of each file the variables that stand for its secrets.
    hidden: Vec<(String, Vec<String>)>,
}

fn pack(folder: &Path, name: &str, output: &Path) -> io::Result<Packed> {
    let beside = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(beside)?;
    let mut archive = tar::Builder::new(GzEncoder::new(file.as_file(), Compression::default()));
    let mut packed = Packed { files: 0, hidden: Vec::new() };
    let mut sums = String::new();
    let mut add = |inner: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{name}/{inner}"), bytes)
    };
    for (inner, path) in files_below(folder)? {
        if inner == CHECKSUMS || same_file(&path, output) {
            continue;
        }
        let mut bytes = fs::read(&path)?;
        if inner.ends_with(".yaml") || inner.ends_with(".yml") {
            let (text, names) = without_secrets(&String::from_utf8_lossy(&bytes));
            if !names.is_empty() {
                bytes = text.into_bytes();
                packed.hidden.push((inner.clone(), names));
            }
        }
        // A text takes everything.
        let _ = writeln!(sums, "{}  {inner}", sha256(&bytes));
        add(&inner, &bytes)?;
        packed.files += 1;
    }
    add(CHECKSUMS, sums.as_bytes())?;
    archive.into_inner()?.finish()?.sync_data()?;
    file.persist(output).map_err(|error| error.error)?;
    Ok(packed)
}

fn same_file(path: &Path, other: &Path) -> bool {
    path.canonicalize().ok().is_some_and(|path| other.canonicalize().is_ok_and(|other| path == other))
}

/// The text with `${NAME}` for the value of every secret property, `name=value` or `name: value`, and the names.
fn without_secrets(text: &str) -> (String, Vec<String>) {
    let (mut out, mut names) = (String::new(), Vec::new());
    // What belongs to the value of a secret: the line after a backslash, the lines below a block.
    let (mut goes_on, mut block) = (false, None);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if goes_on || block.is_some_and(|outer| indent > outer || line.trim().is_empty()) {
            goes_on = goes_on && line.trim_end().ends_with('\\');
            continue;
        }
        block = None;
        let Some(Secret { begin, name, in_yaml }) = secret_in(line) else {
            out.push_str(line);
            continue;
        };
        let value = line[begin..].trim_end();
        let quote = if in_yaml { "\"" } else { "" };
        let reference = |number: String| format!("{quote}${{{name}{number}}}{quote}");
        let hidden = match value.strip_prefix('[').filter(|_| in_yaml) {
            // A list stays one of as many values.
            Some(list) => {
                let count = list.split(',').count();
                let all: Vec<String> = (1..=count).map(|number| reference(format!("_{number}"))).collect();
                format!("[{}]", all.join(", "))
            }
            None => reference(String::new()),
        };
        // A text takes everything.
        let _ = writeln!(out, "{}{hidden}", &line[..begin]);
        names.push(name);
        goes_on = value.ends_with('\\');
        block = value.starts_with(['|', '>']).then_some(indent).filter(|_| in_yaml);
    }
    (out, names)
}

/// The value of a secret in a line.
struct Secret {
    /// Where it begins.
    begin: usize,
    /// The variable that stands for it.
    name: String,
    /// After a colon, where it is quoted.
    in_yaml: bool,
}

/// None: there is no secret, or it is a reference already.
fn secret_in(line: &str) -> Option<Secret> {
    let separator = line.find(['=', ':'])?;
    let name = line[..separator].trim().trim_start_matches(['-', '"', '\'', ' ']).trim_end_matches(['"', '\'']);
    let value = line[separator + 1..].trim_start();
    if !is_secret(name) || value.is_empty() || value.starts_with("${") || value.starts_with("\"${") {
        return None;
    }
    let variable = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let in_yaml = line[separator..].starts_with(':');
    Some(Secret { begin: line.len() - value.len(), name: name.chars().map(variable).collect(), in_yaml })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_become_references_and_nothing_else_changes() {
        let text = "name: Kafka\ncommonConfig: |\n  sasl.username=me\n  sasl.password=hush\n  sasl.jaas.config=a b \
                    \\\n    password=\"c\";\n\
                    \x20 ssl.key.password=${KEY}\nsettings:\n  common.sasl.password: hush\n";
        let (hidden, names) = without_secrets(text);
        assert_eq!(names, ["SASL_PASSWORD", "SASL_JAAS_CONFIG", "COMMON_SASL_PASSWORD"]);
        assert_eq!(
            hidden,
            "name: Kafka\ncommonConfig: |\n  sasl.username=me\n  sasl.password=${SASL_PASSWORD}\n\
             \x20 sasl.jaas.config=${SASL_JAAS_CONFIG}\n  ssl.key.password=${KEY}\nsettings:\n\
             \x20 common.sasl.password: \"${COMMON_SASL_PASSWORD}\"\n"
        );
        assert!(!hidden.contains("hush"));
    }

    #[test]
    fn values_of_several_lines_and_lists_leave_nothing_behind() {
        let text = "ssl.key.pem: |\n  -----BEGIN\n  hush\nname: x\n- common.sasl.password: [hush, hush]\n";
        let (hidden, names) = without_secrets(text);
        assert_eq!(names, ["SSL_KEY_PEM", "COMMON_SASL_PASSWORD"]);
        assert_eq!(
            hidden,
            "ssl.key.pem: \"${SSL_KEY_PEM}\"\nname: x\n\
             - common.sasl.password: [\"${COMMON_SASL_PASSWORD_1}\", \"${COMMON_SASL_PASSWORD_2}\"]\n"
        );
    }

    #[test]
    fn a_bundle_holds_every_file_and_its_checksum() {
        let scene = tempfile::tempdir().unwrap();
        let folder = scene.path().join("results");
        fs::create_dir_all(folder.join("runs")).unwrap();
        fs::write(folder.join("runs/a.json"), "{}").unwrap();
        fs::write(folder.join("d.yaml"), "  sasl.password=hush\n").unwrap();
        let output = scene.path().join("r.tar.gz");
        let packed = pack(&folder, "results", &output).unwrap();
        assert_eq!((packed.files, packed.hidden.len()), (2, 1));
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(&output).unwrap()));
        let out = scene.path().join("out");
        archive.unpack(&out).unwrap();
        assert_eq!(fs::read_to_string(out.join("results/d.yaml")).unwrap(), "  sasl.password=${SASL_PASSWORD}\n");
        assert_eq!(changed(&out.join("results")).unwrap(), Vec::<String>::new());
        fs::write(out.join("results/runs/a.json"), "{ }").unwrap();
        assert_eq!(changed(&out.join("results")).unwrap(), ["runs/a.json"]);
    }
}
