//! What is shown of a run while it goes on: the live line, or the view over the whole terminal.

use super::Messages;
use crate::cli::held::HeldOutput;
use crate::cli::live::{self, LiveLine};
use crate::tui::{LiveView, Theme, ViewUpdate};
use crate::verdict::goals::{GoalOutcome, GoalResult};
use crate::workload_generator::{LiveTick, Phase};
use std::io::{self, IsTerminal as _};
use std::time::Duration;

impl Messages {
    /// Opens the view over the whole terminal; errors, warnings and results wait until it is gone.
    ///
    /// # Errors
    /// The terminal cannot be drawn on.
    pub(in crate::cli) fn open_view(&mut self, title: String) -> io::Result<()> {
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
    pub(in crate::cli) fn close_view(&mut self) {
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
    pub(in crate::cli) fn has_live(&self) -> bool {
        self.live.is_some() || self.view.is_some()
    }

    /// New figures for the live line, if there is one.
    pub(in crate::cli) fn show_figures(&mut self, tick: &LiveTick) {
        self.mind_view();
        if let Some((view, _)) = &self.view {
            view.tell(ViewUpdate::Tick(Box::new(tick.clone())));
        }
        if let Some(live) = &self.live {
            live.show(live::figures(tick, self.columns.others.unwrap_or(usize::MAX)));
        }
    }

    /// What became of the goals so far, for the view, if there is one.
    pub(in crate::cli) fn show_goals(&mut self, goals: &[GoalResult]) {
        let of = |outcome: GoalOutcome| goals.iter().filter(|goal| goal.outcome == outcome).count();
        if let Some((view, _)) = &self.view {
            let missed = of(GoalOutcome::Missed) > 0;
            view.tell(ViewUpdate::Goals { met: of(GoalOutcome::Met), all: goals.len(), missed });
        }
    }

    /// What is being done, for the live line, if there is one.
    pub(in crate::cli) fn show_doing(&mut self, what: &str) {
        if let Some(live) = &self.live {
            live.wait(format!("{what}:"));
        }
    }

    /// What is waited for, for the live line, if there is one.
    pub(in crate::cli) fn show_waiting(&mut self, phase: Phase, limit: Option<Duration>) {
        self.mind_view();
        if let Some((view, _)) = &self.view {
            view.tell(ViewUpdate::Phase(phase, limit));
        }
        if let Some(live) = &self.live {
            live.wait(live::waiting(phase, limit));
        }
    }
}
