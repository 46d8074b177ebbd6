//! Runs on a broker of known latencies with a producer and a consumer that are kept from their CPUs by chance: what was measured, and what the broker
//! alone took. For the verdict, which has to tell one from the other.

use super::broker::{Fate, Producing};
use super::feed::{Coming, consume_kept_away};
use super::figures::reported;
use super::{EPOCH, S};
use crate::stats::{Counters, Distribution, Latency};
use std::cell::RefCell;

const PER_S: u64 = 1_000;
const LENGTH_NS: u64 = 4 * S;

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
}

/// Chance, the same for the same seed.
struct Chance(fastrand::Rng);

impl Chance {
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
    fn stalls(&mut self) -> Vec<(u64, u64)> {
        let (every_ns, median_ns) = (self.between(3e7, 1e10), self.between(1e5, 1e7));
        let (mut at_ns, mut stalls) = (EPOCH as f64, Vec::new());
        loop {
            at_ns -= every_ns * self.unit().ln();
            if at_ns > (EPOCH + LENGTH_NS) as f64 {
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
    let mut chance = Chance::new(seed);
    let (median_ns, sigma) = (chance.between(5e5, 5e6), chance.between(0.2, 0.8));
    let stalls = [chance.stalls(), chance.stalls()];
    let [of_producer, of_consumer] = stalls;
    let latencies = RefCell::new(chance);
    let produced = Producing {
        spin: false,
        stalls: of_producer,
        ..Producing::new(PER_S, LENGTH_NS, move |_, now_ns| {
            let latency_ns = whole(latencies.borrow_mut().log_normal(median_ns, sigma));
            Fate::good(now_ns + latency_ns / 2, now_ns + latency_ns)
        })
    }
    .run();
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut coming = Vec::new();
    let mut chance = Chance::new(!seed);
    let mut delivered: Vec<u64> = Vec::new();
    for message in &produced.books {
        let stored_ns = message.stored_ns.unwrap();
        // Stored after half of it.
        acknowledged.push(2 * (stored_ns - message.taken_ns));
        let more_ns = whole(chance.log_normal(median_ns / 2.0, sigma));
        delivered.push(stored_ns + more_ns - message.taken_ns);
        coming.push((stored_ns + more_ns, message));
    }
    coming.sort_by_key(|(at_ns, _)| *at_ns);
    let coming = coming.into_iter().zip(0..).map(|((at_ns, message), offset)| Coming {
        at_ns,
        partition: 0,
        offset,
        value: message.value.clone(),
    });
    let consumed = consume_kept_away(coming.collect(), LENGTH_NS + S, of_consumer);
    acknowledged.sort_unstable();
    delivered.sort_unstable();
    let measured = Latency::ALL.map(|family| {
        let slots = if Latency::CONSUMER.contains(&family) { &consumed.slots } else { &produced.slots };
        reported(slots, family)
    });
    let counters = [produced.counters, consumed.counters];
    Disturbed { measured, counters, broker_ns: [acknowledged, delivered], length_ns: LENGTH_NS }
}
