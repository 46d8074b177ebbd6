//! Time for tests: it passes only when it is looked at or waited on, and a supervisor acts at scripted moments.

use crate::driver::Time;
use crate::telemetry::{ClientEnd, Shape, SupervisorEnd};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// What one reading of the clock costs.
const READING_NS: u64 = 40;
/// What one `pause` costs.
const PAUSE_NS: u64 = 30;
/// How late a sleep ends.
const OVERSLEEP_NS: u64 = 8_000;

type Act = Box<dyn FnOnce(&SupervisorEnd)>;

/// A virtual clock that carries the supervisor's script.
pub(super) struct VirtualTime {
    now_ns: Cell<u64>,
    script: RefCell<VecDeque<(u64, Act)>>,
    supervisor: RefCell<SupervisorEnd>,
}

impl VirtualTime {
    /// A clock at `now_ns` with a fresh segment, and the client's end of it.
    pub(super) fn new(now_ns: u64, shape: Shape) -> (Self, ClientEnd) {
        let mut supervisor = SupervisorEnd::create(shape).unwrap();
        let end = ClientEnd::attach(supervisor.name(), shape).unwrap();
        supervisor.unlink();
        let time = Self { now_ns: Cell::new(now_ns), script: RefCell::default(), supervisor: RefCell::new(supervisor) };
        (time, end)
    }

    /// The supervisor does this at `at_ns`; to be called in order of time.
    pub(super) fn at(&self, at_ns: u64, act: impl FnOnce(&SupervisorEnd) + 'static) {
        self.script.borrow_mut().push_back((at_ns, Box::new(act)));
    }

    /// The supervisor's end, to look at when all is over.
    pub(super) fn supervisor(&self) -> std::cell::RefMut<'_, SupervisorEnd> {
        self.supervisor.borrow_mut()
    }

    /// Now, without time passing.
    pub(super) fn peek_ns(&self) -> u64 {
        self.now_ns.get()
    }

    /// Lets time pass.
    pub(super) fn advance(&self, ns: u64) {
        self.now_ns.set(self.now_ns.get() + ns);
        loop {
            let due = self.script.borrow().front().is_some_and(|(at_ns, _)| *at_ns <= self.now_ns.get());
            if !due {
                return;
            }
            if let Some((_, act)) = self.script.borrow_mut().pop_front() {
                act(&self.supervisor.borrow());
            }
        }
    }
}

impl Time for VirtualTime {
    fn now_ns(&self) -> u64 {
        self.advance(READING_NS);
        self.now_ns.get()
    }

    fn relax(&self) {
        self.advance(PAUSE_NS);
    }

    fn sleep_until(&self, deadline_ns: u64) {
        self.advance(deadline_ns.saturating_sub(self.now_ns.get()) + OVERSLEEP_NS);
    }
}
