//! The supervisor's end of a segment: creates it, gives orders, reads state, drains slots.

use super::SegmentError;
use super::control::{
    ClientState, LAST_WORDS_BYTES, LAST_WORDS_LENGTH_BITS, RateOrder, Wanted, control_word, low_word, rate_cell,
    state_word,
};
use super::error_class::ErrorClass;
use super::header::{self, DETAIL_WORDS, SEGMENT_MAGIC, mismatch};
use super::layout::{AccountingRow, Layout, ROW_WORDS, Role, Shape};
use super::memory::{Memory, system};
use super::owner::new_name;
use super::ring;
use super::slot::Slot;
use crate::stats::Counters;
use std::sync::atomic::{Ordering, fence};

/// Owner of one client's segment. Dropping it unlinks and unmaps.
#[derive(Debug)]
pub struct SupervisorEnd {
    shape: Shape,
    pub(super) layout: Layout,
    pub(super) memory: Memory,
    next_slot: u64,
    pub(super) next_moment: u64,
}

/// What one drain brought.
#[derive(Debug, Default)]
pub struct Drained {
    /// New slots in order.
    pub slots: Vec<Slot>,
    /// Slots that were overwritten before they were read.
    pub lost: u64,
}

impl SupervisorEnd {
    /// Creates a segment: mode 0600, name `pinload-<pid>-<start time ticks>-<pid namespace>-<64 random bits in hex>`,
    /// space reserved with posix_fallocate, header written, `ready` last.
    pub fn create(shape: Shape) -> Result<Self, SegmentError> {
        let (owner, name) = new_name()?;
        if let Some(flaw) = shape.flaw() {
            return Err(system(&name, "choosing its shape", &flaw));
        }
        let layout = Layout::of(&shape);
        let memory = Memory::create(&name, shape.total_bytes(), &shape.to_string())?;
        memory.store(layout.control + control_word::WANTED, Wanted::Connect as u64, Ordering::Relaxed);
        header::write(&memory, SEGMENT_MAGIC, owner, &details(&shape).map(|(_, value)| value));
        Ok(Self { shape, layout, memory, next_slot: 0, next_moment: 0 })
    }
    /// The name a client attaches to (shm name, no leading slash).
    pub fn name(&self) -> &str {
        self.memory.name()
    }
    /// The shape it was created with.
    pub fn shape(&self) -> Shape {
        self.shape
    }
    /// Removes the name; the mapping stays. Called as soon as the client has attached. Idempotent.
    pub fn unlink(&mut self) {
        self.memory.unlink();
    }
    /// Orders a state. One before the present order is ignored: orders only move forward.
    pub fn want(&self, wanted: Wanted) {
        let word = self.layout.control + control_word::WANTED;
        if wanted as u64 > self.memory.load(word, Ordering::Relaxed) {
            self.memory.store(word, wanted as u64, Ordering::Release);
        }
    }
    /// Orders a schedule (two cells and an epoch word: the client reads a whole order or the previous one).
    ///
    /// Pairs with `ClientEnd::new_rate`. Order n goes into cell n mod 2 while the client may still read order n − 1 in
    /// the other.
    pub fn order_rate(&self, order: RateOrder) {
        let epoch_word = self.layout.control + control_word::RATE_EPOCH;
        let epoch = self.memory.load(epoch_word, Ordering::Relaxed).wrapping_add(1);
        let cell = self.layout.control + rate_cell(epoch);
        // A: whoever sees a word of this order also sees the epoch of the order before it, and so drops what it read of
        // the order before that, which stood in this cell.
        fence(Ordering::Release);
        self.memory.store(cell, order.start_ns, Ordering::Relaxed);
        self.memory.store(cell + 1, low_word(order.interval_q32), Ordering::Relaxed);
        self.memory.store(cell + 2, low_word(order.interval_q32 >> 64), Ordering::Relaxed);
        self.memory.store(epoch_word, epoch, Ordering::Release);
    }
    /// Sets the time line of cuts: a slot at `epoch_ns + k × 1 s`. Before it is set clients cut nothing.
    pub fn set_epoch(&self, epoch_ns: u64) {
        self.order(control_word::CUT_EPOCH, epoch_ns);
    }
    /// Pauses or resumes a consumer.
    pub fn pause(&self, paused: bool) {
        self.order(control_word::PAUSED, u64::from(paused));
    }
    /// Asks a producer for one more round of probes.
    pub fn request_probe(&self) {
        self.order_one_more(control_word::PROBE_ROUNDS);
    }
    /// Asks for a slot now, off the time line.
    pub fn request_cut(&self) {
        self.order_one_more(control_word::CUTS_REQUESTED);
    }
    /// Wall clock − raw clock, republished every second.
    pub fn set_wall_offset(&self, offset_ns: i64) {
        self.order(control_word::WALL_OFFSET, offset_ns.cast_unsigned());
    }
    /// Where the client is; None before it has attached.
    pub fn state(&self) -> Option<ClientState> {
        ClientState::from_word(self.memory.load(self.layout.state + state_word::STATE, Ordering::Acquire))
    }
    /// Raw ns of the client's last sign of life (0: none yet).
    pub fn heartbeat_ns(&self) -> u64 {
        self.memory.load(self.layout.state + state_word::HEARTBEAT, Ordering::Relaxed)
    }
    /// What kind of trouble the client gave up for; None: it has not.
    pub fn gave_up_for(&self) -> Option<ErrorClass> {
        ErrorClass::from_word(self.memory.load(self.layout.state + state_word::GAVE_UP_FOR, Ordering::Relaxed))
    }
    /// The client's last words (an error, a panic message), if any.
    pub fn last_words(&self) -> Option<String> {
        /// Words that change so often while they are read are no last words.
        const LOOKS: usize = 8;
        for _ in 0..LOOKS {
            let numbered = self.memory.load(self.layout.last_words, Ordering::Acquire);
            let length = numbered & ((1 << LAST_WORDS_LENGTH_BITS) - 1);
            let length = usize::try_from(length).ok().filter(|n| (1..=LAST_WORDS_BYTES).contains(n))?;
            let mut bytes = vec![0; length];
            self.memory.load_bytes(self.layout.last_words + 1, &mut bytes);
            // Pairs with the fence of the writer: whoever has read a byte of newer words sees their number here.
            fence(Ordering::Acquire);
            if self.memory.load(self.layout.last_words, Ordering::Relaxed) == numbered {
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        None
    }
    /// Live counters in one sweep. Each is whole and never goes back; together they are not of one instant.
    pub fn counters(&self) -> Counters {
        Counters(std::array::from_fn(|i| self.memory.load(self.layout.counters + i, Ordering::Relaxed)))
    }
    /// Live accounting rows.
    pub fn accounting(&self) -> Vec<AccountingRow> {
        let row = |first| std::array::from_fn(|i| self.memory.load(first + i, Ordering::Relaxed));
        (0..self.shape.rows as usize)
            .map(|i| AccountingRow::from_words(row(self.layout.rows + i * ROW_WORDS)))
            .collect()
    }
    /// Which producers of the topic this consumer has had a probe from (row index).
    pub fn probes_seen(&self) -> Vec<bool> {
        let word = |i: usize| self.memory.load(self.layout.probes + i / 64, Ordering::Relaxed);
        (0..self.shape.rows as usize).map(|i| word(i) >> (i % 64) & 1 == 1).collect()
    }
    /// What the client saw of its own placement at its last cut.
    pub fn observed(&self) -> ObservedPlacement {
        let first = self.layout.state + state_word::OBSERVED;
        ObservedPlacement::from_words(std::array::from_fn(|i| self.memory.load(first + i, Ordering::Relaxed)))
    }
    /// New slots since the last drain. Always terminates; never returns a torn slot.
    pub fn drain(&mut self) -> Drained {
        let pass = ring::read(&self.memory, &self.layout, &self.shape, self.next_slot);
        self.next_slot = pass.next;
        Drained { slots: pass.slots, lost: pass.lost }
    }
    /// Slots completed so far, as the ring's head tells.
    #[cfg(test)]
    pub(super) fn published(&self) -> u64 {
        ring::published(&self.memory, &self.layout)
    }
    fn order(&self, word: usize, value: u64) {
        self.memory.store(self.layout.control + word, value, Ordering::Release);
    }
    fn order_one_more(&self, word: usize) {
        // This end is the only writer, and not shared between threads: nothing comes between load and store.
        self.order(word, self.memory.load(self.layout.control + word, Ordering::Relaxed).wrapping_add(1));
    }
}

/// Checks a mapped segment against the shape that the attaching side was told.
pub(super) fn check_segment(memory: &Memory, shape: &Shape) -> Result<(), SegmentError> {
    let found = header::check(memory, SEGMENT_MAGIC)?;
    for ((what, expected), found) in details(shape).into_iter().zip(found) {
        if found != expected {
            return Err(mismatch(memory.name(), what, found, expected));
        }
    }
    if memory.bytes() != shape.total_bytes() {
        return Err(mismatch(memory.name(), "the size", memory.bytes() as u64, shape.total_bytes() as u64));
    }
    Ok(())
}

/// The shape as header details, with the names that errors use.
fn details(shape: &Shape) -> [(&'static str, u64); DETAIL_WORDS] {
    let role = match shape.role {
        Role::Producer => 1,
        Role::Consumer => 2,
    };
    let Shape { role: _, index, rows, slots, slot_bytes, partition_cells } = *shape;
    [
        ("the role", role),
        ("the client's index", u64::from(index)),
        ("the number of rows", u64::from(rows)),
        ("the number of slots", u64::from(slots)),
        ("the slot size", u64::from(slot_bytes)),
        ("the number of partition cells", u64::from(partition_cells)),
        ("a reserved word", 0),
        ("a reserved word", 0),
    ]
}

/// What a client saw of its own placement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObservedPlacement {
    /// Process id as the client wrote it.
    pub pid: i32,
    /// Thread id of the hot loop.
    pub hot_tid: i32,
    /// CPU the hot thread was on at its last cut.
    pub cpu: u32,
    /// CPU time of the hot thread alone at its last cut.
    pub hot_thread_cpu_ns: u64,
}

impl ObservedPlacement {
    pub(super) fn to_words(self) -> [u64; 4] {
        let Self { pid, hot_tid, cpu, hot_thread_cpu_ns } = self;
        [u64::from(pid.cast_unsigned()), u64::from(hot_tid.cast_unsigned()), u64::from(cpu), hot_thread_cpu_ns]
    }
    /// A word that does not fit is none that a client wrote, and becomes 0.
    fn from_words([pid, hot_tid, cpu, hot_thread_cpu_ns]: [u64; 4]) -> Self {
        let small = |word: u64| u32::try_from(word).unwrap_or(0);
        Self {
            pid: small(pid).cast_signed(),
            hot_tid: small(hot_tid).cast_signed(),
            cpu: small(cpu),
            hot_thread_cpu_ns,
        }
    }
}
