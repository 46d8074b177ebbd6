//! Notes on what stands in the file: messages and their stamps, acknowledgements, histograms, the clock.

use crate::load::stamp::STAMP_BYTES;
use crate::os::clock::ClockSource;
use crate::plan::{DriverKind, Plan};
use crate::report::omb::HIGHEST_END_TO_END_US;
use crate::stats::recorder::{HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS};
use crate::worker::RunEnd;

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub(super) struct MessageNotes<'a> {
    /// Length of each value; where they differ the average that results show.
    value_bytes: u32,
    /// How many of these, at the start, are pinload's stamp.
    stamp_bytes: usize,
    /// Why there is no stamp.
    no_stamp_reason: Option<&'a str>,
    /// Which send time end-to-end latencies start from.
    end_to_end_source: &'static str,
    /// Compression in effect.
    compression_type: &'a str,
    /// What the stamp does to compression.
    compression_note: Option<String>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub(super) struct AcknowledgementNotes {
    /// Who acknowledges.
    acknowledgement_source: &'static str,
    /// The acks property in effect; null: no broker.
    acks: Option<String>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub(super) struct HistogramNotes {
    /// Precision of a histogram.
    #[schemars(extend("unit" = "digits"))]
    significant_digits: u8,
    /// Width of a bucket relative to its value, at most.
    relative_error_percent: f64,
    /// Smallest value that can be told from 0.
    lowest_ns: u64,
    /// Largest value; larger ones are clipped to it and counted in latencies_clipped.
    highest_ns: u64,
    /// How percentiles, extremes and means are defined.
    conventions: &'static str,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub(super) struct ClockDetail<'a> {
    /// `tsc`: time-stamp counter; vdso: CLOCK_MONOTONIC_RAW.
    source: ClockSource,
    /// Why this source.
    reason: &'a str,
    /// Frequency of the counter as calibrated.
    #[schemars(extend("unit" = "Hz"))]
    ticks_per_s: f64,
    /// Counter at the calibration.
    #[schemars(extend("unit" = "ticks"))]
    anchor_ticks: u64,
    /// Raw clock at the calibration.
    #[schemars(extend("unit" = "ns on CLOCK_MONOTONIC_RAW"))]
    anchor_raw_ns: u64,
    /// How far the clock moved against CLOCK_MONOTONIC_RAW, over the run or its worst ten seconds.
    drift_ppm: f64,
}

impl<'a> MessageNotes<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let message = &plan.message;
        let compression_type = plan.driver.producer_settings.compression_type.as_str();
        let compression_note = (message.stamp && compression_type != "none").then(|| {
            format!(
                "the first {STAMP_BYTES} of {} bytes of each value are pinload's stamp, which differs from message to \
                 message: batches compress a little less than those of a tool that repeats its payloads",
                message.size_bytes
            )
        });
        Self {
            value_bytes: message.size_bytes,
            stamp_bytes: if message.stamp { STAMP_BYTES } else { 0 },
            no_stamp_reason: message.no_stamp_reason.as_deref(),
            end_to_end_source: if message.stamp {
                "the stamp in the value, ns on the raw clock (for unstamped messages CreateTime of the record and \
                 receipt, both in whole ms)"
            } else {
                "CreateTime of the record and receipt, both in whole ms of the wall clock as OMB takes them; 0 and \
                 below kept as 0"
            },
            compression_type,
            compression_note,
        }
    }
}

impl AcknowledgementNotes {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            acknowledgement_source: if plan.driver.acknowledgement_is_local {
                "local: with acks=0 the client library acknowledges as soon as it has sent"
            } else {
                "the broker's answer, as the client library reported it"
            },
            acks: match plan.driver.kind {
                DriverKind::Null => None,
                DriverKind::Kafka | DriverKind::Embedded => Some(plan.driver.producer_settings.acks.clone()),
            },
        }
    }
}

impl HistogramNotes {
    pub(super) const OURS: Self = Self {
        significant_digits: SIGNIFICANT_DIGITS,
        relative_error_percent: 0.1,
        lowest_ns: LOWEST_NS,
        highest_ns: HIGHEST_NS,
        conventions: "HdrHistogram's: a percentile is the highest value of its bucket, which may lie 0.1 % above an \
                      exact maximum; min_ns, max_ns and mean_ns are exact where exact_extremes is true, else bounded \
                      by the buckets (mean of bucket midpoints); where coarse is true some part was kept with 2 digits \
                      (1 %)",
    };
}

impl HistogramNotes {
    pub(super) const OMB: Self = Self {
        significant_digits: 5,
        relative_error_percent: 0.001,
        lowest_ns: 1_000,
        highest_ns: HIGHEST_END_TO_END_US * 1_000,
        conventions: "OMB's histograms as its workers sent them, whole µs: a percentile is the highest value of its \
                      bucket; publish latency and publish delay end at 60 s; end-to-end times of 0 ms and below are \
                      left out by Java",
    };
}

impl<'a> ClockDetail<'a> {
    pub(super) fn new(end: &'a RunEnd) -> Self {
        let clock = &end.clock;
        Self {
            source: clock.source,
            reason: &end.clock_reason,
            ticks_per_s: clock.ticks_per_s(),
            anchor_ticks: clock.anchor_ticks,
            anchor_raw_ns: clock.anchor_ns,
            drift_ppm: end.clock_drift_ppm,
        }
    }
}
