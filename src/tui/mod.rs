//! The live view (`--tui`): the figures of the console, drawn over the whole terminal while the run goes on.
//!
//! A thread of its own owns the terminal, so that a slow one (SSH) holds nobody up: it is told news and never asked
//! anything. `state` holds what was told and what keys mean, `draw` puts it on the screen; both are pure. Left out:
//! printing (`cli`), deciding anything.

mod chart;
mod clients;
mod draw;
mod state;
#[cfg(test)]
mod tests;
mod theme;

use crate::workload_generator::{LiveTick, Phase};
use crossbeam_channel::{Receiver, Sender, unbounded};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};
use state::{KeyAction, ViewState};
use std::io::{self, Stderr, Write};
use std::thread::JoinHandle;
use std::time::Duration;
pub use theme::Theme;

/// Longest time between a key and what it does.
const KEYS_EVERY: Duration = Duration::from_millis(100);

/// What the view is told.
#[derive(Debug)]
pub enum ViewUpdate {
    /// About once a second while there is load.
    Tick(Box<LiveTick>),
    /// A phase without load begins; it takes `Duration` at most, where that is known.
    Phase(Phase, Option<Duration>),
    /// An error, a warning, or a step of the run, in one line.
    Said(String),
    /// How many goals are met so far, and of how many.
    Goals {
        /// Met.
        met: usize,
        /// Of so many.
        all: usize,
        /// Is one missed so far?
        missed: bool,
    },
}

/// The view, open until it is closed or its user leaves it.
#[derive(Debug)]
pub struct LiveView {
    news: Option<Sender<ViewUpdate>>,
    thread: Option<JoinHandle<()>>,
}

impl LiveView {
    /// Takes over the terminal at standard error. `title` says what runs; `end_run` is called when the user wants the
    /// run to end.
    ///
    /// # Errors
    /// Standard error is no terminal that can be drawn on, or the thread cannot be started.
    pub fn open(title: String, theme: Theme, end_run: impl Fn() + Send + 'static) -> io::Result<Self> {
        let screen = Screen::take()?;
        let (sender, receiver) = unbounded();
        let thread = std::thread::Builder::new().name("view".to_owned()).spawn(move || {
            show(screen, &receiver, ViewState::new(title), theme, &end_run);
        })?;
        Ok(Self { news: Some(sender), thread: Some(thread) })
    }

    /// Tells it something; false: its user has left it.
    pub fn tell(&self, news: ViewUpdate) -> bool {
        self.news.as_ref().is_some_and(|sender| sender.send(news).is_ok())
    }

    /// Has its user not left it?
    pub fn is_open(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Gives the terminal back as it was.
    pub fn close(&mut self) {
        self.news = None;
        if let Some(thread) = self.thread.take() {
            // A view that failed has given the terminal back too.
            drop(thread.join());
        }
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        self.close();
    }
}

/// The terminal while it is ours.
struct Screen {
    terminal: Terminal<CrosstermBackend<Stderr>>,
}

impl Screen {
    fn take() -> io::Result<Self> {
        enable_raw_mode()?;
        let taken = execute!(io::stderr(), EnterAlternateScreen, cursor::Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stderr())));
        match taken {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whatever of it fails: the terminal is gone, or there is nothing more to be done for it.
fn give_back() {
    drop(execute!(io::stderr(), LeaveAlternateScreen, cursor::Show));
    drop(disable_raw_mode());
    drop(io::stderr().flush());
}

fn show(mut screen: Screen, news: &Receiver<ViewUpdate>, mut state: ViewState, theme: Theme, end_run: &impl Fn()) {
    let mut stale = true;
    loop {
        loop {
            match news.try_recv() {
                Ok(news) => stale |= state.hear(news),
                Err(crossbeam_channel::TryRecvError::Empty) => break,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return,
            }
        }
        if stale && screen.terminal.draw(|frame| draw::draw(frame, &state, theme)).is_err() {
            return;
        }
        stale = false;
        match event::poll(KEYS_EVERY).and_then(|ready| if ready { event::read().map(Some) } else { Ok(None) }) {
            Ok(Some(Event::Key(key))) if key.kind == KeyEventKind::Press => {
                stale = true;
                match state.key(key) {
                    KeyAction::Nothing => {}
                    KeyAction::Leave => return,
                    KeyAction::EndRun => end_run(),
                }
            }
            Ok(Some(Event::Resize(..))) => stale = true,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}
