//! Arguments as typed, messages, exit codes: the door of the program and the only place that prints and chooses exit
//! codes.

pub mod argfile;
pub mod args;
pub mod argv;
pub mod bench_loop;
pub mod campaign_args;
pub mod cpu_list;
pub mod exit;
pub mod options;
pub mod parse;
pub mod start_args;
pub mod tool_args;

mod bundle;
mod calibrate;
mod campaign;
mod capacity;
mod compare;
mod console;
mod csv;
mod doctor;
mod examples;
mod explain;
mod first_steps;
mod fleet;
mod fork_flags;
mod generate;
mod held;
mod junit_file;
mod live;
mod messages;
mod plans;
mod raw;
mod raw_folder;
mod report;
mod roles;
mod run;
mod save;
mod summary;
mod token;
mod unpacked;
mod values;
mod version;
mod worker;
mod workload_and_driver;

use crate::os::signals::{self, Signal};
use args::{Command, Pinload, RunArgs};
use clap::CommandFactory;
use crossbeam_channel::Receiver;
use exit::ExitStatus;
use messages::Messages;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// The program: a hidden role when it was started as one, else what the user asked for.
pub fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    if let Some(role) = roles::ProcessRole::of(&argv) {
        return role.play();
    }
    serve(argv).into()
}

/// Parses and does what the user asked for.
fn serve(argv: Vec<OsString>) -> ExitStatus {
    if argv.len() <= 1 {
        anstream::eprint!("{}", first_steps::FIRST_STEPS);
        return ExitStatus::Usage;
    }
    let color = argv::color_wanted(&argv);
    let argv = match argfile::expand(argv) {
        Ok(argv) => argv,
        Err(why) => {
            drop(Pinload::command().color(color).error(clap::error::ErrorKind::Io, why).print());
            return ExitStatus::Usage;
        }
    };
    let pinload = match Pinload::parse_from_argv(&argv::rewrite(argv), color) {
        Ok(pinload) => pinload,
        Err(error) => return not_parsed(&error),
    };
    match pinload.command {
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Pinload::command(), "pinload", &mut std::io::stdout());
            ExitStatus::Success
        }
        Command::BenchLoop(args) => bench_loop::bench_loop(&args),
        Command::Worker(args) => match signals::listen() {
            Ok(signals) => worker::serve(&args, signals),
            Err(error) => not_listening(&error, &mut Messages::plain(args.color)),
        },
        Command::Csv(args) => finished(Messages::plain(args::ColorWhen::Auto), |messages| csv::csv(&args, messages)),
        Command::Explain(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| explain::explain(&args, messages))
        }
        Command::Examples(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| examples::examples(&args, messages))
        }
        Command::Schema => finished(Messages::plain(args::ColorWhen::Auto), |messages| {
            let schema = crate::report::detail::schema::schema();
            // A value is always a text.
            messages.result(&serde_json::to_string_pretty(&schema).unwrap_or_default());
            ExitStatus::Success
        }),
        Command::Report(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| report::report(&args, messages))
        }
        Command::Capacity(args) => listening(
            || Messages::plain(args.run.color),
            |messages, signals| capacity::capacity(&args, messages, signals),
        ),
        Command::Campaign(args) => listening(
            || Messages::plain(args::ColorWhen::Auto),
            |messages, signals| campaign::campaign(&args, messages, signals),
        ),
        Command::Bundle(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| bundle::bundle(&args, messages))
        }
        Command::Compare(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| compare::compare(&args, messages))
        }
        Command::Raw(args) => finished(Messages::plain(args::ColorWhen::Auto), |messages| raw::raw(&args, messages)),
        Command::Generate(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| generate::generate(&args, messages))
        }
        Command::Doctor(args) => {
            finished(Messages::plain(args::ColorWhen::Auto), |messages| doctor::doctor(&args, messages))
        }
        Command::Calibrate(args) => listening(
            || Messages::plain(args::ColorWhen::Auto),
            |messages, signals| calibrate::calibrate(&args, messages, signals),
        ),
        Command::Plan(args) => with_messages(&args, run::plan),
        Command::Run(args) if args.csv.is_some() => with_messages(&args, |args, messages| {
            let folder = args.csv.clone().unwrap_or_default();
            csv::csv(&tool_args::CsvArgs { folder, wide: false, output: args.output.clone() }, messages)
        }),
        Command::Run(args) => {
            listening(|| Messages::new(&args), |messages, signals| run::run(&args, messages, signals))
        }
    }
}

/// Does `what` with signals that can be waited for.
fn listening(
    messages: impl FnOnce() -> Messages,
    what: impl FnOnce(&mut Messages, &Receiver<Signal>) -> ExitStatus,
) -> ExitStatus {
    // First of all: they must be blocked before any other thread exists, also one that messages have.
    let signals = signals::listen();
    finished(messages(), |messages| match signals {
        Ok(signals) => what(messages, &signals),
        Err(error) => not_listening(&error, messages),
    })
}

fn not_listening(error: &std::io::Error, messages: &mut Messages) -> ExitStatus {
    messages.error(&format!("cannot listen to signals: {error}"));
    ExitStatus::MachineRefused
}

/// Help and version are answers; the rest is a mistake.
fn not_parsed(error: &clap::Error) -> ExitStatus {
    match error.kind() {
        clap::error::ErrorKind::DisplayVersion => anstream::println!("{}", version::text()),
        // A closed pipe is no reason to complain: whoever read it has seen enough.
        _ => drop(error.print()),
    }
    if error.exit_code() == 0 { ExitStatus::Success } else { ExitStatus::Usage }
}

/// Does `what` with messages as the arguments want them; a result that could not be printed is a failure of its own.
fn with_messages(args: &RunArgs, what: impl FnOnce(&RunArgs, &mut Messages) -> ExitStatus) -> ExitStatus {
    finished(Messages::new(args), |messages| what(args, messages))
}

/// The same with messages of any kind.
fn finished(mut messages: Messages, what: impl FnOnce(&mut Messages) -> ExitStatus) -> ExitStatus {
    let status = what(&mut messages);
    match messages.finish() {
        Some(error) if status == ExitStatus::Success => {
            messages.error(&format!("cannot write to standard output: {error}"));
            ExitStatus::ResultsNotWritten
        }
        _ => status,
    }
}

/// Where /proc and /sys are found.
fn root() -> &'static Path {
    Path::new("/")
}
