//! The client's end of a segment: obeys orders, publishes state, counters and slots.

use super::SegmentError;
use super::control::{
    ClientState, LAST_WORDS_BYTES, LAST_WORDS_LENGTH_BITS, RateOrder, Wanted, control_word, rate_cell, state_word,
};
use super::error_class::ErrorClass;
use super::layout::{AccountingRow, Layout, ROW_WORDS, Shape};
use super::memory::{Memory, system};
use super::ring;
use super::slot_bytes::{self, SlotHead};
use super::supervisor_end::{ObservedPlacement, check_segment};
use crate::stats::{Counter, Counters, Latency, Recorder};
use std::sync::atomic::{Ordering, fence};

/// How often a rate order is read again when the supervisor is writing a newer one just then.
const RATE_TRIES: usize = 4;

/// Attached end of one client. There is one writer: every publishing method takes `&mut self`.
#[derive(Debug)]
pub struct ClientEnd {
    shape: Shape,
    pub(super) layout: Layout,
    pub(super) memory: Memory,
    /// A slot is put together here, then copied: shared memory is only ever written word by word.
    scratch: Box<[u8]>,
    state: ClientState,
    seen_rate: u64,
    next_slot: u64,
    slots_coarsened: u64,
    last_end_ns: Option<u64>,
}

impl ClientEnd {
    /// Maps the segment and checks magic, version, hash, sizes and shape; then state = Attached. All page faults are
    /// taken here. A segment has one client: a second one is refused.
    pub fn attach(name: &str, shape: Shape) -> Result<Self, SegmentError> {
        let memory = Memory::open(name)?;
        check_segment(&memory, &shape)?;
        let layout = Layout::of(&shape);
        if !memory.claim(layout.state + state_word::STATE, ClientState::Attached as u64) {
            return Err(system(name, "attaching", "another client has attached to it"));
        }
        memory.prefault();
        // Written once, so that the first slot finds its pages there.
        let mut scratch = std::hint::black_box(vec![0xff; shape.slot_bytes as usize]);
        scratch.fill(0);
        Ok(Self {
            shape,
            layout,
            memory,
            scratch: scratch.into_boxed_slice(),
            state: ClientState::Attached,
            seen_rate: 0,
            next_slot: 0,
            slots_coarsened: 0,
            last_end_ns: None,
        })
    }
    /// What the supervisor wants now.
    #[inline]
    pub fn wanted(&self) -> Wanted {
        Wanted::from_word(self.control(control_word::WANTED))
    }
    /// A new rate order since the last call, whole; None when unchanged (one acquire load).
    ///
    /// Pairs with `SupervisorEnd::order_rate`. While the supervisor writes order after order None may come for one that
    /// is there already: the next call brings it.
    #[inline]
    pub fn new_rate(&mut self) -> Option<RateOrder> {
        let epoch = self.control(control_word::RATE_EPOCH);
        if epoch == self.seen_rate {
            return None;
        }
        self.read_rate(epoch)
    }
    #[cold]
    fn read_rate(&mut self, mut epoch: u64) -> Option<RateOrder> {
        for _ in 0..RATE_TRIES {
            let cell = self.layout.control + rate_cell(epoch);
            let [start_ns, low, high] = [0, 1, 2].map(|word| self.memory.load(cell + word, Ordering::Relaxed));
            let interval_q32 = u128::from(high) << 64 | u128::from(low);
            // A': had a word above been of the order after next, the epoch below would have moved.
            fence(Ordering::Acquire);
            let now = self.control(control_word::RATE_EPOCH);
            if now == epoch {
                self.seen_rate = epoch;
                return Some(RateOrder { start_ns, interval_q32 });
            }
            epoch = now;
        }
        None
    }
    /// Cuts are due at epoch + k × 1 s; 0 = no epoch yet.
    pub fn epoch_ns(&self) -> u64 {
        self.control(control_word::CUT_EPOCH)
    }
    /// Is this consumer to be paused?
    pub fn paused(&self) -> bool {
        self.control(control_word::PAUSED) != 0
    }
    /// Number of probe rounds asked for so far.
    pub fn probe_rounds(&self) -> u64 {
        self.control(control_word::PROBE_ROUNDS)
    }
    /// Number of extra cuts asked for so far.
    pub fn cuts_requested(&self) -> u64 {
        self.control(control_word::CUTS_REQUESTED)
    }
    /// Wall clock − raw clock.
    pub fn wall_offset_ns(&self) -> i64 {
        self.control(control_word::WALL_OFFSET).cast_signed()
    }
    /// Publishes where the client is. A state before the present one is ignored: states only move forward.
    pub fn set_state(&mut self, state: ClientState) {
        if state > self.state {
            self.state = state;
            // Whoever sees the state sees what was published before it, last words and slots included.
            self.memory.store(self.layout.state + state_word::STATE, state as u64, Ordering::Release);
        }
    }
    /// The client gives up: what kind of trouble it was, and the words for it.
    pub fn give_up(&mut self, class: ErrorClass, text: &str) {
        self.last_words(text);
        self.memory.store(self.layout.state + state_word::GAVE_UP_FOR, class as u64, Ordering::Relaxed);
        self.set_state(ClientState::Failed);
    }
    /// A sign of life.
    #[inline]
    pub fn heartbeat(&mut self, now_ns: u64) {
        self.memory.store(self.layout.state + state_word::HEARTBEAT, now_ns, Ordering::Relaxed);
    }
    /// Leaves last words (cut at 1,000 bytes, between characters).
    pub fn last_words(&mut self, text: &str) {
        let fits = (0..=text.len().min(LAST_WORDS_BYTES)).rev().find(|end| text.is_char_boundary(*end));
        let text = &text[..fits.unwrap_or(0)];
        // Their number beside their length: a reader that finds another one behind its copy has read parts of both.
        let length = self.layout.last_words;
        let number = (self.memory.load(length, Ordering::Relaxed) >> LAST_WORDS_LENGTH_BITS).wrapping_add(1);
        let numbered = |bytes: u64| (number << LAST_WORDS_LENGTH_BITS) | bytes;
        self.memory.store(length, numbered(0), Ordering::Relaxed);
        fence(Ordering::Release);
        self.memory.store_bytes(length + 1, text.as_bytes());
        self.memory.store(length, numbered(text.len() as u64), Ordering::Release);
    }
    /// Publishes the live counters (relaxed stores, one sweep). Called every so many messages and when idle.
    /// `SlotsPublished` and `SlotsCoarsened` are filled in here.
    pub fn publish_counters(&mut self, counters: &Counters) {
        let counters = self.with_own(counters);
        for (offset, value) in counters.0.into_iter().enumerate() {
            self.memory.store(self.layout.counters + offset, value, Ordering::Relaxed);
        }
    }
    /// Publishes one accounting row (relaxed stores). A row the shape does not have is ignored.
    pub fn publish_row(&mut self, row: usize, values: impl Into<AccountingRow>) {
        if row < self.shape.rows as usize {
            let first = self.layout.rows + row * ROW_WORDS;
            for (offset, word) in values.into().to_words().into_iter().enumerate() {
                self.memory.store(first + offset, word, Ordering::Relaxed);
            }
        }
    }
    /// Notes that a probe of this row's producer was received. A row the shape does not have is ignored.
    pub fn mark_probe(&mut self, row: usize) {
        if row < self.shape.rows as usize {
            let word = self.layout.probes + row / 64;
            let seen = self.memory.load(word, Ordering::Relaxed);
            self.memory.store(word, seen | 1 << (row % 64), Ordering::Relaxed);
        }
    }
    /// What this client sees of its placement.
    pub fn set_observed(&mut self, observed: ObservedPlacement) {
        for (offset, word) in observed.to_words().into_iter().enumerate() {
            self.memory.store(self.layout.state + state_word::OBSERVED + offset, word, Ordering::Relaxed);
        }
    }
    /// Publishes a slot for the span that ends at `end_ns` and begins where the last one ended (the first: at
    /// `start_ns`), and the live counters with it. Never blocks; takes each recorder's interval extremes. `latencies`
    /// are families of this role, each at most once.
    pub fn publish_slot(
        &mut self,
        start_ns: u64,
        end_ns: u64,
        counters: &Counters,
        latencies: &mut [(Latency, &mut Recorder)],
    ) {
        debug_assert!(latencies.iter().all(|(latency, _)| self.shape.families().contains(latency)));
        let sequence = self.next_slot;
        let cut = SlotHead { sequence, start_ns: self.last_end_ns.unwrap_or(start_ns), end_ns };
        let (used, coarsened) = slot_bytes::encode(&mut self.scratch, cut, latencies);
        self.next_slot += 1;
        self.slots_coarsened += u64::from(coarsened);
        self.last_end_ns = Some(end_ns);
        let counters = self.with_own(counters);
        slot_bytes::put_counters(&mut self.scratch, &counters);
        ring::publish(&self.memory, &self.layout, &self.shape, sequence, &self.scratch[..used]);
        self.publish_counters(&counters);
    }
    /// Slots published so far.
    #[cfg(test)]
    pub(crate) fn published_slots(&self) -> u64 {
        self.next_slot
    }
    /// The two counters that only this end knows.
    fn with_own(&self, counters: &Counters) -> Counters {
        let mut all = *counters;
        all[Counter::SlotsPublished] = self.next_slot;
        all[Counter::SlotsCoarsened] = self.slots_coarsened;
        all
    }
    #[inline]
    fn control(&self, word: usize) -> u64 {
        self.memory.load(self.layout.control + word, Ordering::Acquire)
    }
}
