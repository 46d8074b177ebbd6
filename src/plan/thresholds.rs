//! What a result is judged by: every threshold of the verdict and of the health section, with its name, its default and
//! what it is for.
//!
//! Over 250 lines: a table, which goes with what serde and the schema say of it.
//!
//! One list. `--threshold NAME=VALUE` changes one of them, every result says which were in force. What is done with
//! them stands in `verdict` and `report/health`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::collections::BTreeMap;

macro_rules! thresholds {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal, $default:literal, $meaning:literal,)+) => {
        /// One threshold; the unit stands in its name, a share is a fraction (0.01 = 1 %).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(usize)]
        pub enum Threshold { $($(#[doc = $doc])+ $variant,)+ }
        impl Threshold {
            /// All of them in order of position.
            pub const ALL: &'static [Threshold] = &[$(Threshold::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// Its name on the command line and in results.
            pub const fn name(self) -> &'static str { match self { $(Threshold::$variant => $name,)+ } }
            /// Its value when nobody says another.
            pub const fn default_value(self) -> f64 { match self { $(Threshold::$variant => $default,)+ } }
            /// What is compared with it.
            pub const fn meaning(self) -> &'static str { match self { $(Threshold::$variant => $meaning,)+ } }
        }
    };
}

thresholds! {
    /// Whose the figures are.
    OwnShare => "own-share", 0.05,
        "what the generator can have added at most to a latency that is the broker's, of the latency",
    /// The rate.
    RateShortShare => "rate-short-share", 0.01,
        "what the generator left out of the rate that was asked for, beyond which the run is GENERATOR-LIMITED; full \
         queues of a slow broker do not count here, what the broker left unacknowledged has rate-missed-share",
    /// Pacing.
    PacingErrorShare => "pacing-error-interval-share", 0.5,
        "p99.9 of a producer's pacing error, as a share of its send interval",
    /// Pacing of short intervals.
    PacingErrorFloorUs => "pacing-error-floor-us", 100.0,
        "pacing errors up to this are never too large, however short the interval",
    /// Pacing of long intervals.
    PacingErrorCeilingUs => "pacing-error-ceiling-us", 1000.0,
        "pacing errors above this are always too large, however long the interval",
    /// Late sends.
    LateSendsShare => "late-sends-share", 0.001,
        "sends later than 1 ms (one interval where that is longer) for which no full queue is the reason, of all sends",
    /// Left out sends.
    MissedSendsShare => "missed-sends-share", 0.001,
        "scheduled sends never made for which no full queue is the reason, of all scheduled",
    /// Full queue.
    QueueFullShare => "queue-full-share", 0.01,
        "time a producer spent blocked because its own queue is too small, of its time",
    /// Size of the queue.
    QueueHoldsMs => "queue-holds-ms", 100.0,
        "a queue that holds less of the schedule than this is too small when it is full; one that holds more is full \
         for the broker",
    /// Slack of the hot loop.
    SlackShare => "slack-share", 0.05,
        "least share of its time in which a hot loop must have nothing to do but wait",
    /// Preemption.
    InvoluntarySwitchesPerS => "involuntary-switches-per-s", 50.0,
        "times a second that the CPU is taken from a hot loop which has it alone",
    /// Wandering.
    MigrationsPerS => "migrations-per-s", 1.0,
        "moves a second of a hot loop that is not pinned; one that is pinned may not move at all",
    /// Waiting for the CPU.
    RunQueueDelayShare => "run-queue-delay-share", 0.01,
        "time a hot loop was ready to run and had to wait for its CPU (schedstat), of its time",
    /// Standing still.
    LoopStallShare => "loop-stall-share", 0.001,
        "time a hot loop stood still for more than 5 ms at once, so that reports and sends waited for it, of its time",
    /// The host of this virtual machine.
    StealShare => "steal-share", 0.01,
        "time the hypervisor gave a hot CPU to somebody else (steal), of the time",
    /// CPU limits.
    ThrottledShare => "throttled-share", 0.001,
        "time a CPU limit of the cgroup stopped the clients, of the time",
    /// librdkafka's threads waiting.
    IoRunQueueDelayShare => "io-run-queue-delay-share", 0.1,
        "time a thread of librdkafka's was ready to run and had to wait for a CPU, of its time",
    /// librdkafka's threads working.
    IoBusyShare => "io-busy-share", 0.95,
        "CPU time of the busiest thread of librdkafka's while the queue is full, of its time",
    /// Fetch pauses.
    FetchPausedShare => "fetch-paused-share", 0.01,
        "time librdkafka held back fetches because its own queue was at its limit, of its time",
    /// Telemetry.
    SlotsLost => "slots-lost", 0.0,
        "telemetry slots overwritten before they were read",
    /// Telemetry that came late.
    LateReports => "late-reports", 0.0,
        "times a client did not report the end of a period within 2 s",
    /// Clock.
    ClockDriftPpm => "clock-drift-ppm", 100.0,
        "drift of the run's clock against CLOCK_MONOTONIC_RAW",
    /// Clocks of several hosts.
    ClockErrorShare => "clock-error-share", 1.0,
        "what end-to-end times may be wrong by for the hosts' clocks, of the least that their median can be (as \
         measured, less the error)",
    /// Counts.
    CountsOffMessages => "counts-off-messages", 0.0,
        "messages by which counts that must agree do not",
    /// Periods.
    PeriodsShare => "periods-share", 0.1,
        "periods that are not valid, of all periods, above which the whole run is not; one alone never is too many",
    /// System: the rate.
    RateMissedShare => "rate-missed-share", 0.01,
        "what may be missing among the acknowledged of the rate that was asked for, beyond which the system did not \
         hold it; what the generator never offered does not count here, it has rate-short-share",
    /// System: standing still.
    StallS => "stall-s", 0.5,
        "time for which a broker answers none of its clients, in seconds, from which on it is a stall that is named",
    /// Health: throughput.
    SteadyChangeShare => "steady-change-share", 0.05,
        "change of a rate over the measurement (fitted line), of its mean",
    /// Health: warm-up.
    SettledShare => "settled-share", 0.25,
        "deviation of a second's median acknowledgement time from that of the second half of the measurement while a \
         run still warms up",
    /// Health: backlog.
    BacklogS => "backlog-s", 1.0,
        "backlog at the end of the measurement, in seconds of the rate received",
    /// Health: errors.
    ErrorShare => "error-share", 0.0,
        "failed messages, of all that were acknowledged or failed",
    /// Health: latency.
    LatencyP50Ms => "latency-p50-ms", 10.0,
        "acknowledgement time, p50",
    /// Health: latency.
    LatencyP99Ms => "latency-p99-ms", 50.0,
        "acknowledgement time, p99",
    /// Health: latency.
    LatencyP999Ms => "latency-p999-ms", 100.0,
        "acknowledgement time, p99.9",
}

/// The values in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds([f64; Threshold::COUNT]);

impl Default for Thresholds {
    fn default() -> Self {
        Self(std::array::from_fn(|i| Threshold::ALL[i].default_value()))
    }
}

impl std::ops::Index<Threshold> for Thresholds {
    type Output = f64;
    fn index(&self, threshold: Threshold) -> &f64 {
        &self.0[threshold as usize]
    }
}

impl Thresholds {
    /// The defaults with these changes, the later of two of one name.
    pub fn with(changes: &[(Threshold, f64)]) -> Self {
        changes.iter().fold(Self::default(), |mut all, (threshold, value)| {
            all.0[*threshold as usize] = *value;
            all
        })
    }

    /// Those that are not at their default.
    #[cfg(test)]
    pub fn changed(&self) -> Vec<(Threshold, f64)> {
        let all = Threshold::ALL.iter().map(|threshold| (*threshold, self[*threshold]));
        all.filter(|(threshold, value)| *value != threshold.default_value()).collect()
    }
}

/// `NAME=VALUE`.
///
/// # Errors
/// What is wrong with it, and what there is.
pub fn parse_threshold(text: &str) -> Result<(Threshold, f64), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("write NAME=VALUE, for example steal-share=0.05".to_owned());
    };
    let name = name.trim();
    let Some(threshold) = Threshold::ALL.iter().find(|threshold| threshold.name() == name) else {
        let known: Vec<&str> = Threshold::ALL.iter().map(|threshold| threshold.name()).collect();
        return Err(format!("there is no threshold {name:?}; there are {}", known.join(", ")));
    };
    match value.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok((*threshold, value)),
        _ => Err(format!(
            "{value:?} is no value for {name}: write a number from 0 on (a share is a fraction: 0.01 = 1 %)"
        )),
    }
}

impl JsonSchema for Thresholds {
    fn schema_name() -> Cow<'static, str> {
        "Thresholds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Threshold::ALL.iter().map(|threshold| threshold.name()).collect();
        let value = |threshold: &Threshold| {
            (threshold.name().to_owned(), json_schema!({ "type": "number", "description": threshold.meaning() }).into())
        };
        let properties: serde_json::Map<String, serde_json::Value> = Threshold::ALL.iter().map(value).collect();
        json_schema!({ "type": "object", "properties": properties, "required": names })
    }
}

impl serde::Serialize for Thresholds {
    /// A map of name → value in order.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Threshold::ALL.iter().map(|threshold| (threshold.name(), self[*threshold])))
    }
}

impl<'de> serde::Deserialize<'de> for Thresholds {
    /// The same map back; names that are not known are left out, missing ones are at their default.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = BTreeMap::<String, f64>::deserialize(deserializer)?;
        let value = |threshold: Threshold| named.get(threshold.name()).copied();
        Ok(Self(std::array::from_fn(|i| value(Threshold::ALL[i]).unwrap_or(Threshold::ALL[i].default_value()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_by_name() {
        assert_eq!(parse_threshold("steal-share=0.05"), Ok((Threshold::StealShare, 0.05)));
        for (text, part) in [
            ("steal-share", "NAME=VALUE"),
            ("stealshare=1", "there are own-share, rate-short-share, pacing-error-interval-share, "),
            ("steal-share=-1", "from 0 on"),
            ("steal-share=nan", "from 0 on"),
            ("steal-share=5%", "a fraction"),
        ] {
            let wrong = parse_threshold(text).unwrap_err();
            assert!(wrong.contains(part), "{text}: {wrong}");
        }
    }

    #[test]
    fn those_in_force_come_back_from_a_result() {
        let mine = Thresholds::with(&[(Threshold::SlotsLost, 3.0), (Threshold::SlotsLost, 4.0)]);
        assert_eq!(mine.changed(), [(Threshold::SlotsLost, 4.0)]);
        let text = serde_json::to_string(&mine).unwrap();
        assert_eq!(serde_json::from_str::<Thresholds>(&text).unwrap(), mine);
        assert_eq!(serde_json::from_str::<Thresholds>("{\"of-tomorrow\": 1}").unwrap(), Thresholds::default());
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = Threshold::ALL.iter().map(|threshold| threshold.name()).collect();
        assert_eq!(names.len(), Threshold::COUNT);
    }
}
