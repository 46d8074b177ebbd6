//! What the view was told, and what keys mean. Pure.

use super::ViewUpdate;
use super::clients::{SortOrder, sorted};
use crate::stats::Counter;
use crate::worker::ClientLive;
use crate::workload_generator::{LiveTick, Phase};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Seconds that are drawn at most.
pub(super) const SECONDS_KEPT: usize = 600;
/// Lines that are kept of what was said.
const LINES_KEPT: usize = 200;

/// One second, drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ChartPoint {
    pub(super) sent_per_s: f64,
    pub(super) received_per_s: f64,
    pub(super) backlog: f64,
    pub(super) acknowledged_ms: Option<f64>,
    pub(super) end_to_end_ms: Option<f64>,
}

/// What a key asks the view's owner for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    Nothing,
    Leave,
    EndRun,
}

/// What is shown; while the view is paused it stays as it is.
#[derive(Debug, Clone)]
pub(super) struct ShownState {
    pub(super) tick: Option<LiveTick>,
    pub(super) waiting: Option<(Phase, Option<Duration>, Instant)>,
    pub(super) points: VecDeque<ChartPoint>,
    pub(super) said: VecDeque<String>,
    pub(super) failed: u64,
    /// Met, of how many, and is one missed? None: there are none.
    pub(super) goals: Option<(usize, usize, bool)>,
}

/// What is shown, and where the reader is in it.
#[derive(Debug)]
pub(super) struct ViewState {
    pub(super) title: String,
    now: ShownState,
    /// The picture that was paused.
    paused: Option<Box<ShownState>>,
    pub(super) order: SortOrder,
    pub(super) reversed: bool,
    pub(super) scroll: usize,
    pub(super) asks: bool,
    pub(super) ending: bool,
}

impl ViewState {
    pub(super) fn new(title: String) -> Self {
        let now = ShownState {
            tick: None,
            waiting: None,
            points: VecDeque::new(),
            said: VecDeque::new(),
            failed: 0,
            goals: None,
        };
        Self {
            title,
            now,
            paused: None,
            order: SortOrder::Client,
            reversed: false,
            scroll: 0,
            asks: false,
            ending: false,
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    pub(super) fn shown(&self) -> &ShownState {
        self.paused.as_deref().unwrap_or(&self.now)
    }

    /// The clients in the order that was asked for, from the first one that is scrolled to.
    pub(super) fn clients(&self) -> Vec<&ClientLive> {
        let clients = self.shown().tick.as_ref().map_or(&[][..], |tick| &tick.clients);
        sorted(clients, self.order, self.reversed)
    }

    /// Takes news; true: something is to be drawn anew.
    pub(super) fn hear(&mut self, news: ViewUpdate) -> bool {
        match news {
            ViewUpdate::Tick(tick) => {
                let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e6);
                self.now.points.push_back(ChartPoint {
                    sent_per_s: tick.sent_per_s,
                    received_per_s: tick.received_per_s,
                    backlog: tick.backlog as f64,
                    acknowledged_ms: ms(tick.acknowledge_p99_ns),
                    end_to_end_ms: ms(tick.end_to_end_p99_ns),
                });
                if self.now.points.len() > SECONDS_KEPT {
                    self.now.points.pop_front();
                }
                let seconds = tick.clients.iter().filter_map(|client| client.second.as_ref());
                let failed: u64 = seconds.map(|second| second.counters[Counter::MessagesFailed]).sum();
                self.now.failed += failed;
                if failed > 0 {
                    self.say(format!("{failed} messages failed in the last second"));
                }
                self.now.waiting = None;
                self.now.tick = Some(*tick);
            }
            ViewUpdate::Phase(phase, limit) => self.now.waiting = Some((phase, limit, Instant::now())),
            ViewUpdate::Said(line) => self.say(line),
            ViewUpdate::Goals { met, all, missed } => self.now.goals = Some((met, all, missed)),
        }
        !self.is_paused()
    }

    fn say(&mut self, line: String) {
        // Whoever wrote it: nothing in it moves the cursor.
        self.now.said.push_back(line.replace(char::is_control, " "));
        if self.now.said.len() > LINES_KEPT {
            self.now.said.pop_front();
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> KeyAction {
        if std::mem::take(&mut self.asks) && matches!(key.code, KeyCode::Char('y' | 'Y')) {
            return self.end();
        }
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('c'), true) => return self.end(),
            (KeyCode::Char('q') | KeyCode::Esc, _) => return KeyAction::Leave,
            (KeyCode::Char('e'), _) => self.asks = true,
            (KeyCode::Char('p' | ' '), _) => {
                self.paused = match self.paused.take() {
                    Some(_) => None,
                    None => Some(Box::new(self.now.clone())),
                };
            }
            (KeyCode::Char('s'), _) => self.order = self.order.next(),
            (KeyCode::Char('r'), _) => self.reversed = !self.reversed,
            (KeyCode::Down | KeyCode::Char('j'), _) => {
                self.scroll = (self.scroll + 1).min(self.clients().len().saturating_sub(1));
            }
            (KeyCode::Up | KeyCode::Char('k'), _) => self.scroll = self.scroll.saturating_sub(1),
            _ => {}
        }
        KeyAction::Nothing
    }

    fn end(&mut self) -> KeyAction {
        self.ending = true;
        KeyAction::EndRun
    }
}
