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

type ScheduledAct = Box<dyn FnOnce(&SupervisorEnd)>;

/// A virtual clock that carries the supervisor's script.
pub(super) struct VirtualTime {
    now_ns: Cell<u64>,
    script: RefCell<VecDeque<(u64, ScheduledAct)>>,
    /// Begin and length of the times in which the client is kept from its CPU, in order.
    stalls: RefCell<VecDeque<(u64, u64)>>,
    supervisor: RefCell<SupervisorEnd>,
}

impl VirtualTime {
    /// A clock at `now_ns` with a fresh segment, and the client's end of it.
    pub(super) fn new(now_ns: u64, shape: Shape) -> (Self, ClientEnd) {
        let mut supervisor = SupervisorEnd::create(shape).unwrap();
        let end = ClientEnd::attach(supervisor.name(), shape).unwrap();
        supervisor.unlink();
        let time = Self {
            now_ns: Cell::new(now_ns),
            script: RefCell::default(),
            stalls: RefCell::default(),
            supervisor: RefCell::new(supervisor),
        };
        (time, end)
    }

    /// The supervisor does this at `at_ns`; to be called in order of time.
    pub(super) fn at(&self, at_ns: u64, act: impl FnOnce(&SupervisorEnd) + 'static) {
        self.script.borrow_mut().push_back((at_ns, Box::new(act)));
    }

    /// The client is kept from its CPU at these times: begin and length, in order.
    pub(super) fn keep_away(&self, stalls: impl IntoIterator<Item = (u64, u64)>) {
        self.stalls.borrow_mut().extend(stalls);
    }

    /// The next stall that begins up to `until_ns`.
    fn stalled(&self, until_ns: u64) -> Option<(u64, u64)> {
        let mut stalls = self.stalls.borrow_mut();
        let begins = stalls.front().is_some_and(|(begin_ns, _)| *begin_ns <= until_ns);
        if begins { stalls.pop_front() } else { None }
    }

    /// Lets time pass in which the client wants no CPU: a stall that is over by then does not touch it.
    pub(super) fn rest(&self, ns: u64) {
        let woken_ns = self.now_ns.get() + ns;
        let mut until_ns = woken_ns;
        while let Some((begin_ns, length_ns)) = self.stalled(until_ns) {
            until_ns = until_ns.max(begin_ns + length_ns);
        }
        self.pass_to(until_ns);
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
        let mut until_ns = self.now_ns.get() + ns;
        while let Some((_, length_ns)) = self.stalled(until_ns) {
            until_ns += length_ns;
        }
        self.pass_to(until_ns);
    }

    fn pass_to(&self, until_ns: u64) {
        self.now_ns.set(until_ns);
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
        self.rest(deadline_ns.saturating_sub(self.now_ns.get()));
        self.advance(OVERSLEEP_NS);
    }
}
