//! How many scenes are played at once: as many as the test program says (`PLACES` in its `main.rs`). Each pins processes
//! to CPUs and measures time, so more of them would disturb each other; one that disturbs on purpose plays alone.

use crate::PLACES;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who waits for places; the others wait behind, so that one who needs all of them gets them.
static FIRST_IN_LINE: Mutex<()> = Mutex::new(());
/// By number of the place.
static TAKEN: Mutex<[bool; PLACES]> = Mutex::new([false; PLACES]);
static LEFT: Condvar = Condvar::new();

/// CPUs that a run of two producers and two consumers is content with.
const CPUS_OF_A_SCENE: usize = 2;

/// One or all places of the stage, until dropped.
pub(super) struct Place {
    numbers: Vec<usize>,
    /// The thread's CPUs before, where it has a part of them here.
    cpus_before: Option<CpuSet>,
}

impl Place {
    /// Beside others.
    pub(super) fn one() -> Self {
        Self::take(1)
    }

    /// With nobody beside.
    pub(super) fn all() -> Self {
        Self::take(PLACES)
    }

    fn take(count: usize) -> Self {
        let _others_wait = lock(&FIRST_IN_LINE);
        let mut taken = lock(&TAKEN);
        while taken.iter().filter(|taken| !**taken).count() < count {
            taken = LEFT.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        let numbers: Vec<usize> = (0..PLACES).filter(|number| !taken[*number]).take(count).collect();
        numbers.iter().for_each(|number| taken[*number] = true);
        let cpus_before = if count == 1 { stay_on_share(numbers[0]) } else { None };
        Self { numbers, cpus_before }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(before) = self.cpus_before {
            // The thread's own CPUs; a failing test is on its way out already.
            let _ = sched_setaffinity(Pid::from_raw(0), &before);
        }
        let mut taken = lock(&TAKEN);
        self.numbers.iter().for_each(|number| taken[*number] = false);
        LEFT.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where there are CPUs enough, each place has its own: a loop that has a CPU to itself spins, and every plan begins
/// with the same CPUs. What this thread starts inherits its CPUs. Returns those from before.
fn stay_on_share(place: usize) -> Option<CpuSet> {
    let before = sched_getaffinity(Pid::from_raw(0)).expect("our own CPUs");
    let all: Vec<usize> = (0..CpuSet::count()).filter(|cpu| before.is_set(*cpu) == Ok(true)).collect();
    let shares = (all.len() / CPUS_OF_A_SCENE).clamp(1, PLACES);
    if shares == 1 {
        return None;
    }
    let mut share = CpuSet::new();
    for cpu in all.chunks(all.len() / shares).nth(place % shares).unwrap_or(&all) {
        share.set(*cpu).expect("a CPU number");
    }
    sched_setaffinity(Pid::from_raw(0), &share).expect("CPUs that are ours");
    Some(before)
}
