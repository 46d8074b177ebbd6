//! How far the wall clocks of hosts are apart: measured by repeated exchanges, bounded by the round trip of the best
//! one.
//!
//! Of an exchange that left at t₀ and came back at t₁ with the other clock's reading T, the offset is T − (t₀ + t₁)/2,
//! wrong by at most (t₁ − t₀)/2 (RFC 5905, §8, with the server's receive and transmit times in one).
//!
//! Clocks move. They are compared when a run begins, every two minutes, and when it ends; what end-to-end times may be
//! wrong by is the worst of all comparisons, and what the clocks moved by between them.

use super::heartbeat::FleetAlarm;
use super::peer::{Peer, PeerCallError};
use crate::os::host::{HostIdentity, WallClock};
use crate::worker::wire::pinload::WallTime;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Exchanges; the first pays for the connection.
const EXCHANGES: u32 = 9;
const LIMIT: Duration = Duration::from_secs(5);

/// A host's wall clock against the coordinator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClockOffset {
    /// Its clock - the coordinator's, from the exchange with the shortest round trip.
    pub offset_ns: i64,
    /// What that may be wrong by: half the round trip.
    pub offset_error_ns: u64,
    /// True: coordinator and worker run on one kernel and read one clock.
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

    /// What to add to the coordinator's time to get the host's: nothing where the clocks agree as far as was measured,
    /// so that hosts that are well synchronised start by their own clocks and not by ours and a round trip.
    pub(super) fn correction_ns(&self) -> i64 {
        if self.offset_ns.unsigned_abs() > self.offset_error_ns { self.offset_ns } else { 0 }
    }
}

/// Measures the clock of the host behind `peer`.
pub(super) fn measure(peer: &Peer, here: &HostIdentity, there: &HostIdentity) -> Result<ClockOffset, PeerCallError> {
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

/// The clocks of all hosts at about one moment, by member; None: it could not be asked.
pub(super) type ClockReadings = Vec<Option<ClockOffset>>;

/// All comparisons of a run, folded: a day of them takes no more room than one.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    last: ClockReadings,
    comparisons: u32,
    error_ns: u64,
}

impl ClockWatch {
    /// One more comparison. `pairs` are the members that messages go from and to.
    pub(super) fn take(&mut self, now: ClockReadings, pairs: &[(usize, usize)]) {
        let apart = |of: &ClockReadings, &(from, to): &(usize, usize)| {
            let (a, b) = (of.get(from).copied()??, of.get(to).copied()??);
            Some((a.offset_ns.wrapping_sub(b.offset_ns), a.offset_error_ns + b.offset_error_ns))
        };
        // Clients of one worker share their supervisor's clock.
        for pair in pairs.iter().filter(|(from, to)| from != to) {
            let Some((offset_ns, error_ns)) = apart(&now, pair) else { continue };
            let mut worst_ns = offset_ns.unsigned_abs().saturating_add(error_ns);
            if let Some((before_ns, before_error_ns)) = apart(&self.last, pair) {
                // What the two moved by for certain they may have moved by before, and back.
                let moved_ns = offset_ns.abs_diff(before_ns).saturating_sub(error_ns + before_error_ns);
                worst_ns = worst_ns.max(before_ns.unsigned_abs() + before_error_ns).saturating_add(moved_ns);
            }
            self.error_ns = self.error_ns.max(worst_ns);
        }
        self.last = now;
        self.comparisons = self.comparisons.saturating_add(1);
    }

    /// What end-to-end times carry of the hosts' clocks at worst, ns. 0: all read one clock.
    pub(super) fn error_ns(&self) -> u64 {
        self.error_ns
    }

    /// How often the clocks were compared.
    pub(super) fn comparisons(&self) -> u32 {
        self.comparisons
    }

    /// The newest comparison's.
    pub(super) fn last_of(&self, member: usize) -> Option<ClockOffset> {
        self.last.get(member).copied().flatten()
    }
}

/// A host whose clock is compared.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) peer: Peer,
    pub(super) here: HostIdentity,
    pub(super) there: HostIdentity,
}

/// Compares the clocks of all of them, each in a thread of its own, so that one which does not answer holds up no
/// other.
pub(super) fn compare(hosts: &[Option<Watched>]) -> ClockReadings {
    std::thread::scope(|scope| {
        let asked: Vec<_> = hosts
            .iter()
            .map(|host| {
                host.as_ref().map(|host| scope.spawn(move || measure(&host.peer, &host.here, &host.there).ok()))
            })
            .collect();
        asked.into_iter().map(|asking| asking.and_then(|asking| asking.join().ok().flatten())).collect()
    })
}

/// Between two comparisons while a run goes on.
const COMPARE_EVERY: Duration = Duration::from_secs(120);

/// Compares the clocks again and again until `ended` is closed.
pub(super) fn keep_comparing(hosts: Vec<Option<Watched>>, told: Sender<FleetAlarm>, ended: Receiver<()>) {
    let begun = std::thread::Builder::new().name("pinload-clocks".to_owned()).spawn(move || {
        while matches!(ended.recv_timeout(COMPARE_EVERY), Err(RecvTimeoutError::Timeout)) {
            if told.send(FleetAlarm::Clocks(compare(&hosts))).is_err() {
                return;
            }
        }
    });
    // Without the thread the clocks are compared at both ends of the run alone.
    drop(begun);
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

    fn host(offset_ns: i64, offset_error_ns: u64) -> Option<ClockOffset> {
        Some(ClockOffset { offset_ns, offset_error_ns, same_clock: false })
    }

    fn error_ns(comparisons: &[ClockReadings], pairs: &[(usize, usize)]) -> u64 {
        let mut watch = ClockWatch::default();
        comparisons.iter().for_each(|comparison| watch.take(comparison.clone(), pairs));
        watch.error_ns()
    }

    #[test]
    fn end_to_end_times_carry_both_errors_and_the_difference() {
        let apart = vec![host(1_000, 50), host(-500, 70)];
        assert_eq!(error_ns(std::slice::from_ref(&apart), &[(0, 1)]), 1_620);
        assert_eq!(error_ns(&[apart], &[(1, 1)]), 0, "no message goes from one to the other");
        let one_kernel = vec![Some(ClockOffset::NONE); 2];
        assert_eq!(error_ns(&[one_kernel], &[(0, 1)]), 0);
        assert_eq!(error_ns(&[vec![host(1_000, 50); 2]], &[(0, 1)]), 100, "two hosts that measure alike are two hosts");
        assert_eq!(error_ns(&[vec![host(1_000, 50), None]], &[(0, 1)]), 0, "nothing is known of the other");
    }

    #[test]
    fn clocks_that_move_during_a_run_are_as_wrong_as_at_their_worst_and_what_lies_between_is_covered() {
        let pairs = [(0, 1)];
        let (begin, end) = (vec![host(0, 50), host(100, 50)], vec![host(0, 50), host(9_100, 50)]);
        // 9,100 + 100, and the 8,800 that they moved by for certain.
        assert_eq!(error_ns(&[begin.clone(), end.clone()], &pairs), 18_000);
        assert_eq!(error_ns(&[end, begin.clone()], &pairs), 18_000);
        let (again, coordinator_alone) = (vec![host(20, 50), host(90, 50)], vec![host(7_000, 50), host(7_100, 50)]);
        assert_eq!(error_ns(&[begin.clone(), again], &pairs), 200, "it was only measured a little differently");
        assert_eq!(error_ns(&[begin, coordinator_alone], &pairs), 200, "the coordinator's clock is in no stamp");
    }
}
