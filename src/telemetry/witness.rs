//! What a client saw beside its figures: moments in which nobody answered it or its own loop stood still, since when it
//! waits, and the last distinct errors. All of it is bounded, and written seldom.
//!
//! Moments stand in a ring of their own: the entry first, then the head. Errors stand in cells with a version that is
//! odd while one is written.

use super::control::state_word;
use super::memory::Memory;
use super::{ClientEnd, SupervisorEnd};
use std::sync::atomic::{Ordering, fence};

/// Moments kept between two drains.
const MOMENTS: usize = 64;
const MOMENT_WORDS: usize = 4;
/// In place of a time that nobody knows.
const NOT_KNOWN: u64 = u64::MAX;
/// Head and moments.
pub(super) const MOMENTS_WORDS: usize = 1 + MOMENTS * MOMENT_WORDS;
/// What the text of an error begins with that tells why deliveries failed.
pub const DELIVERY: &str = "messages failed: ";
/// Distinct errors kept.
pub const TROUBLES: usize = 8;
/// Longest text of one; more is cut off.
const TEXT_BYTES: usize = 240;
const TROUBLE_WORDS: usize = 5 + TEXT_BYTES / size_of::<u64>();
/// All cells.
pub(super) const TROUBLES_WORDS: usize = TROUBLES * TROUBLE_WORDS;
/// How often a cell is read again when the client is writing it just then.
const TRIES: usize = 4;

/// What a moment was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "moment")]
pub enum MomentKind {
    /// It waited for an answer of this broker, and none came.
    Silence {
        /// The broker's id; None: of any.
        broker: Option<i32>,
    },
    /// Its own loop stood still.
    StoodStill,
}

/// A span in which something did not go on. Raw ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StallMoment {
    /// What.
    pub kind: MomentKind,
    /// From …
    pub begin_ns: u64,
    /// … to.
    pub end_ns: u64,
    /// For how long of it the library's threads were ready to run and waited for a CPU, the longest of them, ns.
    /// None: nobody looked.
    pub starved_ns: Option<u64>,
}

/// One distinct error: how often, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessedError {
    /// In the words of whoever told it.
    pub text: String,
    /// How often.
    pub count: u64,
    /// First time, raw ns.
    pub first_ns: u64,
    /// Last time, raw ns.
    pub last_ns: u64,
}

impl MomentKind {
    fn to_word(self) -> u64 {
        match self {
            Self::StoodStill => 1,
            Self::Silence { broker: None } => 2,
            Self::Silence { broker: Some(broker) } => 3 | u64::from(broker.cast_unsigned()) << 32,
        }
    }

    fn from_word(word: u64) -> Option<Self> {
        let broker = u32::try_from(word >> 32).unwrap_or(0).cast_signed();
        match word & u64::from(u32::MAX) {
            1 => Some(Self::StoodStill),
            2 => Some(Self::Silence { broker: None }),
            3 => Some(Self::Silence { broker: Some(broker) }),
            _ => None,
        }
    }
}

impl ClientEnd {
    /// Since when it has waited for an answer, raw ns; 0: it does not wait.
    pub fn set_waiting_since(&mut self, since_ns: u64) {
        self.memory.store(self.layout.state + state_word::WAITING_SINCE, since_ns, Ordering::Relaxed);
    }

    /// Leaves a moment for the supervisor. One that is not read in time makes room for the next.
    pub fn note_moment(&mut self, moment: StallMoment) {
        let head_word = self.layout.moments;
        let head = self.memory.load(head_word, Ordering::Relaxed);
        let first = moment_at(head_word, head);
        let starved = moment.starved_ns.unwrap_or(NOT_KNOWN);
        let words = [moment.kind.to_word(), moment.begin_ns, moment.end_ns, starved];
        // Pairs with the fence in `drain_moments`: whoever sees a word of this entry sees the head that was before it.
        fence(Ordering::Release);
        for (offset, word) in words.into_iter().enumerate() {
            self.memory.store(first + offset, word, Ordering::Relaxed);
        }
        self.memory.store(head_word, head + 1, Ordering::Release);
    }

    /// Publishes one of its errors in cell `cell`; there are `TROUBLES`.
    pub fn publish_trouble(&mut self, cell: usize, trouble: &WitnessedError) {
        let first = self.layout.troubles + cell.min(TROUBLES - 1) * TROUBLE_WORDS;
        let cut = (0..=trouble.text.len().min(TEXT_BYTES)).rev().find(|end| trouble.text.is_char_boundary(*end));
        let text = &trouble.text.as_bytes()[..cut.unwrap_or(0)];
        let version = self.memory.load(first, Ordering::Relaxed);
        self.memory.store(first, version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        let figures = [trouble.count, trouble.first_ns, trouble.last_ns, text.len() as u64];
        for (offset, word) in figures.into_iter().enumerate() {
            self.memory.store(first + 1 + offset, word, Ordering::Relaxed);
        }
        self.memory.store_bytes(first + 5, text);
        self.memory.store(first, version.wrapping_add(2), Ordering::Release);
    }
}

impl SupervisorEnd {
    /// Since when the client has waited for an answer, raw ns; None: it does not wait.
    pub fn waiting_since_ns(&self) -> Option<u64> {
        let since_ns = self.memory.load(self.layout.state + state_word::WAITING_SINCE, Ordering::Relaxed);
        (since_ns != 0).then_some(since_ns)
    }

    /// Moments since the last call, in order; those that were overwritten before are left out.
    pub fn drain_moments(&mut self) -> Vec<StallMoment> {
        let head_word = self.layout.moments;
        let head = self.memory.load(head_word, Ordering::Acquire);
        let room = MOMENTS as u64;
        let from = self.next_moment.max(head.saturating_sub(room));
        let found: Vec<(u64, [u64; MOMENT_WORDS])> = (from..head)
            .map(|number| {
                let first = moment_at(head_word, number);
                (number, std::array::from_fn(|offset| self.memory.load(first + offset, Ordering::Relaxed)))
            })
            .collect();
        fence(Ordering::Acquire);
        // The entry after the head may be half written, over the oldest one.
        let whole_from = (self.memory.load(head_word, Ordering::Relaxed) + 1).saturating_sub(room);
        self.next_moment = head;
        let whole = found.into_iter().filter(|(number, _)| *number >= whole_from);
        whole
            .filter_map(|(_, [kind, begin_ns, end_ns, starved])| {
                let starved_ns = (starved != NOT_KNOWN).then_some(starved);
                Some(StallMoment { kind: MomentKind::from_word(kind)?, begin_ns, end_ns, starved_ns })
            })
            .collect()
    }

    /// The client's errors, read now, by their first time.
    pub fn troubles(&self) -> Vec<WitnessedError> {
        let cells = (0..TROUBLES).map(|cell| self.layout.troubles + cell * TROUBLE_WORDS);
        let mut all: Vec<WitnessedError> = cells.filter_map(|first| read_trouble(&self.memory, first)).collect();
        all.sort_by_key(|trouble| trouble.first_ns);
        all
    }
}

/// None: nothing stands there, or the client was writing it whenever we looked.
fn read_trouble(memory: &Memory, first: usize) -> Option<WitnessedError> {
    (0..TRIES).find_map(|_| {
        let version = memory.load(first, Ordering::Acquire);
        let word = |offset| memory.load(first + offset, Ordering::Relaxed);
        let [count, first_ns, last_ns, length] = std::array::from_fn(|offset| word(1 + offset));
        let mut bytes = vec![0; usize::try_from(length).ok()?.min(TEXT_BYTES)];
        memory.load_bytes(first + 5, &mut bytes);
        fence(Ordering::Acquire);
        let whole = version != 0 && version.is_multiple_of(2) && word(0) == version;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        whole.then_some(WitnessedError { text, count, first_ns, last_ns })
    })
}

fn moment_at(head_word: usize, number: u64) -> usize {
    let position = usize::try_from(number % MOMENTS as u64).unwrap_or(0);
    head_word + 1 + position * MOMENT_WORDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{Role, Shape};

    fn pair() -> (SupervisorEnd, ClientEnd) {
        let shape = Shape::new(Role::Producer, 0, 1);
        let supervisor = SupervisorEnd::create(shape).unwrap();
        let client = ClientEnd::attach(supervisor.name(), shape).unwrap();
        (supervisor, client)
    }

    fn silence(begin_ns: u64) -> StallMoment {
        let kind = MomentKind::Silence { broker: Some(-1) };
        StallMoment { kind, begin_ns, end_ns: begin_ns + 1, starved_ns: Some(begin_ns) }
    }

    #[test]
    fn moments_come_once_and_in_order_and_the_newest_are_kept() {
        let (mut supervisor, mut client) = pair();
        assert_eq!(supervisor.drain_moments(), []);
        let moments = [
            silence(5),
            StallMoment { kind: MomentKind::StoodStill, begin_ns: 6, end_ns: 9, starved_ns: None },
            StallMoment { kind: MomentKind::Silence { broker: None }, begin_ns: 7, end_ns: 8, starved_ns: Some(0) },
        ];
        moments.iter().for_each(|moment| client.note_moment(*moment));
        assert_eq!(supervisor.drain_moments(), moments);
        assert_eq!(supervisor.drain_moments(), []);
        (0..200).for_each(|begin_ns| client.note_moment(silence(begin_ns)));
        let kept = supervisor.drain_moments();
        assert_eq!((kept.len(), kept[0], kept[62]), (63, silence(137), silence(199)));
    }

    #[test]
    fn errors_are_read_whole_and_long_texts_are_cut_between_characters() {
        let (supervisor, mut client) = pair();
        assert_eq!(supervisor.troubles(), []);
        let refused = WitnessedError { text: "Connection refused".to_owned(), count: 3, first_ns: 10, last_ns: 20 };
        let long = WitnessedError { text: "ä".repeat(200), count: 1, first_ns: 5, last_ns: 5 };
        client.publish_trouble(0, &refused);
        client.publish_trouble(7, &long);
        let cut = WitnessedError { text: "ä".repeat(120), ..long };
        assert_eq!(supervisor.troubles(), [cut, refused.clone()]);
        client.publish_trouble(7, &WitnessedError { count: 4, first_ns: 30, ..refused.clone() });
        assert_eq!(supervisor.troubles()[1].count, 4);
    }

    #[test]
    fn a_client_waits_since_it_said_so() {
        let (supervisor, mut client) = pair();
        assert_eq!(supervisor.waiting_since_ns(), None);
        client.set_waiting_since(7);
        assert_eq!(supervisor.waiting_since_ns(), Some(7));
        client.set_waiting_since(0);
        assert_eq!(supervisor.waiting_since_ns(), None);
    }
}
