//! HdrHistogram's interval log (`.hlog`): one line a second for each latency, for HdrHistogram's own tools and those
//! that read its logs.
//!
//! Values are ns. The third column, for people, is the largest value in ms (`MaxValueDivisor` 1,000,000, Java's own
//! ratio). Times count from `BaseTime`, the load's epoch; the measurement alone is in it. Compressed V2, as Java's
//! reader wants it.

use crate::stats::Latency;
use crate::units::NS_PER_S;
use crate::worker::{LatencySet, PeriodStats};
use crate::workload_generator::RunResult;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// From ns to the ms of the column for people.
const MAX_VALUE_DIVISOR: f64 = 1e6;
const HEAD: &str = "[Histogram log format version 1.3]";

/// A log that grows with each period.
#[derive(Debug, Default)]
pub struct Hlog {
    /// Lines that are not in the file yet.
    lines: Vec<u8>,
    file: Option<File>,
    begun: bool,
}

impl Hlog {
    /// Adds the lines of a period: of its seconds, or of itself where they are not known.
    pub fn add(&mut self, period: &PeriodStats, result: &RunResult<'_>) -> io::Result<()> {
        let mut builder = IntervalLogWriterBuilder::new();
        builder.with_max_value_divisor(MAX_VALUE_DIVISOR);
        if !std::mem::replace(&mut self.begun, true) {
            head(&mut builder, result);
        }
        let mut lines = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut writer = builder.begin_log_with(&mut lines, &mut serializer)?;
        let mut add = |begin: Duration, length: Duration, latencies: &LatencySet| {
            Latency::ALL.into_iter().filter(|family| result.plan.measured_by.knows_latency(*family)).try_for_each(
                |family| {
                    let histogram = latencies[family].histogram_ns();
                    writer.write_histogram(&histogram, begin, length, Tag::new(family.name())).map_err(io::Error::other)
                },
            )
        };
        if period.seconds.is_empty() {
            let begin_ns = period.start_ns.saturating_sub(result.epoch_ns);
            let length_ns = period.end_ns.saturating_sub(period.start_ns);
            add(Duration::from_nanos(begin_ns), Duration::from_nanos(length_ns), &period.latencies)?;
        }
        for second in &period.seconds {
            add(Duration::from_secs(second.number), Duration::from_nanos(NS_PER_S), &second.latencies)?;
        }
        self.lines.extend_from_slice(of_interest(&lines, self.file.is_some() || !self.lines.is_empty()));
        Ok(())
    }

    /// Writes what has been added to the file, which is made anew with the first lines.
    pub fn write(&mut self, path: &Path) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(OpenOptions::new().write(true).create(true).truncate(true).open(path)?),
        };
        file.write_all(&self.lines)?;
        self.lines.clear();
        file.sync_all()
    }
}

/// The builder tells of the divisor each time; once is enough.
fn of_interest(lines: &[u8], told: bool) -> &[u8] {
    let first_line = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| at + 1);
    if told { &lines[first_line..] } else { lines }
}

fn head(builder: &mut IntervalLogWriterBuilder, result: &RunResult<'_>) {
    let wall_ns = u64::try_from(result.epoch_wall_ns).unwrap_or(0);
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_nanos(wall_ns);
    builder
        .add_comment(HEAD)
        .add_comment(&format!(
            "pinload {}: values in ns, the column of maxima in ms; one tag a latency",
            env!("CARGO_PKG_VERSION")
        ))
        .with_start_time(epoch)
        .with_base_time(epoch);
}
