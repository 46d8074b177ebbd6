//! Raw samples → lines (CSV, JSON) and exact figures. The format is told in `telemetry/raw.rs`.
//!
//! A window is cut out as periods are: it begins with the first slot that a client has cut at or after its begin, and
//! ends with the first at or after its end. So the figures of a window are those that the reports of the same window
//! must show.

pub mod exact;
pub mod lines;
pub mod summary;

#[cfg(test)]
mod tests;

use crate::telemetry::raw::{Record, RecordedEvent, flag};
use crate::units::NS_PER_S;

/// Which part of a file is looked at, in ns since the load's epoch; None: from the beginning, to the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// Begin.
    pub from_ns: Option<u64>,
    /// End.
    pub to_ns: Option<u64>,
}

impl TimeWindow {
    /// From and to whole seconds.
    pub fn of_seconds(from_s: Option<u64>, to_s: Option<u64>) -> Self {
        let ns = |s: u64| s.saturating_mul(NS_PER_S);
        Self { from_ns: from_s.map(ns), to_ns: to_s.map(ns) }
    }
}

/// Goes through the records of one file and knows which are within the window.
#[derive(Debug)]
pub struct RecordWalk {
    window: TimeWindow,
    /// Raw time of the cut with which the window begins; None: there was none yet.
    begun_ns: Option<u64>,
    /// Raw time of the cut with which it ends.
    ended_ns: Option<u64>,
}

impl RecordWalk {
    /// At the begin of a file.
    pub fn new(window: TimeWindow) -> Self {
        // Before the first cut there is only what came before the epoch or within its first second: a window from 0 has
        // it.
        let from_the_beginning = window.from_ns.is_none_or(|from_ns| from_ns == 0);
        Self { window, begun_ns: from_the_beginning.then_some(0), ended_ns: None }
    }

    /// Takes the next record; is it a sample within the window?
    pub fn takes(&mut self, record: &Record) -> bool {
        if record.outcome == RecordedEvent::Cut {
            if record.intended_ns > 0 {
                self.cut(record.at_ns, record.at_ns.saturating_sub(record.intended_ns));
            }
            return false;
        }
        self.begun_ns.is_some() && self.ended_ns.is_none()
    }

    /// Was a message that was sent then sent within the window? What a producer counts when it sends is told by the
    /// report, which may come a slot later.
    pub fn sent_within(&self, sent_ns: u64) -> bool {
        self.begun_ns.is_some_and(|begun_ns| sent_ns >= begun_ns)
            && self.ended_ns.is_none_or(|ended_ns| sent_ns < ended_ns)
    }

    fn cut(&mut self, at_ns: u64, since_epoch_ns: u64) {
        if self.window.from_ns.is_some_and(|from_ns| since_epoch_ns >= from_ns) {
            self.begun_ns.get_or_insert(at_ns);
        }
        if self.window.to_ns.is_some_and(|to_ns| since_epoch_ns >= to_ns) {
            self.ended_ns.get_or_insert(at_ns);
        }
    }
}

/// Is it a message of the load, counted as such?
pub fn is_message(record: &Record) -> bool {
    !matches!(record.outcome, RecordedEvent::Cut | RecordedEvent::Foreign)
        && !record.has(flag::PROBE | flag::AFTER_CLOSE)
}
