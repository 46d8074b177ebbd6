//! What the program says: results to standard output, everything else to standard error, colors where they are wanted.
//!
//! Lines on standard error begin with a word that says what they are; more lines of the same text are indented below
//! it.

mod columns;
mod shown;

use super::args::{ColorWhen, RunArgs};
use super::held::HeldOutput;
use super::live::LiveLine;
use crate::tui::{LiveView, ViewUpdate};
use anstyle::{AnsiColor, Style};
use columns::{TerminalColumns, fit};
use std::io::{self, ErrorKind, Write};

/// Width of the word at the beginning, and of the indentation below.
const LABEL_WIDTH: usize = 7;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const LABEL: Style = AnsiColor::Cyan.on_default();
const PLAIN: Style = Style::new();

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Errors, warnings, results.
    Quiet,
    /// Also what happens.
    Normal,
    /// Also every step.
    Verbose,
}

/// Both outputs.
pub(super) struct Messages {
    results: Box<dyn Write>,
    others: Box<dyn Write>,
    verbosity: Verbosity,
    live: Option<LiveLine>,
    /// The view over the whole terminal, and what is to be printed when it is gone.
    view: Option<(LiveView, HeldOutput)>,
    /// Columns of each output, where it is a terminal: there, long lines are broken between words.
    columns: TerminalColumns,
    /// The first failure to write results.
    failure: Option<io::Error>,
}

fn choose_color(color: ColorWhen) {
    match color {
        ColorWhen::Auto => anstream::ColorChoice::Auto,
        ColorWhen::Always => anstream::ColorChoice::Always,
        ColorWhen::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

impl Messages {
    /// The process's own outputs, as the arguments want them.
    pub(super) fn new(args: &RunArgs) -> Self {
        choose_color(args.color);
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        };
        let wants_live = !args.no_progress && !args.tui && verbosity > Verbosity::Quiet;
        let live = if wants_live { LiveLine::on_terminal() } else { None };
        let columns = TerminalColumns::of_terminals();
        Self { live, columns, ..Self::to(Box::new(anstream::stdout()), Box::new(anstream::stderr()), verbosity) }
    }

    /// The same without a live line.
    pub(super) fn plain(color: ColorWhen) -> Self {
        choose_color(color);
        let columns = TerminalColumns::of_terminals();
        let outputs: [Box<dyn Write>; 2] = [Box::new(anstream::stdout()), Box::new(anstream::stderr())];
        let [results, others] = outputs;
        Self { columns, ..Self::to(results, others, Verbosity::Normal) }
    }

    /// Everything into one file, as of a run that nobody looks on.
    pub(super) fn into_file(file: &std::fs::File) -> io::Result<Self> {
        Ok(Self::to(Box::new(file.try_clone()?), Box::new(file.try_clone()?), Verbosity::Normal))
    }

    /// Other outputs.
    fn to(results: Box<dyn Write>, others: Box<dyn Write>, verbosity: Verbosity) -> Self {
        Self { results, others, verbosity, live: None, view: None, columns: TerminalColumns::default(), failure: None }
    }

    /// How much is said.
    pub(super) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Columns of the terminal that results go to; None: they go to a file or another program.
    pub(super) fn columns(&self) -> Option<usize> {
        self.columns.results
    }

    /// A result, always said.
    pub(super) fn result(&mut self, text: &str) {
        if let Some((_, held)) = &mut self.view
            && held.result(text)
        {
            return;
        }
        let Self { results, live, failure, .. } = self;
        let print = || writeln!(results, "{text}").and_then(|()| results.flush());
        let printed = aside(live.as_ref(), print);
        if let Err(error) = printed {
            failure.get_or_insert(error);
        }
    }

    /// A result of several lines for people, broken to the terminal's width. (Lines in OMB's format stay whole: see
    /// `result`.)
    pub(super) fn table(&mut self, text: &str) {
        self.result(&fit(text, self.columns.results, 0, 6));
    }

    /// A result whose further lines begin `hang` columns in.
    pub(super) fn hanging(&mut self, text: &str, hang: usize) {
        self.result(&fit(text, self.columns.results, 0, hang));
    }

    /// The same for where results are read by programs: beside them, and not when quiet.
    pub(super) fn table_beside(&mut self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            text.lines().for_each(|line| self.say(PLAIN, "", line));
        }
    }

    /// Something that stops a run or all of them.
    pub(super) fn error(&mut self, text: &str) {
        self.say(ERROR, "error", text);
    }

    /// Something to know that stops nothing.
    pub(super) fn warn(&mut self, text: &str) {
        self.say(WARNING, "warn", text);
    }

    /// What happens. Not said when quiet.
    pub(super) fn info(&mut self, label: &str, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(LABEL, label, text);
        }
    }

    /// Lines of their own at the left edge. Not said when quiet.
    pub(super) fn screen(&mut self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            let text = fit(text, self.columns.others, 0, 2);
            if let Some((_, held)) = &mut self.view {
                held.other(format!("{text}\n"));
                return;
            }
            let Self { others, live, .. } = self;
            // Where standard error is gone there is nobody to tell.
            let _closed = aside(live.as_ref(), || writeln!(others, "{text}"));
        }
    }

    /// A step, said as it is. Not said when quiet.
    pub(super) fn step(&mut self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(PLAIN, "", text);
        }
    }

    /// A detail, said only when asked for.
    pub(super) fn detail(&mut self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.say(PLAIN, "", text);
        }
    }

    fn say(&mut self, style: Style, label: &str, text: &str) {
        let text = fit(text, self.columns.others, LABEL_WIDTH, 2);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let mut all = format!("{style}{label:<LABEL_WIDTH$}{style:#}{first}\n");
        for line in lines {
            all.push_str(&format!("{:LABEL_WIDTH$}{line}\n", ""));
        }
        if let Some((view, held)) = &mut self.view {
            if !label.is_empty() {
                view.tell(ViewUpdate::Said(format!("{label}: {}", text.replace('\n', " "))));
            }
            held.other(all);
            return;
        }
        let Self { others, live, .. } = self;
        let print = || others.write_all(all.as_bytes()).and_then(|()| others.flush());
        // Who closed standard error does not want to hear of it.
        let _closed = aside(live.as_ref(), print);
    }

    /// Takes the live line away; the next text brings it back.
    pub(super) fn clear_live(&mut self) {
        if let Some(live) = self.live.take() {
            live.clear();
            self.live = LiveLine::on_terminal();
        }
    }

    /// The end: why results could not be printed, if so. A reader that went away (a closed pipe) has seen enough and is
    /// no failure.
    pub(super) fn finish(&mut self) -> Option<io::Error> {
        self.close_view();
        if let Some(live) = self.live.take() {
            live.clear();
        }
        self.failure.take().filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Prints with the live line, if there is one, out of the way.
fn aside<T>(live: Option<&LiveLine>, print: impl FnOnce() -> T) -> T {
    match live {
        Some(live) => live.aside(print),
        None => print(),
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages").field("verbosity", &self.verbosity).field("live", &self.live).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests;
