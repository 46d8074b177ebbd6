//! The cumulative counters that every client keeps. One list for both roles; what a role does not count stays 0.
//!
//! Over 250 lines: a table.

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal, $unit:literal,)+) => {
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
            /// The unit of its value.
            pub const fn unit(self) -> &'static str { match self { $(Counter::$variant => $unit,)+ } }
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
    MessagesEnqueued => "messages_enqueued", "messages",
    /// Value bytes of these messages.
    BytesEnqueued => "bytes_enqueued", "bytes",
    /// Messages acknowledged (probes not included).
    MessagesAcknowledged => "messages_acknowledged", "messages",
    /// Value bytes of these messages.
    BytesAcknowledged => "bytes_acknowledged", "bytes",
    /// Messages whose delivery failed, or that the library refused for another reason than a full queue.
    MessagesFailed => "messages_failed", "messages",
    /// Messages purged at close: sent state unknown.
    MessagesUnknown => "messages_unknown", "messages",
    /// Messages sent later than the late threshold after their intended time.
    LateSends => "late_sends", "messages",
    /// Scheduled sends that were never made (late policy `skip`).
    MissedSends => "missed_sends", "messages",
    /// Scheduled sends forgotten because the rate changed or the schedule was shifted (late policy `shift`).
    DroppedDebt => "dropped_debt", "messages",
    /// Times the library's queue, or the window of a producer without a rate, was full.
    QueueFullEvents => "queue_full_events", "events",
    /// Time spent waiting on a full queue or window.
    QueueFullNs => "queue_full_ns", "ns",
    /// Part of it: waits in which nothing came back from the library for a long time, although the loop looked.
    QueueFullSilentNs => "queue_full_silent_ns", "ns",
    /// Messages handed over while the loop was behind its schedule because the library's queue had been full.
    SendsBehindQueue => "sends_behind_queue", "messages",
    /// Late sends among these.
    LateSendsBehindQueue => "late_sends_behind_queue", "messages",
    /// Probes handed to the library.
    ProbesSent => "probes_sent", "messages",
    /// Probes acknowledged.
    ProbesAcknowledged => "probes_acknowledged", "messages",
    /// Messages received (probes and foreign messages not included).
    MessagesReceived => "messages_received", "messages",
    /// Value bytes of these messages.
    BytesReceived => "bytes_received", "bytes",
    /// Probes received.
    ProbesReceived => "probes_received", "messages",
    /// Received messages that were seen before.
    MessagesDuplicated => "messages_duplicated", "messages",
    /// Received messages with a lower sequence number than one seen before in the same partition from the same
    /// producer.
    MessagesReordered => "messages_reordered", "messages",
    /// Received messages whose stamp or length is damaged.
    MessagesCorrupt => "messages_corrupt", "messages",
    /// Received messages that are not of this run: of another, or without a stamp where this one stamps.
    MessagesForeign => "messages_foreign", "messages",
    /// Received messages without a stamp whose end-to-end time is from the record's CreateTime, whole ms on both sides.
    MessagesUnstamped => "messages_unstamped", "messages",
    /// Received messages without an end-to-end time: created before our load began, or without a stamp and without a
    /// time of their sender's.
    MessagesUntimed => "messages_untimed", "messages",
    /// Untimed ones whose record has the broker's time in place of the sender's (message.timestamp.type=LogAppendTime).
    MessagesLogAppendTime => "messages_log_append_time", "messages",
    /// End-to-end times of 0 or below, kept as 0.
    EndToEndNotPositive => "end_to_end_not_positive", "values",
    /// Latencies above the histogram's range, recorded at its top.
    LatenciesClipped => "latencies_clipped", "values",
    /// Offset commits that succeeded.
    CommitsSucceeded => "commits_succeeded", "commits",
    /// Offset commits that failed.
    CommitsFailed => "commits_failed", "commits",
    /// Errors returned by polling (consumer) or reported by the client (producer).
    ClientErrors => "client_errors", "errors",
    /// Assignments received.
    Rebalances => "rebalances", "events",
    /// Partitions assigned now (a gauge, not cumulative).
    AssignedPartitions => "assigned_partitions", "partitions",
    /// Messages that a producer without a rate keeps on their way at most, now (a gauge); 0: as many as its queue
    /// takes.
    WindowMessages => "window_messages", "messages",
    /// Changes of the rate that were followed (the first order is none).
    RateOrdersObeyed => "rate_orders_obeyed", "orders",
    /// Time from the moment the first message of such an order was due to the moment the order was followed (0 when it
    /// was followed before), all of them added.
    RateOrderDelayNs => "rate_order_delay_ns", "ns",
    /// Times the library held back a fetch because its own queue was at its limit, as far as the loop noticed.
    FetchPauses => "fetch_pauses", "events",
    /// Time in which fetches were held back for that, at most.
    FetchPausedNs => "fetch_paused_ns", "ns",
    /// Times the hot loop stood still: a look at its orders was overdue by more than 5 ms.
    LoopStalls => "loop_stalls", "events",
    /// By how much, all of them added.
    LoopStallNs => "loop_stall_ns", "ns",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 to 3 µs.
    MessagesBehindGap1us => "messages_behind_gap_1us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 3 to 10 µs.
    MessagesBehindGap3us => "messages_behind_gap_3us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 10 to 30 µs.
    MessagesBehindGap10us => "messages_behind_gap_10us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 30 to 100
    /// µs.
    MessagesBehindGap30us => "messages_behind_gap_30us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 100 to 300
    /// µs.
    MessagesBehindGap100us => "messages_behind_gap_100us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 300 µs to 1
    /// ms.
    MessagesBehindGap300us => "messages_behind_gap_300us", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 to 3 ms.
    MessagesBehindGap1ms => "messages_behind_gap_1ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 3 to 10 ms.
    MessagesBehindGap3ms => "messages_behind_gap_3ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 10 to 30 ms.
    MessagesBehindGap10ms => "messages_behind_gap_10ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 30 to 100
    /// ms.
    MessagesBehindGap30ms => "messages_behind_gap_30ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 100 to 300
    /// ms.
    MessagesBehindGap100ms => "messages_behind_gap_100ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 300 ms to 1
    /// s.
    MessagesBehindGap300ms => "messages_behind_gap_300ms", "messages",
    /// Messages (or their reports) picked up behind a gap of the hot loop: they can have waited for it for 1 s and
    /// more.
    MessagesBehindGap1s => "messages_behind_gap_1s", "messages",
    /// Messages that took 1 to 3 µs to be handed over, from their send time on.
    SendsTook1us => "sends_took_1us", "messages",
    /// Messages that took 3 to 10 µs to be handed over, from their send time on.
    SendsTook3us => "sends_took_3us", "messages",
    /// Messages that took 10 to 100 µs to be handed over, from their send time on.
    SendsTook10us => "sends_took_10us", "messages",
    /// Messages that took 100 µs to 1 ms to be handed over, from their send time on.
    SendsTook100us => "sends_took_100us", "messages",
    /// Messages that took 1 to 10 ms to be handed over, from their send time on.
    SendsTook1ms => "sends_took_1ms", "messages",
    /// Messages that took 10 to 100 ms to be handed over, from their send time on.
    SendsTook10ms => "sends_took_10ms", "messages",
    /// Messages that took 100 ms to 1 s to be handed over, from their send time on.
    SendsTook100ms => "sends_took_100ms", "messages",
    /// Messages that took 1 s and more to be handed over, from their send time on.
    SendsTook1s => "sends_took_1s", "messages",
    /// Time the hot loop waited with nothing to do: empty looks while it spins, and what it was blocked in the library,
    /// however the wait ended.
    IdleNs => "idle_ns", "ns",
    /// Time the I/O thread of a producer of the wire driver looked for something to do and found nothing; it spins, so
    /// its CPU time does not say that.
    IoIdleNs => "io_idle_ns", "ns",
    /// Time a consumer worked on messages, as asked for with consumerProcessingTime.
    ProcessingNs => "processing_ns", "ns",
    /// User CPU time of the process, without what it waited between ready and the load.
    CpuUserNs => "cpu_user_ns", "ns",
    /// System CPU time of the process, without what it waited between ready and the load.
    CpuSystemNs => "cpu_system_ns", "ns",
    /// Voluntary context switches of the process.
    ContextSwitchesVoluntary => "context_switches_voluntary", "switches",
    /// Involuntary context switches of the process.
    ContextSwitchesInvoluntary => "context_switches_involuntary", "switches",
    /// Involuntary context switches of the hot thread alone.
    HotSwitchesInvoluntary => "hot_context_switches_involuntary", "switches",
    /// Times the hot thread was seen on another CPU than before.
    Migrations => "migrations", "events",
    /// Raw samples written to the client's file (--record-raw), probes and foreign messages included.
    RawSamplesRecorded => "raw_samples_recorded", "samples",
    /// Raw samples that could not be written: the files lack them, the figures do not.
    RawSamplesLost => "raw_samples_lost", "samples",
    /// Telemetry slots published.
    SlotsPublished => "slots_published", "slots",
    /// Telemetry slots whose histograms had to be coarsened to fit.
    SlotsCoarsened => "slots_coarsened", "slots",
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
