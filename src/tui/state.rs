//! What the view was told, and what keys mean. Pure.

use super::News;
use super::clients::{Order, sorted};
use crate::stats::Counter;
use crate::worker::ClientLive;
use crate::workload_generator::{Phase, Tick};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Seconds that are drawn at most.
pub(super) const SECONDS_KEPT: usize = 600;
/// Lines that are kept of what was said.
const LINES_KEPT: usize = 200;

/// One second, drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) sent_per_s: f64,
    pub(super) received_per_s: f64,
    pub(super) backlog: f64,
    pub(super) acknowledged_ms: Option<f64>,
    pub(super) end_to_end_ms: Option<f64>,
}

/// What a key asks the view's owner for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Nothing,
    Leave,
    EndRun,
}

/// What is shown; while the view is paused it stays as it is.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) tick: Option<Tick>,
    pub(super) waiting: Option<(Phase, Option<Duration>, Instant)>,
    pub(super) points: VecDeque<Point>,
    pub(super) said: VecDeque<String>,
    pub(super) failed: u64,
    /// Met, of how many, and is one missed? None: there are none.
    pub(super) goals: Option<(usize, usize, bool)>,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct State {
    pub(super) title: String,
    now: Shown,
    /// The picture that was paused.
    paused: Option<Box<Shown>>,
    pub(super) order: Order,
    pub(super) reversed: bool,
    pub(super) scroll: usize,
    pub(super) asks: bool,
    pub(super) ending: bool,
}

impl State {
    pub(super) fn new(title: String) -> Self {
        let now =
            Shown { tick: None, waiting: None, points: VecDeque::new(), said: VecDeque::new(), failed: 0, goals: None };
        Self { title, now, paused: None, order: Order::Client, reversed: false, scroll: 0, asks: false, ending: false }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    pub(super) fn shown(&self) -> &Shown {
        self.paused.as_deref().unwrap_or(&self.now)
    }

    /// The clients in the order that was asked for, from the first one that is scrolled to.
    pub(super) fn clients(&self) -> Vec<&ClientLive> {
        let clients = self.shown().tick.as_ref().map_or(&[][..], |tick| &tick.clients);
        sorted(clients, self.order, self.reversed)
    }

    /// Takes news; true: something is to be drawn anew.
    pub(super) fn hear(&mut self, news: News) -> bool {
        match news {
            News::Tick(tick) => {
                let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e6);
                self.now.points.push_back(Point {
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
            News::Phase(phase, limit) => self.now.waiting = Some((phase, limit, Instant::now())),
            News::Said(line) => self.say(line),
            News::Goals { met, all, missed } => self.now.goals = Some((met, all, missed)),
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

    pub(super) fn key(&mut self, key: KeyEvent) -> Act {
        if std::mem::take(&mut self.asks) && matches!(key.code, KeyCode::Char('y' | 'Y')) {
            return self.end();
        }
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('c'), true) => return self.end(),
            (KeyCode::Char('q') | KeyCode::Esc, _) => return Act::Leave,
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
        Act::Nothing
    }

    fn end(&mut self) -> Act {
        self.ending = true;
        Act::EndRun
    }
}
