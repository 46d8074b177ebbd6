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
    /// Worker addresses.
    #[arg(short, long, hide = true, value_name = "URLS", value_delimiter = ',')]
    workers: Vec<String>,
    /// A file of worker addresses (OMB's short form is `-wf`).
    #[arg(long, hide = true, value_name = "FILE")]
    workers_file: Option<PathBuf>,
    /// Extra consumer workers for a backlog.
    #[arg(short = 'x', long, hide = true)]
    extra: bool,
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
        let Self { workers, workers_file, extra, csv } = self;
        [
            (!workers.is_empty(), "-w/--workers"),
            (workers_file.is_some(), "-wf/--workers-file"),
            (*extra, "-x/--extra"),
            (csv.is_some(), Self::CSV),
        ]
        .into_iter()
        .find_map(|(given, option)| given.then_some(option))
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
