//! How many scenes are played at once, and which. The stage has `PLACES`; what a scene looks at says how many it takes
//! and beside whom.
//!
//! So a test program is given more threads than there are places: all tests are begun at once, and the stage decides
//! who plays.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Most of a scene is waiting for time to pass. Two at once that look at rates are what two slow CPUs can do.
const PLACES: usize = 6;
/// CPUs that a run of two producers and two consumers is content with.
const CPUS_OF_A_SCENE: usize = 2;

/// What a scene looks at, and does to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Counts, texts and files: none of that changes when everything takes a little longer.
    Untimed,
    /// The same for minutes: begun before others, so that nobody waits for it alone at the end.
    UntimedForMinutes,
    /// The same, with all the CPUs that it gets: nobody beside it looks at times. Begun before others.
    Busy,
    /// Rates and moments, with tolerances that leave room for one such neighbour, or some that are untimed.
    Timed,
    /// What any other would change. All of these come last, so that the stage is emptied once, and not before each.
    Alone,
}

impl Part {
    fn places(self) -> usize {
        match self {
            Self::Untimed | Self::UntimedForMinutes => 1,
            Self::Busy | Self::Timed => PLACES / 2,
            Self::Alone => PLACES,
        }
    }

    fn comes_first(self) -> bool {
        matches!(self, Self::UntimedForMinutes | Self::Busy)
    }
}

static STAGE: Mutex<Stage> = Mutex::new(Stage { taken: [None; PLACES], waiting: Vec::new(), next_ticket: 0 });
static CHANGED: Condvar = Condvar::new();

struct Stage {
    /// By number of the place.
    taken: [Option<Part>; PLACES],
    /// By ticket, in order of arrival.
    waiting: Vec<(u64, Part)>,
    next_ticket: u64,
}

impl Stage {
    fn plays(&self, part: Part) -> bool {
        self.taken.contains(&Some(part))
    }

    fn waits(&self, part: Part) -> bool {
        self.waiting.iter().any(|(_, waiting)| *waiting == part)
    }

    fn has_room_for(&self, part: Part) -> bool {
        let free = self.taken.iter().filter(|taken| taken.is_none()).count();
        let beside = match part {
            Part::Busy => !self.plays(Part::Timed),
            Part::Timed => !self.plays(Part::Busy) && !self.waits(Part::Busy),
            Part::Alone => self.waiting.iter().all(|(_, waiting)| *waiting == Part::Alone),
            Part::Untimed | Part::UntimedForMinutes => true,
        };
        beside && part.places() <= free
    }

    /// Whose turn is it? The first for whom there is room.
    fn next(&self) -> Option<u64> {
        let fit = self.waiting.iter().filter(|(_, part)| self.has_room_for(*part));
        fit.min_by_key(|(ticket, part)| (!part.comes_first(), *ticket)).map(|(ticket, _)| *ticket)
    }
}

/// Places of the stage, until dropped.
pub(super) struct Place {
    numbers: Vec<usize>,
    /// The thread's CPUs before, where it has a part of them here.
    cpus_before: Option<CpuSet>,
}

impl Place {
    /// Waits for them.
    pub(super) fn take(part: Part) -> Self {
        let mut stage = lock();
        let ticket = stage.next_ticket;
        stage.next_ticket += 1;
        stage.waiting.push((ticket, part));
        while stage.next() != Some(ticket) {
            stage = CHANGED.wait(stage).unwrap_or_else(PoisonError::into_inner);
        }
        stage.waiting.retain(|(other, _)| *other != ticket);
        let free = (0..PLACES).filter(|number| stage.taken[*number].is_none());
        let numbers: Vec<usize> = free.take(part.places()).collect();
        numbers.iter().for_each(|number| stage.taken[*number] = Some(part));
        // There may be room for one more.
        CHANGED.notify_all();
        drop(stage);
        let cpus_before = if part == Part::Alone { None } else { stay_on_share(&numbers) };
        Self { numbers, cpus_before }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(before) = self.cpus_before {
            // The thread's own CPUs; a failing test is on its way out already.
            let _ = sched_setaffinity(Pid::from_raw(0), &before);
        }
        let mut stage = lock();
        self.numbers.iter().for_each(|number| stage.taken[*number] = None);
        CHANGED.notify_all();
    }
}

fn lock() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where there are CPUs enough, places have their own: a loop that has a CPU to itself spins, and every plan begins
/// with the same CPUs. What this thread starts inherits its CPUs. Returns those from before.
fn stay_on_share(places: &[usize]) -> Option<CpuSet> {
    let before = sched_getaffinity(Pid::from_raw(0)).expect("our own CPUs");
    let all: Vec<usize> = (0..CpuSet::count()).filter(|cpu| before.is_set(*cpu) == Ok(true)).collect();
    let shares = (all.len() / CPUS_OF_A_SCENE).clamp(1, PLACES);
    if shares == 1 {
        return None;
    }
    let of_each = all.len() / shares;
    let mut own = CpuSet::new();
    for share in places.iter().map(|place| place * shares / PLACES) {
        for cpu in &all[share * of_each..(share + 1) * of_each] {
            own.set(*cpu).expect("a CPU number");
        }
    }
    sched_setaffinity(Pid::from_raw(0), &own).expect("CPUs that are ours");
    Some(before)
}
