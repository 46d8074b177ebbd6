//! Do the TSCs of all CPUs show the same time? Threads on two CPUs pass a number to and fro and read their TSC: the
//! answer's reading lies between the question's and the reply's, so each round bounds the difference of the two
//! counters from both sides. The tightest bounds count.
//!
//! Left out: drift. The kernel watches it, and gives up the TSC as its clock source where it finds any.

use crate::os::affinity::{CpuSet, pin_current_thread};
use crate::os::clock::{raw_ns, ticks_fenced};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Rounds of one pair: about 0.3 ms.
const ROUNDS: u64 = 1_000;
/// A pair whose CPUs are busy with others is given up after this.
const PAIR_LIMIT_NS: u64 = 100_000_000;
/// Spins between two looks at the time.
const SPINS: u32 = 1_000;

/// What was found. Differences are those to the reference CPU.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct TscAcrossCpus {
    /// The CPU that the others were compared with.
    #[schemars(extend("unit" = "CPU number"))]
    pub reference_cpu: usize,
    /// Those that were.
    pub compared_cpus: CpuSet,
    /// Those that could not be, because they were busy.
    pub not_compared_cpus: CpuSet,
    /// Largest difference of two TSCs that is proven; 0: none is.
    pub proven_offset_ns: u64,
    /// How well the difference is known, of the pair known least well (half of the distance of its bounds).
    pub offset_uncertainty_ns: u64,
}

/// Bounds of one counter's lead over the reference, ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    lowest: i64,
    highest: i64,
}

impl Bounds {
    /// One round: the other's reading `between` lay after `before` and before `after` on the reference's counter.
    fn of(before: u64, between: u64, after: u64) -> Self {
        // The difference of two counters that run since the same reset is far below 2^63; wrapping keeps its sign.
        let lead = |reading: u64| between.wrapping_sub(reading).cast_signed();
        Self { lowest: lead(after), highest: lead(before) }
    }

    fn narrow(self, other: Self) -> Self {
        Self { lowest: self.lowest.max(other.lowest), highest: self.highest.min(other.highest) }
    }

    /// The part of the lead that no bound allows to be 0.
    fn proven_ticks(self) -> u64 {
        self.lowest.max(0).unsigned_abs().max(self.highest.min(0).unsigned_abs())
    }

    fn uncertainty_ticks(self) -> u64 {
        (self.highest - self.lowest).max(0).unsigned_abs() / 2
    }
}

/// What two threads share. Each word has one writer.
#[derive(Debug, Default)]
struct Table {
    question: AtomicU64,
    answer: AtomicU64,
    answer_ticks: AtomicU64,
    over: AtomicBool,
}

/// Compares all CPUs of the set with its first. Takes about a millisecond for each, up to 100 ms where a CPU is busy.
/// None: fewer than two CPUs, or a processor without a TSC.
pub(super) fn compare_tsc_across(cpus: &CpuSet) -> Option<TscAcrossCpus> {
    let reference_cpu = cpus.iter().next()?;
    if cpus.len() < 2 || cfg!(not(target_arch = "x86_64")) {
        return None;
    }
    let of_reference = || -> Option<TscAcrossCpus> {
        pin_current_thread(&CpuSet::of(reference_cpu)).ok()?;
        let (begun_ticks, begun_ns) = (ticks_fenced(), raw_ns());
        let pairs: Vec<_> = cpus.iter().skip(1).map(|cpu| (cpu, compare_with(cpu))).collect();
        let (ticks, ns) = (ticks_fenced().saturating_sub(begun_ticks), raw_ns().saturating_sub(begun_ns));
        Some(TscAcrossCpus::of(reference_cpu, &pairs, ticks, ns))
    };
    // On a thread of its own: the caller's stays where it is.
    thread::scope(|scope| scope.spawn(of_reference).join().ok().flatten())
}

impl TscAcrossCpus {
    /// `ticks` took `ns`: an exact frequency is not needed for so small differences.
    fn of(reference_cpu: usize, pairs: &[(usize, Option<Bounds>)], ticks: u64, ns: u64) -> Self {
        let to_ns =
            |of: u64| u64::try_from(u128::from(of) * u128::from(ns) / u128::from(ticks.max(1))).unwrap_or(u64::MAX);
        let which = |compared: bool| pairs.iter().filter(move |(_, b)| b.is_some() == compared).map(|(cpu, _)| *cpu);
        let largest = |of: fn(Bounds) -> u64| pairs.iter().filter_map(|(_, bounds)| bounds.map(of)).max().unwrap_or(0);
        Self {
            reference_cpu,
            compared_cpus: which(true).collect(),
            not_compared_cpus: which(false).collect(),
            proven_offset_ns: to_ns(largest(Bounds::proven_ticks)),
            offset_uncertainty_ns: to_ns(largest(Bounds::uncertainty_ticks)),
        }
    }
}

/// From the reference's thread: the bounds of `cpu`'s lead.
fn compare_with(cpu: usize) -> Option<Bounds> {
    let table = Table::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            if pin_current_thread(&CpuSet::of(cpu)).is_ok() {
                answer(&table);
            }
        });
        let bounds = ask(&table);
        table.over.store(true, Ordering::Release);
        bounds
    })
}

fn ask(table: &Table) -> Option<Bounds> {
    let limit_ns = raw_ns() + PAIR_LIMIT_NS;
    let mut bounds: Option<Bounds> = None;
    for round in 1..=ROUNDS {
        let before = ticks_fenced();
        table.question.store(round, Ordering::Release);
        let mut spins = 0;
        while table.answer.load(Ordering::Acquire) != round {
            std::hint::spin_loop();
            spins += 1;
            if spins % SPINS == 0 && raw_ns() > limit_ns {
                return bounds;
            }
        }
        let after = ticks_fenced();
        let seen = Bounds::of(before, table.answer_ticks.load(Ordering::Relaxed), after);
        bounds = Some(bounds.map_or(seen, |known| known.narrow(seen)));
    }
    bounds
}

fn answer(table: &Table) {
    let mut answered = 0;
    while !table.over.load(Ordering::Acquire) {
        let question = table.question.load(Ordering::Acquire);
        if question != answered {
            table.answer_ticks.store(ticks_fenced(), Ordering::Relaxed);
            table.answer.store(question, Ordering::Release);
            answered = question;
        } else {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::affinity::current_mask;

    #[test]
    fn each_round_bounds_the_lead_from_both_sides() {
        let far = Bounds::of(1_000, 1_900, 2_000);
        assert_eq!(far, Bounds { lowest: -100, highest: 900 });
        let near = far.narrow(Bounds::of(5_000, 5_050, 5_300));
        assert_eq!(near, Bounds { lowest: -100, highest: 50 });
        assert_eq!((near.proven_ticks(), near.uncertainty_ticks()), (0, 75));
        let ahead = Bounds::of(1_000, 4_000, 1_200);
        assert_eq!((ahead.proven_ticks(), ahead.uncertainty_ticks()), (2_800, 100));
        let behind = Bounds::of(4_000, 1_000, 4_200);
        assert_eq!((behind.proven_ticks(), behind.uncertainty_ticks()), (3_000, 100));
    }

    #[test]
    fn the_worst_pair_is_told_in_ns() {
        let pairs = [
            (1, Some(Bounds { lowest: -30, highest: 50 })),
            (2, None),
            (3, Some(Bounds { lowest: 400, highest: 460 })),
        ];
        let told = TscAcrossCpus::of(0, &pairs, 2_000, 1_000);
        assert_eq!((told.compared_cpus.to_string(), told.not_compared_cpus.to_string()), ("1,3".into(), "2".into()));
        assert_eq!((told.proven_offset_ns, told.offset_uncertainty_ns), (200, 20));
    }

    #[test]
    fn the_cpus_of_this_machine_are_compared_or_left_out_one_by_one() {
        let allowed = current_mask().unwrap();
        let Some(told) = compare_tsc_across(&allowed) else {
            return assert!(allowed.len() < 2 || cfg!(not(target_arch = "x86_64")));
        };
        assert_eq!(told.compared_cpus.len() + told.not_compared_cpus.len() + 1, allowed.len(), "{told:?}");
        assert_eq!(current_mask().unwrap(), allowed, "the caller stays where it was");
        assert_eq!(compare_tsc_across(&CpuSet::of(0)), None);
    }
}
