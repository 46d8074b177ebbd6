//! From a command line to arguments: what the parser cannot say by itself, and options of OMB's forks that are refused
//! by name.

use super::args::{Command, Pinload, RunArgs};
use super::fork_flags::ForkFlags;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::io::IsTerminal as _;

impl Pinload {
    /// Parses a command line that `argv::rewrite` has been over. The error is help, version, or a mistake.
    pub fn parse_from_argv(argv: &[OsString], color: clap::ColorChoice) -> Result<Self, clap::Error> {
        // Options of OMB's forks are added for parsing only: neither help nor completions offer what is refused.
        let mut command = ["run", "plan", "capacity"]
            .into_iter()
            .fold(Self::command().color(color), |command, name| command.mut_subcommand(name, ForkFlags::augment_args));
        let matches = command.try_get_matches_from_mut(argv)?;
        let pinload = Self::from_arg_matches(&matches)?;
        let args = match &pinload.command {
            Command::Run(args) | Command::Plan(args) => args.as_ref(),
            Command::Capacity(args) => &args.run,
            _ => return Ok(pinload),
        };
        let Some((name, matches)) = matches.subcommand() else {
            return Ok(pinload);
        };
        let command = command.find_subcommand_mut(name).expect("it was just parsed");
        if let Some(why) = ForkFlags::from_arg_matches(matches)?.refusal() {
            return Err(command.error(ErrorKind::UnknownArgument, why));
        }
        if args.csv.is_some() && name == "plan" {
            return Err(command.error(ErrorKind::ArgumentConflict, "-c/--csv plans nothing: write pinload csv DIR"));
        }
        if name == "capacity"
            && let Some(option) = args.not_of_trials()
        {
            let why =
                format!("{option} is for a single run: a capacity has many, whose files are in a folder of its own");
            return Err(command.error(ErrorKind::ArgumentConflict, why));
        }
        match args.mistake() {
            Some((kind, what)) => Err(command.error(kind, what)),
            None => Ok(pinload),
        }
    }
}

impl RunArgs {
    /// An option that has no meaning for the trials of a search.
    fn not_of_trials(&self) -> Option<&'static str> {
        [
            (self.csv.is_some(), "--csv"),
            (self.output.is_some(), "--output"),
            (self.junit.is_some(), "--junit"),
            (self.tui, "--tui"),
            (self.duration.is_some(), "--duration"),
            (self.record_raw.is_some(), "--record-raw"),
            (self.metrics_addr.is_some(), "--metrics-addr"),
            (self.start.save.is_some(), "--save"),
        ]
        .into_iter()
        .find_map(|(given, option)| given.then_some(option))
    }

    /// What the parser itself cannot say.
    fn mistake(&self) -> Option<(ErrorKind, String)> {
        if self.csv.is_some() {
            // Nothing else is done, whatever else is given.
            return None;
        }
        if self.drivers.is_empty() && !self.embedded && self.start.bootstrap.is_none() {
            let what =
                "no driver: give driver files with -d FILE, a Kafka with --bootstrap HOST:PORT, or use --embedded";
            return Some((ErrorKind::MissingRequiredArgument, what.to_owned()));
        }
        if self.tui && !std::io::stderr().is_terminal() {
            let what = "--tui draws on a terminal, and standard error is none".to_owned();
            return Some((ErrorKind::ArgumentConflict, what));
        }
        if let Some(what) = self.start.twice() {
            return Some((ErrorKind::ArgumentConflict, what));
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
        if distributed && self.placement.names_cpus() {
            let what =
                "where clients run is each worker's affair: give --cpus, --io-cpus and --numa-node to pinload worker";
            return Some((ErrorKind::ArgumentConflict, what.to_owned()));
        }
        if distributed && self.record_raw.is_some() {
            let what = "raw samples lie where the clients run: give --record-raw to pinload worker";
            return Some((ErrorKind::ArgumentConflict, what.to_owned()));
        }
        let runs = self.workloads.len().max(1) * self.drivers.len().max(1);
        if self.output.is_some() && runs > 1 {
            let what = format!("--output names one file, but there are {runs} runs: use --output-dir");
            return Some((ErrorKind::ArgumentConflict, what));
        }
        None
    }
}

#[cfg(test)]
mod tests;
