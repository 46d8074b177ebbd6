//! The list of causes: name, verdict, threshold, and what to do about each. docs/verdict.md shows the same table.

use super::Verdict;
use crate::plan::Threshold;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal =>
        $verdict:ident, $threshold:expr, $words:literal, $advice:literal,)+) => {
        /// Why a verdict is not VALID, in the order in which reasons are told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause { $($(#[doc = $doc])+ $variant,)+ }
        impl Cause {
            /// All of them in order.
            pub const ALL: &'static [Cause] = &[$(Cause::$variant,)+];
            /// Its stable name.
            pub const fn name(self) -> &'static str { match self { $(Cause::$variant => $name,)+ } }
            /// The verdict that it alone gives; VALID: it explains how far figures are the broker's, and spoils nothing
            /// by itself.
            pub const fn verdict(self) -> Verdict { match self { $(Cause::$variant => Verdict::$verdict,)+ } }
            /// The threshold that its value was compared with.
            pub const fn threshold(self) -> Option<Threshold> { match self { $(Cause::$variant => $threshold,)+ } }
            /// Its name for people.
            pub const fn words(self) -> &'static str { match self { $(Cause::$variant => $words,)+ } }
            /// What to do about it.
            pub const fn advice(self) -> &'static str { match self { $(Cause::$variant => $advice,)+ } }
        }
    };
}

use Threshold as T;
causes! {
    /// A client process ended before it was told to.
    ClientDied "client_died" => Invalid, None, "a client died", "see its last words",
    /// A worker on another host is gone.
    WorkerLost "worker_lost" => Invalid, None, "a worker is lost", "see its host",
    /// The run failed for another reason.
    RunFailed "run_failed" => Invalid, None, "the run failed", "see the reason",
    /// There are no periods.
    NothingMeasured "nothing_measured" => Invalid, None, "nothing was measured", "let it run longer",
    /// Counts that must agree do not.
    CountsOff "counts_off" =>
        Invalid, Some(T::CountsOffMessages), "counts do not balance", "report it; with workers of OMB's look \
        for lost messages",
    /// The hosts' clocks are further apart than the latencies are long.
    ClocksApart "clocks_apart" =>
        Invalid, Some(T::ClockErrorShare), "clocks too far apart", "synchronise the hosts' clocks (PTP, \
        chrony)",
    /// The run's clock drifted.
    ClockDrift "clock_drift" => Invalid, Some(T::ClockDriftPpm), "clock drift", "see clock.reason in the detail file",
    /// The generator left out sends, or came too late to make them.
    RateNotOffered "rate_not_offered" =>
        GeneratorLimited, Some(T::RateShortShare), "rate not offered as asked", "add producers or CPUs, \
        or lower the rate",
    /// Of a latency not even the median is the broker's.
    MedianNotOwn "median_not_own" =>
        GeneratorLimited, Some(T::OwnShare), "median not the broker's", "see what kept the loops and \
        threads: the other reasons say it",
    /// Sends are not on schedule.
    PacingError "pacing_error" =>
        Valid, Some(T::PacingErrorShare), "pacing error", "give each client a CPU of its own, or use fewer \
        clients or a lower rate",
    /// Too many late sends.
    LateSends "late_sends" => Valid, Some(T::LateSendsShare), "late sends", "as for the pacing error",
    /// Scheduled sends never made.
    MissedSends "missed_sends" =>
        GeneratorLimited, Some(T::MissedSendsShare), "missed sends", "lower the rate, add producers, or \
        take the late policy bounded",
    /// The producer's queue is too small.
    QueueTooSmall "queue_too_small" =>
        Valid, Some(T::QueueFullShare), "queue too small", "raise queue.buffering.max.messages or .kbytes \
        (buffer.memory)",
    /// The hot loop never waits.
    NoSlack "no_slack" => Valid, Some(T::SlackShare), "no slack", "add clients, or lower the rate",
    /// The hot thread's CPU was taken from it.
    InvoluntarySwitches "involuntary_switches" =>
        Valid, Some(T::InvoluntarySwitchesPerS), "involuntary context switches", "keep others off \
        the hot CPUs (isolcpus, cpusets)",
    /// The hot thread moved.
    Migrations "migrations" =>
        Valid, Some(T::MigrationsPerS), "migrations", "pin clients (--placement, --cpus), and let nobody \
        else change their affinity",
    /// The hot thread waited for its CPU.
    RunQueueDelay "run_queue_delay" =>
        Valid, Some(T::RunQueueDelayShare), "run-queue delay", "fewer clients than CPUs, nobody else on \
        the hot CPUs",
    /// The hot loop stood still.
    LoopStalls "loop_stalls" =>
        Valid, Some(T::LoopStallShare), "hot loop stood still", "look for what stopped it: other processes, \
        a debugger, a paused virtual machine",
    /// The hypervisor took the CPU.
    Steal "steal" => Valid, Some(T::StealShare), "steal", "a virtual machine with CPUs of its own, or bare metal",
    /// A CPU limit stopped the clients.
    Throttled "throttled" =>
        Valid, Some(T::ThrottledShare), "throttled by a cgroup", "raise the CPU limit (cpu.max, limits.cpu)",
    /// The library's threads waited for a CPU.
    IoRunQueueDelay "io_run_queue_delay" =>
        Valid, Some(T::IoRunQueueDelayShare), "run-queue delay of librdkafka's threads", "more I/O CPUs \
        (--io-cpus), nobody else on them",
    /// The library's threads are at their limit.
    IoBusy "io_busy" => Valid, Some(T::IoBusyShare), "librdkafka's thread is busy", "add producers",
    /// The library held back fetches.
    FetchPauses "fetch_pauses" => Valid, Some(T::FetchPausedShare), "fetch pauses", "raise queued.min.messages and \
        queued.max.messages.kbytes, or add consumers",
    /// Telemetry was lost.
    SlotsLost "slots_lost" => Valid, Some(T::SlotsLost), "telemetry slots lost", "leave a CPU to the supervisor",
    /// Telemetry came late.
    LateReports "late_reports" => Valid, Some(T::LateReports), "reports of periods came late", "as for run-queue delay",
    /// Too many periods are not valid by themselves.
    Periods "periods" => GeneratorLimited, Some(T::PeriodsShare), "periods are not valid", "see the periods' own \
        verdicts in the detail file",
}

impl JsonSchema for Cause {
    fn schema_name() -> Cow<'static, str> {
        "Cause".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|cause| cause.name()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

impl serde::Serialize for Cause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
