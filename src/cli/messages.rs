//! What the program says: results to standard output, everything else to standard error, colors where they are wanted.
//!
//! Lines on standard error begin with a word that says what they are; more lines of the same text are indented below
//! it.

use super::args::{ColorWhen, RunArgs};
use super::held::HeldOutput;
use super::live::{self, LiveLine};
use crate::tui::{LiveView, Theme, ViewUpdate};
use crate::units::wrap;
use crate::verdict::goals::{GoalOutcome, GoalResult};
use crate::workload_generator::{LiveTick, Phase};
use anstyle::{AnsiColor, Style};
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::time::Duration;

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

#[derive(Debug, Clone, Copy, Default)]
struct TerminalColumns {
    results: Option<usize>,
    others: Option<usize>,
}

impl TerminalColumns {
    fn of_terminals() -> Self {
        let columns =
            |size: Option<(terminal_size::Width, terminal_size::Height)>| size.map(|(width, _)| usize::from(width.0));
        Self {
            results: columns(terminal_size::terminal_size_of(io::stdout())),
            others: columns(terminal_size::terminal_size_of(io::stderr())),
        }
    }
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

    /// Opens the view over the whole terminal; errors, warnings and results wait until it is gone.
    ///
    /// # Errors
    /// The terminal cannot be drawn on.
    pub(super) fn open_view(&mut self, title: String) -> io::Result<()> {
        let plain = anstream::stderr().current_choice() == anstream::ColorChoice::Never;
        let theme = if plain { Theme::Plain } else { Theme::Colors };
        let view = LiveView::open(title, theme, || {
            // Nothing is lost where it fails: Ctrl-C is still there.
            let _tried = crate::os::signals::interrupt_this_process();
        })?;
        self.view = Some((view, HeldOutput::new(io::stdout().is_terminal())));
        Ok(())
    }

    /// Gives the terminal back and says what was held.
    pub(super) fn close_view(&mut self) {
        if let Some((mut view, held)) = self.view.take() {
            view.close();
            let Self { results, others, failure, .. } = self;
            if let Err(error) = held.print(results, others) {
                failure.get_or_insert(error);
            }
        }
    }

    /// Has its user left the view? Then the run goes on as if it had not been there.
    fn mind_view(&mut self) {
        if self.view.as_ref().is_some_and(|(view, _)| !view.is_open()) {
            self.close_view();
            self.live = LiveLine::on_terminal();
        }
    }

    /// Is anybody looking at ticks?
    pub(super) fn has_live(&self) -> bool {
        self.live.is_some() || self.view.is_some()
    }

    /// New figures for the live line, if there is one.
    pub(super) fn show_figures(&mut self, tick: &LiveTick) {
        self.mind_view();
        if let Some((view, _)) = &self.view {
            view.tell(ViewUpdate::Tick(Box::new(tick.clone())));
        }
        if let Some(live) = &self.live {
            live.show(live::figures(tick, self.columns.others.unwrap_or(usize::MAX)));
        }
    }

    /// What became of the goals so far, for the view, if there is one.
    pub(super) fn show_goals(&mut self, goals: &[GoalResult]) {
        let of = |outcome: GoalOutcome| goals.iter().filter(|goal| goal.outcome == outcome).count();
        if let Some((view, _)) = &self.view {
            let missed = of(GoalOutcome::Missed) > 0;
            view.tell(ViewUpdate::Goals { met: of(GoalOutcome::Met), all: goals.len(), missed });
        }
    }

    /// What is being done, for the live line, if there is one.
    pub(super) fn show_doing(&mut self, what: &str) {
        if let Some(live) = &self.live {
            live.wait(format!("{what}:"));
        }
    }

    /// What is waited for, for the live line, if there is one.
    pub(super) fn show_waiting(&mut self, phase: Phase, limit: Option<Duration>) {
        self.mind_view();
        if let Some((view, _)) = &self.view {
            view.tell(ViewUpdate::Phase(phase, limit));
        }
        if let Some(live) = &self.live {
            live.wait(live::waiting(phase, limit));
        }
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

/// Breaks lines so that they fit beside `margin` columns; those that go on begin `hang` columns further in.
fn fit(text: &str, columns: Option<usize>, margin: usize, hang: usize) -> String {
    let Some(room) = columns.and_then(|columns| columns.checked_sub(margin)) else { return text.to_owned() };
    text.lines().flat_map(|line| wrap(line, room, hang)).collect::<Vec<_>>().join("\n")
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
pub(super) mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What was printed, for a test to look at.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Shared {
        pub(in crate::cli) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Messages whose (results, others) can be read.
    pub(in crate::cli) fn captured(verbosity: Verbosity) -> (Messages, Shared, Shared) {
        let (results, others) = (Shared::default(), Shared::default());
        let plain = anstream::StripStream::new(Box::new(others.clone()) as Box<dyn Write>);
        (Messages::to(Box::new(results.clone()), Box::new(Plain(plain)), verbosity), results, others)
    }

    /// `StripStream` writes only to streams of its own list; this makes it an ordinary one.
    struct Plain(anstream::StripStream<Box<dyn Write>>);

    impl Write for Plain {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say_all(messages: &mut Messages) {
        messages.result("result");
        messages.error("error\nmore");
        messages.warn("warning");
        messages.info("plan", "info");
        messages.step("step");
        messages.detail("detail");
    }

    #[test]
    fn results_and_the_rest_go_apart_and_more_lines_are_indented() {
        let (mut messages, results, others) = captured(Verbosity::Verbose);
        say_all(&mut messages);
        assert_eq!(results.text(), "result\n");
        assert_eq!(
            others.text(),
            "error  error\n       more\nwarn   warning\nplan   info\n       step\n       detail\n"
        );
        assert!(messages.finish().is_none());
    }

    #[test]
    fn verbosity_decides_what_is_said() {
        let (mut messages, results, others) = captured(Verbosity::Quiet);
        say_all(&mut messages);
        assert_eq!(results.text(), "result\n");
        assert_eq!(others.text(), "error  error\n       more\nwarn   warning\n");
        let (mut messages, _, others) = captured(Verbosity::Normal);
        say_all(&mut messages);
        assert!(others.text().contains("step") && !others.text().contains("detail"));
    }

    #[test]
    fn on_a_terminal_long_lines_are_broken_beside_their_label() {
        let (mut messages, results, others) = captured(Verbosity::Normal);
        messages.columns = TerminalColumns { results: Some(12), others: Some(20) };
        messages.warn("one two three four");
        messages.table("  note: one two");
        messages.result("Pub rate of OMB, whole");
        assert_eq!(others.text(), "warn   one two three\n         four\n");
        assert_eq!(results.text(), "  note: one\n        two\nPub rate of OMB, whole\n");
    }

    #[test]
    fn results_that_cannot_be_printed_are_told_but_a_closed_pipe_is_not() {
        for (kind, told) in [(ErrorKind::StorageFull, true), (ErrorKind::BrokenPipe, false)] {
            let mut messages = Messages::to(Box::new(Broken(kind)), Box::new(io::sink()), Verbosity::Normal);
            messages.result("result");
            assert_eq!(messages.finish().is_some(), told, "{kind:?}");
        }
    }
}
