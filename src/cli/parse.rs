//! From a command line to arguments: what the parser cannot say by itself, and OMB's options that are refused by name.

use super::args::{Command, Pinload, RunArgs};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::PathBuf;

// OMB's options that are understood and refused; not part of `RunArgs`, so that nothing offers them. Not a doc comment: the parser would
// make it the help text of the commands that the options are added to.
#[derive(Debug, Args)]
struct NotBuilt {
    /// A folder of results to be turned into CSV.
    #[arg(short, long, hide = true, value_name = "DIR")]
    csv: Option<PathBuf>,
}

impl Pinload {
    /// Parses a command line that `argv::rewrite` has been over. The error is help, version, or a mistake.
    pub fn parse_from_argv(argv: &[OsString], color: clap::ColorChoice) -> Result<Self, clap::Error> {
        // OMB's options are added for parsing only: neither help nor completions offer what is not built.
        let mut command = ["run", "plan"]
            .into_iter()
            .fold(Self::command().color(color), |command, name| command.mut_subcommand(name, NotBuilt::augment_args));
        let matches = command.try_get_matches_from_mut(argv).map_err(|error| {
            // `-c DIR` needs no workloads in OMB; to ask for them would mislead.
            let about_csv = argv.iter().any(|arg| arg == "-c" || arg == "--csv");
            match error.kind() {
                ErrorKind::MissingRequiredArgument if about_csv => not_built(&mut command, NotBuilt::CSV),
                _ => error,
            }
        })?;
        let pinload = Self::from_arg_matches(&matches)?;
        let (Command::Run(args) | Command::Plan(args)) = &pinload.command else {
            return Ok(pinload);
        };
        let Some((name, matches)) = matches.subcommand() else {
            return Ok(pinload);
        };
        let command = command.find_subcommand_mut(name).expect("it was just parsed");
        if let Some(option) = NotBuilt::from_arg_matches(matches)?.first() {
            return Err(not_built(command, option));
        }
        match args.mistake() {
            Some((kind, what)) => Err(command.error(kind, what)),
            None => Ok(pinload),
        }
    }
}

impl NotBuilt {
    const CSV: &str = "-c/--csv";

    /// The first option that was given.
    fn first(&self) -> Option<&'static str> {
        self.csv.is_some().then_some(Self::CSV)
    }
}

fn not_built(command: &mut clap::Command, option: &str) -> clap::Error {
    command.error(ErrorKind::UnknownArgument, format!("{option} is an option of OMB that is not built yet"))
}

impl RunArgs {
    /// What the parser itself cannot say.
    fn mistake(&self) -> Option<(ErrorKind, String)> {
        if self.drivers.is_empty() && !self.embedded {
            let what = "no driver: give driver files with -d FILE, or use --embedded";
            return Some((ErrorKind::MissingRequiredArgument, what.to_owned()));
        }
        if !self.workers.is_empty() && self.workers_file.is_some() {
            // OMB's words.
            let what = "Only one between --workers and --workers-file can be specified";
            return Some((ErrorKind::ArgumentConflict, what.to_owned()));
        }
        let distributed = !self.workers.is_empty() || self.workers_file.is_some();
        if !distributed && (self.extra || self.token_file.is_some()) {
            let what = "--extra and --token-file are for runs on workers: name them with -w or -wf";
            return Some((ErrorKind::MissingRequiredArgument, what.to_owned()));
        }
        if distributed && (self.cpus.is_some() || self.io_cpus.is_some() || self.numa_node.is_some()) {
            let what =
                "where clients run is each worker's affair: give --cpus, --io-cpus and --numa-node to pinload worker";
            return Some((ErrorKind::ArgumentConflict, what.to_owned()));
        }
        let runs = self.workloads.len() * self.drivers.len().max(1);
        if self.output.is_some() && runs > 1 {
            let what = format!("--output names one file, but there are {runs} runs: use --output-dir");
            return Some((ErrorKind::ArgumentConflict, what));
        }
        None
    }
}

#[cfg(test)]
mod tests;
