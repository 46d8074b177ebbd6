//! Runs on a broker of known latencies with a producer and a consumer that are kept from their CPUs by chance: what was
//! measured, and what the broker alone took. For the verdict, which has to tell one from the other.

use super::broker::{MessageFate, Producing};
use super::feed::{FeedMessage, consume_kept_away};
use super::figures::reported;
use super::{EPOCH, MS, S};
use crate::stats::{Counters, Distribution, Latency};
use std::cell::RefCell;

/// What a run is like.
#[derive(Debug, Clone, Copy)]
struct RunShape {
    /// Clients have CPUs of their own, and spin; otherwise they sleep.
    spin: bool,
    per_s: u64,
    length_ns: u64,
    /// Medians of the quickest and of the slowest broker, ns.
    medians_ns: [f64; 2],
    /// The last message takes no longer to come.
    last_ns: u64,
}

/// Clients on CPUs that they share, at usual, high and low rates, and on CPUs of their own.
const KINDS: [RunShape; 4] = [
    RunShape { spin: false, per_s: 1_000, length_ns: 2 * S, medians_ns: SLOW_NS, last_ns: 200 * MS },
    RunShape { spin: false, per_s: 10_000, length_ns: 200 * MS, medians_ns: SLOW_NS, last_ns: 200 * MS },
    RunShape { spin: false, per_s: 200, length_ns: 8 * S, medians_ns: SLOW_NS, last_ns: 200 * MS },
    RunShape { spin: true, per_s: 10_000, length_ns: 100 * MS, medians_ns: [1e5, 1e6], last_ns: 50 * MS },
];
const SLOW_NS: [f64; 2] = [5e5, 5e6];

/// One run.
pub(crate) struct Disturbed {
    /// What the clients measured, by `Latency as usize`.
    pub(crate) measured: [Distribution; Latency::COUNT],
    /// Counters of the producer and of the consumer.
    pub(crate) counters: [Counters; 2],
    /// What the broker took for each message, ns, sorted: to the acknowledgement, and to the consumer.
    pub(crate) broker_ns: [Vec<u64>; 2],
    /// Length of the load, ns.
    pub(crate) length_ns: u64,
    /// Messages per second.
    pub(crate) per_s: u64,
    /// Have the clients CPUs of their own?
    pub(crate) own_cpus: bool,
}

/// Chance, the same for the same seed.
struct SeededChance(fastrand::Rng);

impl SeededChance {
    fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Above 0, up to 1.
    fn unit(&mut self) -> f64 {
        1.0 - self.0.f64()
    }

    /// Between two values, evenly in their logarithms.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    /// Logarithmically normal.
    fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let normal = (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }

    /// Times in which somebody is kept from the CPU: some, many or hardly any, short or long.
    fn stalls(&mut self, length_ns: u64) -> Vec<(u64, u64)> {
        let (every_ns, median_ns) =
            (self.between(length_ns as f64 / 130.0, length_ns as f64 * 2.5), self.between(1e5, 1e7));
        let (mut at_ns, mut stalls) = (EPOCH as f64, Vec::new());
        loop {
            at_ns -= every_ns * self.unit().ln();
            if at_ns > (EPOCH + length_ns) as f64 {
                return stalls;
            }
            let length_ns = self.log_normal(median_ns, 0.7);
            stalls.push((whole(at_ns), whole(length_ns)));
            at_ns += length_ns;
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times of a run, at least 0")]
fn whole(ns: f64) -> u64 {
    ns as u64
}

/// The run of a seed.
pub(crate) fn run(seed: u64) -> Disturbed {
    let mut chance = SeededChance::new(seed);
    let RunShape { spin, per_s, length_ns, medians_ns: [quickest_ns, slowest_ns], last_ns } =
        KINDS[usize::try_from(seed).unwrap() % KINDS.len()];
    let (median_ns, sigma) = (chance.between(quickest_ns, slowest_ns), chance.between(0.2, 0.8));
    let stalls = [chance.stalls(length_ns), chance.stalls(length_ns)];
    let [of_producer, of_consumer] = stalls;
    let latencies = RefCell::new(chance);
    let produced = Producing {
        spin,
        stalls: of_producer,
        exit_after_ns: 5 * last_ns,
        ..Producing::new(per_s, length_ns, move |_, now_ns| {
            let latency_ns = whole(latencies.borrow_mut().log_normal(median_ns, sigma));
            MessageFate::good(now_ns + latency_ns / 2, now_ns + latency_ns)
        })
    }
    .run();
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut coming = Vec::new();
    let mut chance = SeededChance::new(!seed);
    let mut delivered: Vec<u64> = Vec::new();
    for message in &produced.stats {
        let stored_ns = message.stored_ns.unwrap();
        // Stored after half of it.
        acknowledged.push(2 * (stored_ns - message.taken_ns));
        let more_ns = whole(chance.log_normal(median_ns / 2.0, sigma));
        delivered.push(stored_ns + more_ns - message.taken_ns);
        coming.push((stored_ns + more_ns, message));
    }
    coming.sort_by_key(|(at_ns, _)| *at_ns);
    let coming = coming.into_iter().zip(0..).map(|((at_ns, message), offset)| FeedMessage {
        at_ns,
        partition: 0,
        offset,
        value: message.value.clone(),
    });
    let consumed = consume_kept_away(coming.collect(), length_ns + last_ns, of_consumer, spin);
    acknowledged.sort_unstable();
    delivered.sort_unstable();
    let measured = Latency::EVERY.map(|family| {
        let slots = if Latency::OF_CONSUMER.contains(&family) { &consumed.slots } else { &produced.slots };
        reported(slots, family)
    });
    let counters = [produced.counters, consumed.counters];
    Disturbed { measured, counters, broker_ns: [acknowledged, delivered], length_ns, per_s, own_cpus: spin }
}
