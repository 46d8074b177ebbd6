//! Where the figures of the detail document come from, what they may be wrong by, and which tests hold that: what
//! `pinload explain` adds to the definitions in `fields.rs`, and the table in docs/accuracy.md. A table.
//!
//! Over 250 lines: a table, a row for each family of figures.

use super::earlier::present_name;
use super::fields::{Definition, definitions};

/// What is known of some figures.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// How they are called together, in docs/accuracy.md.
    #[cfg_attr(not(test), expect(dead_code, reason = "docs/accuracy.md has it, which a test holds"))]
    pub figure: &'static str,
    /// The fields, as in `fields.rs`.
    pub fields: &'static [&'static str],
    /// What they are in a sentence, in docs/accuracy.md.
    #[cfg_attr(not(test), expect(dead_code, reason = "docs/accuracy.md has it, which a test holds"))]
    pub definition: &'static str,
    /// Where they come from.
    pub source: &'static str,
    /// What they may be wrong by.
    pub error: &'static str,
    /// Names of the tests that hold it.
    pub checked: &'static [&'static str],
}

const SAMPLES: &str = "every_figure_of_a_run_is_that_of_its_samples";
const WORKERS: &str = "the_figures_of_several_workers_are_those_of_all_their_samples_together";
const OFFSETS: &str = "the_samples_on_a_real_kafka_fill_every_offset_up_to_the_brokers_own_end_offsets";
const MERGE: &str = "merging_the_parts_of_any_split_gives_the_whole";
const RESTART: &str = "after_a_broker_was_killed_and_came_back_every_figure_is_that_of_the_samples_and_of_its_log";
const STALL: &str = "a_stall_of_a_second_shows_as_it_would_to_a_user_with_a_schedule";
const FILLED: &str = "a_spinning_loops_cpu_time_and_its_waits_for_a_cpu_fill_its_time";

/// Every figure whose error is known.
pub const EVIDENCE: &[Evidence] = &[
    Evidence {
        figure: "publish delay (pacing error)",
        fields: &["publish_delay"],
        definition: "actual − intended send time of every message handed over",
        source: "the schedule (fixed point, no drift) and one clock reading before the message is made",
        error: "exact; the reading is taken some 0.2 µs before librdkafka has the message, a batch of up to 100 shares \
                one",
        checked: &["a_producers_latencies_are_those_of_the_script", SAMPLES],
    },
    Evidence {
        figure: "acknowledged, from actual time",
        fields: &["acknowledge_actual"],
        definition: "pick-up of the delivery report − actual send time",
        source: "the send time in the message's own stamp, and one clock reading when reports are picked up",
        error: "exact for the pick-up, which a spinning loop makes within 4 µs of the report; on a shared CPU the \
                scheduler adds its own",
        checked: &[
            "a_producers_latencies_are_those_of_the_script",
            "an_acknowledgement_is_measured_on_one_clock_whatever_the_wall_clock_does_meanwhile",
            SAMPLES,
            WORKERS,
        ],
    },
    Evidence {
        figure: "acknowledged, from intended time",
        fields: &["acknowledge_intended"],
        definition: "pick-up of the delivery report − intended send time",
        source: "the intended time in the message's own stamp",
        error: "as from the actual time",
        checked: &[STALL, "a_producers_latencies_are_those_of_the_script", SAMPLES, WORKERS],
    },
    Evidence {
        figure: "end to end",
        fields: &["end_to_end_actual", "end_to_end_intended"],
        definition: "receipt − actual, or intended, send time",
        source: "the times in the stamp, and one clock reading for each batch that is received",
        error: "exact on one host (one clock for all processes); between hosts `clock_error_ns`; unstamped messages: \
                whole ms on both sides, each up to 1 ms too long or too short, on average neither",
        checked: &[
            "a_consumers_latencies_are_those_of_the_script",
            "without_a_stamp_the_create_time_stands_for_the_actual_time_in_whole_ms_on_both_sides",
            STALL,
            SAMPLES,
            WORKERS,
        ],
    },
    Evidence {
        figure: "percentiles",
        fields: &["p50_ns", "p75_ns", "p90_ns", "p95_ns", "p99_ns", "p99_9_ns", "p99_99_ns"],
        definition: "the highest value of the bucket in which the value of that rank lies (Java's rank)",
        source: "HdrHistograms of 3 digits, added over clients and time",
        error: "0 to +0.098 % (a bucket's width); where `coarse` is true 0.8 %",
        checked: &["a_histograms_percentiles_are_the_exact_ones_within_its_stated_precision", SAMPLES, WORKERS],
    },
    Evidence {
        figure: "count, smallest, largest, mean",
        fields: &["count", "min_ns", "max_ns", "mean_ns"],
        definition: "of all values, not of buckets",
        source: "kept beside the histogram second by second",
        error: "exact where `exact_extremes` is true, else as percentiles",
        checked: &["periods_sum_to_the_measurement_and_the_measurement_to_what_was_recorded", MERGE, SAMPLES, WORKERS],
    },
    Evidence {
        figure: "sent, acknowledged, failed, unknown",
        fields: &[
            "messages_enqueued",
            "bytes_enqueued",
            "messages_acknowledged",
            "bytes_acknowledged",
            "messages_failed",
            "messages_unknown",
            "probes_sent",
            "probes_acknowledged",
            "sent",
            "acknowledged",
            "failed",
            "unknown",
        ],
        definition: "messages by what became of them at the client: sent = acknowledged + failed + unknown",
        source: "counted by each producer, one by one",
        error: "exact; acknowledged + probes = the broker's end offsets; of a client that was killed the last 10 ms \
                are missing",
        checked: &[
            OFFSETS,
            RESTART,
            "what_timed_out_at_the_client_and_is_stored_is_told_apart_from_what_failed",
            SAMPLES,
        ],
    },
    Evidence {
        figure: "received",
        fields: &[
            "messages_received",
            "bytes_received",
            "probes_received",
            "received",
            "messages_foreign",
            "messages_unstamped",
            "messages_untimed",
            "messages_log_append_time",
        ],
        definition: "messages that consumers were handed, all subscriptions",
        source: "counted by each consumer, one by one",
        error: "exact",
        checked: &[OFFSETS, RESTART, "every_kind_of_message_is_counted_as_what_it_is", SAMPLES],
    },
    Evidence {
        figure: "lost, duplicated, reordered, corrupt",
        fields: &[
            "lost",
            "duplicated",
            "reordered",
            "failed_but_received",
            "beyond_window",
            "messages_duplicated",
            "messages_reordered",
            "messages_corrupt",
        ],
        definition: "what the sequence numbers and checks in stamps show, per producer and subscription",
        source: "both sides' ledgers: counts, sums of mixed sequence numbers, a window of the last sequences",
        error: "exact where `proven` is true, else the smallest explanation of the counts; a damaged message counts as \
                lost too",
        checked: &[
            "what_was_acknowledged_and_not_stored_is_lost_to_the_message",
            "what_comes_twice_or_out_of_order_or_damaged_is_counted_as_what_it_is",
            RESTART,
            "what_timed_out_at_the_client_and_is_stored_is_told_apart_from_what_failed",
        ],
    },
    Evidence {
        figure: "rates",
        fields: &[
            "publish_rate_per_s",
            "send_rate_per_s",
            "publish_bytes_per_s",
            "publish_error_rate_per_s",
            "consume_rate_per_s",
            "consume_bytes_per_s",
        ],
        definition: "counts of each client ÷ its own span, added up",
        source: "exact counts and the clock readings at which slots were cut",
        error: "below 0.001 % (the clock's drift); a slot cut late lengthens its span, not the rate",
        checked: &[
            "each_client_counts_over_its_own_time",
            MERGE,
            "a_slot_that_comes_late_closes_the_period_with_its_own_span",
        ],
    },
    Evidence {
        figure: "backlog",
        fields: &["backlog_messages", "receive_backlog_messages", "publish_backlog_messages"],
        definition: "acknowledged × subscriptions − received at the end of a period",
        source: "the clients' counters at their own cuts",
        error: "clients cut some ms apart: ± what is sent in that time; at the end of the run exact",
        checked: &["a_run_writes_the_result_and_its_counts_balance", MERGE],
    },
    Evidence {
        figure: "timeline",
        fields: &["at_s", "span_s"],
        definition: "what each client did row by row: seconds, tens of seconds and longer as they age, each with its \
                     span",
        source: "slots, cut by the client at whole seconds after the epoch and whenever it is asked to",
        error: "counts, largest values and times exact, percentiles as above (of rows above 60 s: the highest of their \
                minutes); lost slots are counted in `slots_lost`",
        checked: &["each_second_is_that_of_its_raw_samples_and_no_counter_ever_goes_back", SAMPLES, OFFSETS, WORKERS],
    },
    Evidence {
        figure: "late, missed, dropped",
        fields: &["late_sends", "missed_sends", "dropped_debt"],
        definition: "sends behind the schedule by more than 1 ms (or an interval), left out, forgotten",
        source: "the pacer",
        error: "exact",
        checked: &[
            "a_stall_shows_in_the_intended_latencies_and_nothing_is_left_out",
            "a_new_rate_holds_from_its_start_and_the_debt_of_the_old_one_is_counted",
        ],
    },
    Evidence {
        figure: "full queue",
        fields: &["queue_full_events", "queue_full_ns"],
        definition: "how often and how long librdkafka's queue had no room",
        source: "clock readings around the wait",
        error: "events exact; time within a look at the reports (2 µs spinning, 2 ms where the CPU is shared)",
        checked: &["a_stall_shows_in_the_intended_latencies_and_nothing_is_left_out"],
    },
    Evidence {
        figure: "raw samples",
        fields: &["raw_samples_recorded", "raw_samples_lost"],
        definition: "samples in the files of --record-raw, and those that could not be written",
        source: "the writer",
        error: "exact",
        checked: &["samples_that_cannot_be_written_are_counted_and_the_run_goes_on", SAMPLES],
    },
    Evidence {
        figure: "CPU time",
        fields: &[
            "cpu_user_ns",
            "cpu_system_ns",
            "cpu_user_s",
            "cpu_system_s",
            "hot_thread_cpu_s",
            "supervisor_cpu_ns",
            "cpu_ns_per_message",
        ],
        definition: "user and system time of processes and of the hot thread",
        source: "the kernel (getrusage) when a slot is cut",
        error: "the kernel's: exact to the switch where it accounts by switch, else a tick of 1 to 10 ms",
        checked: &[FILLED],
    },
    Evidence {
        figure: "waits for a CPU",
        fields: &["hot_wait_ns", "io_wait_ns", "io_run_ns"],
        definition: "time the hot thread, or librdkafka's, was ready to run and had no CPU; CPU time of librdkafka's \
                     busiest",
        source: "the kernel (schedstat), read by the supervisor at the ends of periods",
        error: "the kernel's, to the ns; read some ms after a period's end (`kernel.span_ns` is its own span): a \
                spinning loop's waits and CPU time fill its time within 1 %",
        checked: &[
            FILLED,
            "a_hot_cpu_that_others_use_too_is_a_run_queue_delay",
            "cpus_of_librdkafkas_threads_that_others_use_too_are_a_run_queue_delay_of_these",
            "a_library_thread_that_cannot_keep_up_is_busy_and_one_that_waits_for_a_paused_broker_is_not",
        ],
    },
    Evidence {
        figure: "switches, migrations",
        fields: &[
            "context_switches_voluntary",
            "context_switches_involuntary",
            "hot_context_switches_involuntary",
            "migrations",
        ],
        definition: "times a CPU was given up, or taken; times the hot thread came to another one",
        source: "the kernel (getrusage, /proc/thread-self/sched) when a slot is cut",
        error: "the kernel's: exact; migrations only where it tells them",
        checked: &[
            "a_hot_cpu_that_is_taken_again_and_again_is_involuntary_switches",
            "a_pinned_loop_that_somebody_moves_is_a_migration",
        ],
    },
    Evidence {
        figure: "loop stalls, idle time",
        fields: &["loop_stalls", "loop_stall_ns", "idle_ns"],
        definition: "times of more than 5 ms without a look at the clock; time with nothing to do but wait",
        source: "the loop's own clock readings",
        error: "a stall's end is seen at the next reading, within 4 µs on a CPU of its own",
        checked: &[
            "a_run_without_a_cause_is_valid_and_a_stopped_client_is_seen_as_a_loop_that_stood_still",
            "a_loop_without_a_rate_has_no_slack",
            "the_time_blocked_in_the_library_is_idle_whatever_ended_the_wait",
            "what_passes_between_the_coming_of_a_message_and_the_waking_is_not_idle",
        ],
    },
    Evidence {
        figure: "whose figures are",
        fields: &[
            "own_up_to",
            "added_at_most_ns",
            "own",
            "loop_gap_ns",
            "cpu_wait_ns",
            "messages_behind_gap_1us",
            "messages_behind_gap_3us",
            "messages_behind_gap_10us",
            "messages_behind_gap_30us",
            "messages_behind_gap_100us",
            "messages_behind_gap_300us",
            "messages_behind_gap_1ms",
            "messages_behind_gap_3ms",
            "messages_behind_gap_10ms",
            "messages_behind_gap_30ms",
            "messages_behind_gap_100ms",
            "messages_behind_gap_300ms",
            "messages_behind_gap_1s",
            "sends_took_1us",
            "sends_took_3us",
            "sends_took_10us",
            "sends_took_100us",
            "sends_took_1ms",
            "sends_took_10ms",
            "sends_took_100ms",
            "sends_took_1s",
        ],
        definition: "what the generator can have added to a percentile at most, and how far percentiles are the \
                     broker's own",
        source: "for each message the last look of the loop that left nothing behind, or the first ring of the library \
                 since; pacing errors, schedstat, clocks",
        error: "an upper bound by its formula; waits of the library's threads by their means, which single ones exceed",
        checked: &[
            "the_level_is_never_too_high_and_hardly_ever_more_than_a_step_too_low",
            "a_few_long_gaps_weigh_where_they_were_and_nowhere_else",
            "a_loop_that_spins_keeps_a_message_no_longer_than_since_its_last_look",
            "a_loop_that_slept_was_rung_when_the_first_one_came",
        ],
    },
    Evidence {
        figure: "steal, throttling",
        fields: &["steal_ns", "throttled_ns"],
        definition: "time the hypervisor gave the hot CPU to somebody else; time a CPU limit stopped the group",
        source: "the kernel (/proc/stat, cpu.stat) at the ends of periods",
        error: "steal: ticks of 10 ms, and what the hypervisor tells; throttling: the kernel's, to the µs or ns, all \
                CPUs added",
        checked: &["steal_is_the_eighth_number_of_each_cpu", "a_cpu_limit_of_the_cgroup_is_throttling"],
    },
    Evidence {
        figure: "fetch pauses",
        fields: &["fetch_pauses", "fetch_paused_ns"],
        definition: "times librdkafka held back fetches because its own queue was at its limit",
        source: "the length of its queue when a batch is read, and fetch.queue.backoff.ms",
        error: "noticed when a batch is read; the time is an upper bound",
        checked: &["small_queues_are_the_generators_and_a_paused_broker_is_the_brokers"],
    },
    Evidence {
        figure: "clock",
        fields: &["drift_ppm", "clock_drift_ppm"],
        definition: "how far the run's clock moved against CLOCK_MONOTONIC_RAW, over the run or its worst ten seconds",
        source: "paired readings at both ends of the run and every ten seconds",
        error: "below 0.1 ppm after a second",
        checked: &[
            "a_calibrated_clock_agrees_with_the_raw_clock",
            "an_old_calibration_is_made_anew_when_it_is_needed",
            "a_clock_that_jumped_once_in_a_day_is_seen",
            "a_clock_that_changes_its_speed_is_drift_and_one_that_always_had_it_is_not",
        ],
    },
    Evidence {
        figure: "per partition",
        fields: &[
            "partition_messages",
            "partition_bytes",
            "partition_messages_per_s",
            "timed_messages",
            "partition_mean_ns",
            "partition_p50_ns",
            "partition_p99_ns",
            "partition_p99_9_ns",
            "partition_max_ns",
        ],
        definition: "what was received of each partition in the measurement, and its end-to-end times from the \
         actual time",
        source: "the partition that a record came from, counted by its consumer; 64 partitions a consumer are \
         told apart, the rest is added up",
        error: "counts and mean: exact from one cut of a second to another; percentiles 3.2 %, maximum 6.3 % \
         above at most",
        checked: &[
            "each_partition_has_its_own_messages_bytes_and_times",
            "percentiles_of_a_span_are_those_of_its_values",
            "the_first_partitions_are_told_apart_and_the_rest_is_added_up",
        ],
    },
    Evidence {
        figure: "clocks of several hosts",
        fields: &["offset_ns", "offset_error_ns", "clock_error_ns", "stamp_clock_error_ns"],
        definition: "a worker's wall clock − the coordinator's",
        source: "the exchange with the shortest round trip, at both ends of the run and every two minutes",
        error: "half that round trip, told as `offset_error_ns`; 0 where both read one clock; `clock_error_ns` is the \
                worst of all comparisons and covers what clocks moved by between them",
        checked: &[
            "two_workers_and_a_coordinator_yield_what_a_local_run_yields",
            "clocks_of_two_hosts_that_agree_are_valid_and_an_hour_apart_they_are_not_whoever_is_ahead",
            "clocks_that_move_during_a_run_are_as_wrong_as_at_their_worst_and_what_lies_between_is_covered",
            "times_that_leave_the_host_are_wall_clock_times_however_wrong_the_slope_is",
        ],
    },
];

/// The definitions a name has: itself, and as `parent.name` where it has several meanings.
pub fn definitions_of(name: &str) -> Vec<&'static Definition> {
    let name = present_name(name);
    let last = |full: &'static str| full.rsplit('.').next().unwrap_or(full);
    definitions().iter().filter(|known| known.name == name || last(&known.name) == name).collect()
}

/// What is known of a field beyond its definition.
pub fn evidence_of(name: &str) -> Option<&'static Evidence> {
    EVIDENCE.iter().find(|evidence| evidence.fields.contains(&name))
}

/// The table in docs/accuracy.md, row by row.
#[cfg(test)]
pub fn table() -> Vec<String> {
    let row = |evidence: &Evidence| {
        let Evidence { figure, fields: _, definition, source: _, error, checked } = evidence;
        let checked: Vec<String> = checked.iter().map(|test| format!("`{test}`")).collect();
        format!("| {figure} | {definition} | {error} | {} |", checked.join(", "))
    };
    EVIDENCE.iter().map(row).collect()
}
