//! The workers file of OMB and of the guide: `workers:` and a list of base addresses. Other keys are ignored, as OMB
//! does.

use super::fields::FieldReader;
use super::problem::{Problem, Problems};
use super::yaml::YamlDocument;
use std::path::Path;

/// Base addresses of workers, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkersFile {
    /// `http://host:port`, at least one.
    pub workers: Vec<String>,
}

impl WorkersFile {
    /// Reads a workers file.
    ///
    /// # Errors
    /// No YAML, no list `workers`, an empty one, or something that is no address.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        YamlDocument::read_filled(path).and_then(|document| Self::of(&document))
    }

    fn of(document: &YamlDocument) -> Result<Self, Problems> {
        const KEY: &str = "workers";
        let mut fields = FieldReader::new(document);
        let workers = fields.texts(KEY, "[\"http://host-1:8080\", \"http://host-2:8080\"]");
        let mut mistakes = fields.mistakes;
        let wrong = |what: String| Problem::of_key(&document.path, document.line(KEY), KEY, what);
        match &workers {
            Some(workers) if workers.is_empty() => {
                mistakes.push(wrong("is empty: name at least one worker".to_owned()));
            }
            None if mistakes.is_empty() => {
                mistakes.push(Problem::of_file(
                    &document.path,
                    "has no list workers: write workers: [\"http://host:8080\"]",
                ));
            }
            _ => {}
        }
        mistakes.extend(workers.iter().flatten().filter_map(|worker| address(worker).err()).map(wrong));
        match workers {
            Some(workers) if mistakes.is_empty() => Ok(Self { workers }),
            _ => Err(Problems(mistakes)),
        }
    }
}

/// Is this a base address of a worker? OMB takes it as it is and fails later where the scheme is missing.
///
/// # Errors
/// What is wrong, and what to write.
pub fn address(worker: &str) -> Result<(), String> {
    let Some(rest) = worker.strip_prefix("http://") else {
        return Err(if worker.starts_with("https://") {
            format!(
                "{worker:?}: workers speak plain HTTP; for an untrusted network use an SSH tunnel and \
                 http://localhost:PORT"
            )
        } else {
            format!("{worker:?} is no address of a worker: write http://{worker}")
        });
    };
    let authority = rest.trim_end_matches('/');
    let port = match authority.strip_prefix('[') {
        Some(ipv6) => ipv6.split_once(']').map(|(_, port)| port),
        None => Some(authority.find(':').map_or("", |at| &authority[at..])),
    };
    let port_fits = port.is_some_and(|port| match port.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'),
        None => port.is_empty(),
    });
    let strange = ['/', '?', '#', ' ', '@', '"', '\'', ',', ';', '<', '>', '{', '}'];
    if authority.is_empty() || authority.starts_with(':') || authority.contains(strange) || !port_fits {
        return Err(format!("{worker:?} is no address of a worker: write http://host:port, one for each worker"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<String>, String> {
        YamlDocument::parse(Path::new("workers.yaml"), text)
            .and_then(|document| WorkersFile::of(&document))
            .map(|file| file.workers)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_lists_of_omb_and_of_the_guide_are_read() {
        let workers = parse("workers:\n  - http://1.2.3.4:8080\n  - http://4.5.6.7:8080/\nother: 1\n").unwrap();
        assert_eq!(workers, ["http://1.2.3.4:8080", "http://4.5.6.7:8080/"]);
        assert_eq!(parse("workers: [\"http://[::1]:8080\", \"http://host\"]").unwrap().len(), 2);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, expected) in [
            ("workers: []", "is empty"),
            ("hosts: [a]", "has no list workers"),
            ("workers: [\"h:8080\"]", "write http://h:8080"),
            ("workers: [\"https://h:8080\"]", "SSH tunnel"),
            ("workers: [\"http://h:8080/x\"]", "write http://host:port"),
            ("workers: [\"http://h:99080\"]", "write http://host:port"),
            ("workers: [\"http://h:0\"]", "write http://host:port"),
            ("workers: [\"http://a:1;http://b:1\"]", "write http://host:port"),
            ("workers: [\"http://{{ host }}:1\"]", "write http://host:port"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains("workers.yaml"), "{error}");
        }
    }
}
