//! Where the files and options lie while the plan is made, and where problems and warnings are collected.

use super::ResolveOptions;
use crate::caveat::{Caveat, Subject};
use crate::config::{DriverFile, Problem, Problems, WorkloadFile};

/// The files, the options, and what was found wrong so far.
#[derive(Debug)]
pub(super) struct ResolveContext<'a> {
    pub(super) workload: &'a WorkloadFile,
    pub(super) driver: Option<&'a DriverFile>,
    pub(super) options: &'a ResolveOptions,
    problems: Vec<Problem>,
    warnings: Vec<Caveat>,
}

impl<'a> ResolveContext<'a> {
    /// Begins with the mistakes and warnings that the files bring along.
    pub(super) fn new(workload: &'a WorkloadFile, driver: Option<&'a DriverFile>, options: &'a ResolveOptions) -> Self {
        let mut problems = workload.mistakes.clone();
        let mut warnings: Vec<Caveat> = workload.warnings.iter().map(Caveat::from).collect();
        if let Some(driver) = driver {
            problems.extend(driver.mistakes.iter().cloned());
            warnings.extend(driver.warnings.iter().map(Caveat::from));
        }
        Self { workload, driver, options, problems, warnings }
    }

    /// Refuses a key of the workload file.
    pub(super) fn refuse(&mut self, key: &str, what: impl Into<String>) {
        self.problems.push(Problem::of_key(&self.workload.path, self.workload.line(key), key, what));
    }

    /// Refuses an option of the command line.
    pub(super) fn refuse_option(&mut self, option: Option<&str>, what: impl Into<String>) {
        self.problems.push(Problem::of_option(option, what));
    }

    /// Refuses a key (or, with its own line, a property) of the driver file; once, however many clients share it.
    pub(super) fn refuse_driver(&mut self, driver: &DriverFile, line: Option<usize>, key: &str, what: String) {
        let problem = Problem::of_key(&driver.path, line, key, what);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The same, unless something is wrong with this key in this line already.
    pub(super) fn refuse_driver_once(&mut self, driver: &DriverFile, line: Option<usize>, key: &str, what: String) {
        let known = |problem: &Problem| {
            problem.file == driver.path && problem.line == line && problem.key.as_deref() == Some(key)
        };
        if !self.problems.iter().any(known) {
            self.refuse_driver(driver, line, key, what);
        }
    }

    /// Warns of a key (or, with its own line, a property) of the driver file.
    pub(super) fn warn_driver(&mut self, driver: &DriverFile, line: Option<usize>, key: &str, what: &str) {
        self.warnings.push(Caveat::from(&Problem::of_key(&driver.path, line, key, what)));
    }

    /// Warns of a key of the workload file.
    pub(super) fn warn(&mut self, key: &str, what: impl Into<String>) {
        let warning = Problem::of_key(&self.workload.path, self.workload.line(key), key, what);
        self.warnings.push(Caveat::from(&warning));
    }

    /// Warns of anything else.
    pub(super) fn warn_plainly(&mut self, code: &'static str, what: impl Into<String>) {
        self.warnings.push(Caveat::warning(code, Subject::Plan, what));
    }

    /// A number that must be written and at least 1.
    pub(super) fn at_least_one(&mut self, key: &str, value: Option<u32>, example: &str) -> Option<u32> {
        match value {
            Some(0) => self.refuse(key, format!("is 0: write at least 1, for example {key}: {example}")),
            Some(value) => return Some(value),
            None => self.missing(key, example),
        }
        None
    }

    /// A key that must be written is not; says so unless it is written wrongly, which is said already.
    pub(super) fn missing(&mut self, key: &str, example: &str) {
        if !self.written_wrongly(key) {
            self.refuse(key, format!("is missing: write for example {key}: {example}"));
        }
    }

    /// Is this key of the workload file written wrongly? Then that is said already.
    pub(super) fn written_wrongly(&self, key: &str) -> bool {
        self.workload.written_wrongly(key)
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// All problems: workload file, driver file, command line; within a file by line, what has no line of its own (a
    /// missing key) last.
    pub(super) fn into_problems(mut self) -> Problems {
        let driver = self.driver.map(|driver| driver.path.as_path());
        self.problems.sort_by_key(|problem| {
            let file = if problem.file == self.workload.path {
                0
            } else if Some(problem.file.as_path()) == driver {
                1
            } else {
                2
            };
            let whole_file = problem.key.is_none();
            (file, !whole_file, problem.line.unwrap_or(usize::MAX))
        });
        Problems(self.problems)
    }

    pub(super) fn into_warnings(self) -> Vec<Caveat> {
        self.warnings
    }
}
