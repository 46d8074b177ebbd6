//! The cumulative counters that every client keeps. One list for both roles; what a role does not count stays 0.

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// One counter; the discriminant is its position.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(usize)]
        pub enum Counter { $($(#[doc = $doc])+ $variant,)+ }
        impl Counter {
            /// All counters in order of position.
            pub const ALL: &'static [Counter] = &[$(Counter::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// The name in result files; the unit stands in it.
            pub const fn name(self) -> &'static str { match self { $(Counter::$variant => $name,)+ } }
            /// What it counts, for people.
            pub fn meaning(self) -> &'static str { match self { $(Counter::$variant => concat!($($doc),+).trim(),)+ } }
        }
    };
}

impl Counter {
    /// Those that tell how things are now: they are not added up over time.
    pub const GAUGES: [Self; 2] = [Self::AssignedPartitions, Self::WindowMessages];
}

counters! {
    /// Messages handed to the client library (probes not included).
    MessagesEnqueued => "messages_enqueued",
    /// Value bytes of these messages.
    BytesEnqueued => "bytes_enqueued",
    /// Messages acknowledged (probes not included).
    MessagesAcknowledged => "messages_acknowledged",
    /// Value bytes of these messages.
    BytesAcknowledged => "bytes_acknowledged",
    /// Messages whose delivery failed, or that the library refused for another reason than a full queue.
    MessagesFailed => "messages_failed",
    /// Messages purged at close: sent state unknown.
    MessagesUnknown => "messages_unknown",
    /// Messages sent later than the late threshold after their intended time.
    LateSends => "late_sends",
    /// Scheduled sends that were never made (late policy `skip`).
    MissedSends => "missed_sends",
    /// Scheduled sends forgotten because the rate changed or the schedule was shifted (late policy `shift`).
    DroppedDebt => "dropped_debt",
    /// Times the library's queue, or the window of a producer without a rate, was full.
    QueueFullEvents => "queue_full_events",
    /// Time spent waiting on a full queue or window.
    QueueFullNs => "queue_full_ns",
    /// Part of it: waits in which nothing came back from the library for a long time, although the loop looked.
    QueueFullSilentNs => "queue_full_silent_ns",
    /// Messages handed over while the loop was behind its schedule because the library's queue had been full.
    SendsBehindQueue => "sends_behind_queue",
    /// Late sends among these.
    LateSendsBehindQueue => "late_sends_behind_queue",
    /// Probes handed to the library.
    ProbesSent => "probes_sent",
    /// Probes acknowledged.
    ProbesAcknowledged => "probes_acknowledged",
    /// Messages received (probes and foreign messages not included).
    MessagesReceived => "messages_received",
    /// Value bytes of these messages.
    BytesReceived => "bytes_received",
    /// Probes received.
    ProbesReceived => "probes_received",
    /// Received messages that were seen before.
    MessagesDuplicated => "messages_duplicated",
    /// Received messages with a lower sequence number than one seen before in the same partition from the same
    /// producer.
    MessagesReordered => "messages_reordered",
    /// Received messages whose stamp or length is damaged.
    MessagesCorrupt => "messages_corrupt",
    /// Received messages that are not of this run: of another, or without a stamp where this one stamps.
    MessagesForeign => "messages_foreign",
    /// Received messages without a stamp whose end-to-end time is from the record's CreateTime, whole ms on both sides.
    MessagesUnstamped => "messages_unstamped",
    /// Received messages without an end-to-end time: created before our load began, or without a stamp and without a
    /// time of their sender's.
    MessagesUntimed => "messages_untimed",
    /// Untimed messages whose record has the broker's time instead of the sender's (LogAppendTime).
    MessagesLogAppendTime => "messages_log_append_time",
    /// End-to-end times of 0 or below, kept as 0.
    EndToEndNotPositive => "end_to_end_not_positive",
    /// Latencies above the histogram's range, recorded at its top.
    LatenciesClipped => "latencies_clipped",
    /// Offset commits that succeeded.
    CommitsSucceeded => "commits_succeeded",
    /// Offset commits that failed.
    CommitsFailed => "commits_failed",
    /// Errors returned by polling (consumer) or reported by the client (producer).
    ClientErrors => "client_errors",
    /// Assignments received.
    Rebalances => "rebalances",
    /// Partitions assigned now (a gauge, not cumulative).
    AssignedPartitions => "assigned_partitions",
    /// Messages that a producer without a rate keeps on their way at most, now (a gauge); 0: as many as its queue
    /// takes.
    WindowMessages => "window_messages",
    /// Changes of the rate that were followed (the first order is none).
    RateOrdersObeyed => "rate_orders_obeyed",
    /// Time from the moment the first message of such an order was due to the moment the order was followed (0 when it
    /// was followed before), all of them added.
    RateOrderDelayNs => "rate_order_delay_ns",
    /// Times the library held back a fetch because its own queue was at its limit, as far as the loop noticed.
    FetchPauses => "fetch_pauses",
    /// Time in which fetches were held back for that, at most.
    FetchPausedNs => "fetch_paused_ns",
    /// Times the hot loop stood still: a look at its orders was overdue by more than 5 ms.
    LoopStalls => "loop_stalls",
    /// By how much, all of them added.
    LoopStallNs => "loop_stall_ns",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 to 3 µs.
    MessagesBehindGap1us => "messages_behind_gap_1us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 3 to 10 µs.
    MessagesBehindGap3us => "messages_behind_gap_3us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 10 to 30 µs.
    MessagesBehindGap10us => "messages_behind_gap_10us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 30 to 100
    /// µs.
    MessagesBehindGap30us => "messages_behind_gap_30us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 100 to 300
    /// µs.
    MessagesBehindGap100us => "messages_behind_gap_100us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 300 µs to 1
    /// ms.
    MessagesBehindGap300us => "messages_behind_gap_300us",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 to 3 ms.
    MessagesBehindGap1ms => "messages_behind_gap_1ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 3 to 10 ms.
    MessagesBehindGap3ms => "messages_behind_gap_3ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 10 to 30 ms.
    MessagesBehindGap10ms => "messages_behind_gap_10ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 30 to 100
    /// ms.
    MessagesBehindGap30ms => "messages_behind_gap_30ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 100 to 300
    /// ms.
    MessagesBehindGap100ms => "messages_behind_gap_100ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 300 ms to 1
    /// s.
    MessagesBehindGap300ms => "messages_behind_gap_300ms",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 s and
    /// more.
    MessagesBehindGap1s => "messages_behind_gap_1s",
    /// Messages that took 1 to 3 µs to be handed over, from their send time on.
    SendsTook1us => "sends_took_1us",
    /// Messages that took 3 to 10 µs to be handed over, from their send time on.
    SendsTook3us => "sends_took_3us",
    /// Messages that took 10 to 100 µs to be handed over, from their send time on.
    SendsTook10us => "sends_took_10us",
    /// Messages that took 100 µs to 1 ms to be handed over, from their send time on.
    SendsTook100us => "sends_took_100us",
    /// Messages that took 1 to 10 ms to be handed over, from their send time on.
    SendsTook1ms => "sends_took_1ms",
    /// Messages that took 10 to 100 ms to be handed over, from their send time on.
    SendsTook10ms => "sends_took_10ms",
    /// Messages that took 100 ms to 1 s to be handed over, from their send time on.
    SendsTook100ms => "sends_took_100ms",
    /// Messages that took 1 s and more to be handed over, from their send time on.
    SendsTook1s => "sends_took_1s",
    /// Time the hot loop waited with nothing to do: empty looks while it spins, and what it was blocked in the library,
    /// however the wait ended.
    IdleNs => "idle_ns",
    /// Time a consumer worked on messages, as asked for with consumerProcessingTime.
    ProcessingNs => "processing_ns",
    /// User CPU time of the process.
    CpuUserNs => "cpu_user_ns",
    /// System CPU time of the process.
    CpuSystemNs => "cpu_system_ns",
    /// Voluntary context switches of the process.
    ContextSwitchesVoluntary => "context_switches_voluntary",
    /// Involuntary context switches of the process.
    ContextSwitchesInvoluntary => "context_switches_involuntary",
    /// Involuntary context switches of the hot thread alone.
    HotSwitchesInvoluntary => "hot_context_switches_involuntary",
    /// Times the hot thread was seen on another CPU than before.
    Migrations => "migrations",
    /// Raw samples written to the client's file.
    RawSamplesRecorded => "raw_samples_recorded",
    /// Raw samples that could not be written.
    RawSamplesLost => "raw_samples_lost",
    /// Telemetry slots published.
    SlotsPublished => "slots_published",
    /// Telemetry slots whose histograms had to be coarsened to fit.
    SlotsCoarsened => "slots_coarsened",
}

/// A set of counter values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters(pub [u64; Counter::COUNT]);

impl Default for Counters {
    fn default() -> Self {
        Self([0; Counter::COUNT])
    }
}
impl std::ops::Index<Counter> for Counters {
    type Output = u64;
    fn index(&self, counter: Counter) -> &u64 {
        &self.0[counter as usize]
    }
}
impl std::ops::IndexMut<Counter> for Counters {
    fn index_mut(&mut self, counter: Counter) -> &mut u64 {
        &mut self.0[counter as usize]
    }
}
impl Counters {
    /// self − earlier, counter by counter (gauges keep their value); a counter that went back gives 0.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut difference = Self(std::array::from_fn(|i| self.0[i].saturating_sub(earlier.0[i])));
        difference.take_gauges(self);
        difference
    }
    /// Takes over the gauges of counters that are later.
    pub fn take_gauges(&mut self, later: &Self) {
        Counter::GAUGES.iter().for_each(|gauge| self[*gauge] = later[*gauge]);
    }
    /// Adds another client's counters.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }
}
impl Counters {
    /// The map without what is 0: for what goes from process to process often. It is read back as the whole map is.
    pub fn serialize_some<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let some = Counter::ALL.iter().filter(|counter| self[**counter] > 0);
        serializer.collect_map(some.map(|counter| (counter.name(), self[*counter])))
    }
}
impl serde::Serialize for Counters {
    /// A map of name → value in order, counters that are 0 included.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Counter::ALL.iter().map(|counter| (counter.name(), self[*counter])))
    }
}

impl<'de> serde::Deserialize<'de> for Counters {
    /// The same map back; names that are not known are left out, missing ones are 0.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = std::collections::HashMap::<String, u64>::deserialize(deserializer)?;
        Ok(Self(std::array::from_fn(|i| named.get(Counter::ALL[i].name()).copied().unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests;
