//! What is wrong with a file: all mistakes at once, each with file, line, key and remedy.

use crate::caveat::{Caveat, Subject};
use std::path::{Path, PathBuf};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; empty when it is about the command line.
    pub file: PathBuf,
    /// Line, counted from 1, where known.
    pub line: Option<usize>,
    /// The key (or the option), where it is about one.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub what: String,
}

impl Problem {
    /// About a whole file.
    pub fn of_file(file: &Path, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: None, what: what.into() }
    }
    /// About one key of a file.
    pub fn of_key(file: &Path, line: Option<usize>, key: &str, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, key: Some(key.to_owned()), what: what.into() }
    }
    /// About an option of the command line (`--rate`); None: about the command line as a whole.
    pub fn of_option(option: Option<&str>, what: impl Into<String>) -> Self {
        Self { file: PathBuf::new(), line: None, key: option.map(str::to_owned), what: what.into() }
    }
}

/// All mistakes of what was read; never empty when returned as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// As a warning.
impl From<&Problem> for Caveat {
    fn from(problem: &Problem) -> Self {
        let warning = Self::warning("setting", Subject::Plan, problem.to_string());
        match &problem.key {
            Some(key) => warning.with("key", key.as_str()),
            None => warning,
        }
    }
}

impl std::fmt::Display for Problem {
    /// `file.yaml:12: producerRate: …`; an option has no file: `--rate: …`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.file.as_os_str().is_empty() {
            write!(f, "{}:", self.file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            write!(f, " ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        write!(f, "{}", self.what)
    }
}
impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_printed_as_compilers_do_so_that_editors_can_jump_to_it() {
        let file = Path::new("w.yaml");
        assert_eq!(Problem::of_key(file, Some(12), "topics", "is 0").to_string(), "w.yaml:12: topics: is 0");
        assert_eq!(Problem::of_key(file, None, "topics", "is missing").to_string(), "w.yaml: topics: is missing");
        assert_eq!(Problem::of_file(file, "is empty").to_string(), "w.yaml: is empty");
        assert_eq!(Problem::of_option(Some("--rate"), "is 0").to_string(), "--rate: is 0");
    }

    #[test]
    fn several_problems_stand_on_a_line_each() {
        let problems = Problems(vec![Problem::of_option(None, "a"), Problem::of_option(None, "b")]);
        assert_eq!(problems.to_string(), "a\nb");
    }
}
