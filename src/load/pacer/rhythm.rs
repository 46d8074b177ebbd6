//! How far one message is from the next, in mean intervals: at random, nearly even, or many at once.

use crate::load::accounting::mix;
use crate::plan::Arrivals;

/// What a clock of whole ms cuts off is up to this.
const DITHER_NS: u64 = 1_000_000;

/// What comes after what.
#[derive(Debug, Clone)]
pub(super) enum Rhythm {
    Poisson(fastrand::Rng),
    Dithered {
        random: fastrand::Rng,
        /// By which the message drawn last is late, in intervals with 32 binary places.
        late_q32: u64,
        /// Is the next message the first?
        first: bool,
    },
    Burst {
        messages: u32,
        /// Of the burst that is being drawn.
        left: u32,
    },
}

impl Rhythm {
    /// None: all the same time apart. `index`: which producer, over all topics and hosts.
    pub(super) fn new(arrivals: Arrivals, index: u32) -> Option<Self> {
        match arrivals {
            Arrivals::Uniform | Arrivals::Burst { burst_messages: 0 | 1 } => None,
            Arrivals::Poisson { arrival_seed } => Some(Self::Poisson(random(arrival_seed, index))),
            Arrivals::Dithered { arrival_seed } => {
                Some(Self::Dithered { random: random(arrival_seed, index), late_q32: 0, first: true })
            }
            Arrivals::Burst { burst_messages } => Some(Self::Burst { messages: burst_messages, left: burst_messages }),
        }
    }

    /// A schedule begins; returns how many messages come at once, or at least one.
    pub(super) fn begin(&mut self) -> u32 {
        match self {
            Self::Poisson(_) => 1,
            Self::Dithered { late_q32, first, .. } => {
                (*late_q32, *first) = (0, true);
                1
            }
            Self::Burst { messages, left } => {
                *left = *messages;
                *messages
            }
        }
    }

    /// From one message to the next (to the first one: from the schedule's begin), in mean intervals with 32 binary
    /// places.
    pub(super) fn gap_q32(&mut self, interval_q32: u128) -> u64 {
        match self {
            Self::Poisson(random) => {
                // −ln of a number in (0, 1] is exponential with mean 1, and at most 37.
                let gap = -(1.0 - random.f64()).ln();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 37 × 2^32")]
                let gap_q32 = (gap * 4_294_967_296.0).round() as u64;
                gap_q32
            }
            Self::Dithered { random, late_q32, first } => {
                // 1 ms in intervals, at most one.
                let most_q32 = (u128::from(DITHER_NS) << 64).checked_div(interval_q32).unwrap_or(u128::MAX);
                let most_q32 = u64::try_from(most_q32).unwrap_or(u64::MAX).min(1 << 32);
                let next_late_q32 = random.u64(0..=most_q32);
                let on_time_q32 = if std::mem::take(first) { 0 } else { 1 << 32 };
                // Late by an interval at most, so never before the one before it.
                on_time_q32 + next_late_q32 - std::mem::replace(late_q32, next_late_q32)
            }
            Self::Burst { messages, left } => {
                let next_burst = *left == 0;
                *left = if next_burst { *messages } else { *left } - 1;
                if next_burst { u64::from(*messages) << 32 } else { 0 }
            }
        }
    }
}

/// Of one producer: numbers that lie together become seeds that do not.
fn random(seed: u32, producer: u32) -> fastrand::Rng {
    fastrand::Rng::with_seed(mix((u64::from(seed) << 32) | u64::from(producer)))
}
