//! How far the wall clocks of hosts are apart: measured by repeated exchanges, bounded by the round trip of the best one.
//!
//! Of an exchange that left at t₀ and came back at t₁ with the other clock's reading T, the offset is T − (t₀ + t₁)/2, wrong by at most
//! (t₁ − t₀)/2 (RFC 5905, §8, with the server's receive and transmit times in one).

use super::peer::{CallError, Peer};
use crate::os::host::{Host, WallClock};
use crate::worker::wire::pinload::WallTime;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Exchanges; the first pays for the connection.
const EXCHANGES: u32 = 9;
const LIMIT: Duration = Duration::from_secs(5);

/// A host's wall clock against the coordinator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClockOffset {
    /// Its clock − the coordinator's, ns.
    pub offset_ns: i64,
    /// How wrong that may be, ns.
    pub offset_error_ns: u64,
    /// Both read one clock: the worker runs on the coordinator's kernel.
    pub same_clock: bool,
}

impl ClockOffset {
    const NONE: Self = Self { offset_ns: 0, offset_error_ns: 0, same_clock: true };

    fn of(sent_ns: u64, read_ns: u64, received_ns: u64) -> Self {
        let middle = i128::midpoint(i128::from(sent_ns), i128::from(received_ns));
        Self {
            offset_ns: i64::try_from(i128::from(read_ns) - middle).unwrap_or(i64::MAX),
            offset_error_ns: received_ns.saturating_sub(sent_ns).div_ceil(2),
            same_clock: false,
        }
    }

    /// What to add to the coordinator's time to get the host's: nothing where the clocks agree as far as was measured, so that hosts that are
    /// well synchronised start by their own clocks and not by ours and a round trip.
    pub(super) fn correction_ns(&self) -> i64 {
        if self.offset_ns.unsigned_abs() > self.offset_error_ns { self.offset_ns } else { 0 }
    }
}

/// Measures the clock of the host behind `peer`.
pub(super) fn measure(peer: &Peer, here: &Host, there: &Host) -> Result<ClockOffset, CallError> {
    if !here.boot_id.is_empty() && here.boot_id == there.boot_id {
        return Ok(ClockOffset::NONE);
    }
    let mut best: Option<ClockOffset> = None;
    for _ in 0..EXCHANGES {
        let (sent_ns, begun) = (realtime_ns(), Instant::now());
        let WallTime { realtime_ns } = peer.get("time", LIMIT)?;
        // The round trip by the clock that nobody sets.
        let received_ns = sent_ns + u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let measured = ClockOffset::of(sent_ns, realtime_ns, received_ns);
        if best.is_none_or(|best| measured.offset_error_ns < best.offset_error_ns) {
            best = Some(measured);
        }
    }
    Ok(best.unwrap_or(ClockOffset::NONE))
}

/// The error that end-to-end times between clients of these hosts carry: the largest of any pair. 0: all read one clock.
pub(super) fn end_to_end_error_ns(producing: &[ClockOffset], consuming: &[ClockOffset]) -> u64 {
    let pair = |a: &ClockOffset, b: &ClockOffset| {
        if a == b && a.same_clock {
            return 0;
        }
        a.offset_ns.abs_diff(b.offset_ns) + a.offset_error_ns + b.offset_error_ns
    };
    producing.iter().flat_map(|a| consuming.iter().map(move |b| pair(a, b))).max().unwrap_or(0)
}

/// Wall clock, ns.
pub(super) fn realtime_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// One line of a clock's state, for people.
pub(super) fn state(clock: Option<WallClock>) -> String {
    match clock {
        None => "its kernel does not tell the state of its clock".to_owned(),
        Some(clock) if clock.synchronised => {
            format!("synchronised, estimated error {:.3} ms", nanos_as_ms(clock.estimated_error_ns))
        }
        Some(_) => "not synchronised".to_owned(),
    }
}

/// ms for people.
pub(super) fn nanos_as_ms(ns: u64) -> f64 {
    Duration::from_nanos(ns).as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_wrong_by_half_the_round_trip_at_most() {
        let clock = ClockOffset::of(1_000, 5_600, 1_201);
        assert_eq!((clock.offset_ns, clock.offset_error_ns), (4_500, 101));
        assert_eq!(clock.correction_ns(), 4_500);
        let behind = ClockOffset::of(10_000, 9_000, 10_400);
        assert_eq!((behind.offset_ns, behind.offset_error_ns), (-1_200, 200));
        let equal = ClockOffset::of(10_000, 10_150, 10_400);
        assert_eq!(equal.correction_ns(), 0, "50 ns off, known to 200");
    }

    #[test]
    fn end_to_end_times_carry_both_errors_and_the_difference() {
        let one = ClockOffset { offset_ns: 1_000, offset_error_ns: 50, same_clock: false };
        let other = ClockOffset { offset_ns: -500, offset_error_ns: 70, same_clock: false };
        assert_eq!(end_to_end_error_ns(&[one], &[other]), 1_620);
        assert_eq!(end_to_end_error_ns(&[ClockOffset::NONE], &[ClockOffset::NONE]), 0);
        assert_eq!(end_to_end_error_ns(&[one], &[one]), 100, "two hosts that measure alike are two hosts");
    }
}
