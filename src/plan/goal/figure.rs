//! The figures that goals can be about, by their names in the detail file.

use crate::stats::Latency;
use crate::units::{format_count, format_ns, format_rate, whole_ns};

/// One figure of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GoalFigure {
    /// `measurement.latencies`: a family at a level.
    Latency(Latency, GoalLevel),
    /// Acknowledged messages.
    PublishRate,
    /// Messages handed to the client library.
    SendRate,
    /// Received messages.
    ConsumeRate,
    /// Failed messages.
    PublishErrorRate,
    /// Acknowledged bytes.
    PublishBytes,
    /// Received bytes.
    ConsumeBytes,
    /// Acknowledged and not received, at the end of a period.
    Backlog,
    /// `health.error_share`.
    ErrorShare,
    /// `accounting.total`.
    Lost,
    /// The same.
    Duplicated,
    /// The same.
    Reordered,
    /// The same.
    Failed,
    /// The same.
    Unknown,
}

/// Which value of a latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GoalLevel {
    /// The smallest.
    Min,
    /// The mean.
    Mean,
    /// A percentile, from 0 to 100.
    Percentile(f64),
    /// The largest.
    Max,
}

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalUnit {
    /// Nanoseconds.
    Ns,
    /// Messages per second.
    MessagesPerS,
    /// Bytes per second.
    BytesPerS,
    /// Messages.
    Messages,
    /// A fraction.
    Share,
}

impl GoalFigure {
    /// Every figure that is no latency, with its name in the detail file.
    pub(super) const NAMED: [(&'static str, Self); 13] = [
        ("publish_rate_per_s", Self::PublishRate),
        ("send_rate_per_s", Self::SendRate),
        ("consume_rate_per_s", Self::ConsumeRate),
        ("publish_error_rate_per_s", Self::PublishErrorRate),
        ("publish_bytes_per_s", Self::PublishBytes),
        ("consume_bytes_per_s", Self::ConsumeBytes),
        ("backlog_messages", Self::Backlog),
        ("error_share", Self::ErrorShare),
        ("lost", Self::Lost),
        ("duplicated", Self::Duplicated),
        ("reordered", Self::Reordered),
        ("failed", Self::Failed),
        ("unknown", Self::Unknown),
    ];

    /// Its unit.
    pub fn unit(self) -> GoalUnit {
        match self {
            Self::Latency(..) => GoalUnit::Ns,
            Self::PublishRate | Self::SendRate | Self::ConsumeRate | Self::PublishErrorRate => GoalUnit::MessagesPerS,
            Self::PublishBytes | Self::ConsumeBytes => GoalUnit::BytesPerS,
            Self::Backlog | Self::Lost | Self::Duplicated | Self::Reordered | Self::Failed | Self::Unknown => {
                GoalUnit::Messages
            }
            Self::ErrorShare => GoalUnit::Share,
        }
    }

    /// Is it known of parts of the measurement too? The accounts are closed at its end.
    pub fn has_windows(self) -> bool {
        !matches!(
            self,
            Self::ErrorShare | Self::Lost | Self::Duplicated | Self::Reordered | Self::Failed | Self::Unknown
        )
    }

    /// Has the rate that was asked for a meaning beside it?
    pub fn has_target(self) -> bool {
        matches!(self, Self::PublishRate | Self::SendRate | Self::ConsumeRate)
    }
}

impl GoalUnit {
    /// Its name in the detail file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::MessagesPerS => "messages/s",
            Self::BytesPerS => "bytes/s",
            Self::Messages => "messages",
            Self::Share => "fraction",
        }
    }

    /// A value for people.
    pub fn told(self, value: f64) -> String {
        match self {
            Self::Ns => format_ns(whole_ns(value)),
            Self::MessagesPerS => format_rate(value),
            Self::BytesPerS => format!("{:.1} MiB/s", value / 1024.0 / 1024.0),
            Self::Messages => format!("{} messages", format_count(whole_ns(value))),
            Self::Share => format!("{:.3} %", value * 100.0),
        }
    }
}
