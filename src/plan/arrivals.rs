//! How messages come at a rate: evenly, nearly so, at random, or many at once.

use crate::units::format_count;

/// The shape of a load. The rate says how many messages there are, this says when each of them comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// All the same time apart.
    #[default]
    Uniform,
    /// The same, each later by up to 1 ms (or an interval, where that is shorter) at random: end-to-end times of
    /// messages without a stamp are differences of whole ms, and so come out right on average.
    Dithered {
        /// Seed of the times; each producer draws its own from it.
        arrival_seed: u32,
    },
    /// At random, independent of each other: what many users make who know nothing of each other. Each producer's times
    /// are a Poisson process, and so are those of all together.
    Poisson {
        /// Seed of the times; each producer draws its own from it.
        arrival_seed: u32,
    },
    /// So many at once, and then nothing until it is time for as many again. Producers take turns.
    Burst {
        /// Messages of a burst.
        burst_messages: u32,
    },
}

/// Farther from its mean than so many standard deviations a count comes by chance once in 30,000 times.
const DEVIATIONS: f64 = 4.0;
/// A Poisson process waits longer than so many mean intervals once in a thousand times.
const LONG_WAIT: f64 = 7.0;

impl Arrivals {
    /// Messages by which a span may have less than the rate makes of it (`messages`), and nobody is to blame.
    pub fn short_by_chance(self, messages: f64) -> f64 {
        match self {
            Self::Uniform => 0.0,
            Self::Dithered { .. } => 1.0,
            Self::Poisson { .. } => DEVIATIONS * messages.max(0.0).sqrt(),
            Self::Burst { burst_messages } => f64::from(burst_messages),
        }
    }

    /// Change of a line fitted through the rates of a span with so many messages, of its mean, that nobody is to blame
    /// for.
    pub fn trend_by_chance(self, messages: f64) -> f64 {
        match self {
            Self::Uniform | Self::Dithered { .. } => 0.0,
            // The standard deviation of such a change is √(12 ÷ messages).
            Self::Poisson { .. } => DEVIATIONS * (12.0 / messages.max(1.0)).sqrt(),
            // A whole burst more at one of the ends.
            Self::Burst { burst_messages } => 6.0 * f64::from(burst_messages) / messages.max(1.0),
        }
    }

    /// The longest usual time between two sends of a producer, in its mean intervals.
    pub fn longest_gap_intervals(self) -> f64 {
        match self {
            Self::Uniform => 1.0,
            Self::Dithered { .. } => 2.0,
            Self::Poisson { .. } => LONG_WAIT,
            Self::Burst { burst_messages } => f64::from(burst_messages),
        }
    }

    /// Messages that come at once: producers are staggered by as many intervals. A Poisson process begins anywhere.
    pub fn at_once(self) -> u32 {
        match self {
            Self::Uniform | Self::Dithered { .. } => 1,
            Self::Poisson { .. } => 0,
            Self::Burst { burst_messages } => burst_messages,
        }
    }

    /// What stands behind a rate: nothing, ` (Poisson, seed 1)`, ` (bursts of 100)`.
    pub fn suffix(self) -> String {
        match self {
            Self::Uniform => String::new(),
            Self::Dithered { arrival_seed } => format!(" (dithered, seed {arrival_seed})"),
            Self::Poisson { arrival_seed } => format!(" (Poisson, seed {arrival_seed})"),
            Self::Burst { burst_messages } => format!(" (bursts of {})", format_count(burst_messages.into())),
        }
    }
}

impl std::fmt::Display for Arrivals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform (all the same time apart)"),
            Self::Dithered { arrival_seed } => write!(
                f,
                "dithered (the same time apart, each later by up to 1 ms or an interval, drawn from seed \
                 {arrival_seed})"
            ),
            Self::Poisson { arrival_seed } => write!(
                f,
                "poisson (each producer's times are drawn from seed {arrival_seed}, all together are Poisson at the \
                 whole rate)"
            ),
            Self::Burst { burst_messages } => write!(
                f,
                "burst ({} at once from one producer, then from the next; the rate is the mean)",
                format_count((*burst_messages).into())
            ),
        }
    }
}
