//! What speaks against a floor: it was measured while others used the machine, or where there are too few CPUs for what
//! it measures.

use super::{EndToEndFloor, Floor};
use crate::caveat::{Caveat, Subject};
use crate::os::gaps::Gaps;

/// More of the time than this waited for a CPU, or stolen: others took it. The verdict calls as much a run-queue delay,
/// or steal.
const BUSY_PERCENT: f64 = 1.0;
/// Gaps are those of the machine's own interrupts as well, which take 1.2 % of a virtual machine where nothing else
/// runs (250 ticks a second, each some 20 µs, and devices).
const BUSY_GAPS_PERCENT: f64 = 5.0;
/// A producer, a consumer, librdkafka's threads and the broker.
const ENOUGH_CPUS: usize = 4;

/// What others took while a machine was calibrated, in percent of the time. null: not measured, or the kernel does not
/// tell.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Disturbance {
    /// Is one of them above its limit: 5 % of gaps, 1 % of waits, 1 % of steal?
    pub busy: bool,
    /// CPU that was kept longest from the thread that watched it for gaps.
    pub gaps_worst_cpu: Option<usize>,
    /// For how long.
    pub gaps_lost_percent: Option<f64>,
    /// Time the loops were ready to run and waited for their CPU (schedstat).
    pub loops_waited_percent: Option<f64>,
    /// Time the hypervisor gave CPUs to somebody else (steal), mean of all CPUs.
    pub stolen_percent: Option<f64>,
}

impl Disturbance {
    /// From the parts that were measured.
    pub fn new(gaps: &[Gaps], loops_waited_percent: Option<f64>, stolen_percent: Option<f64>) -> Self {
        let worst = gaps.iter().max_by(|a, b| a.lost_percent().total_cmp(&b.lost_percent()));
        let gaps_lost_percent = worst.map(Gaps::lost_percent);
        let mut all = Self {
            busy: false,
            gaps_worst_cpu: worst.map(|gaps| gaps.cpu),
            gaps_lost_percent,
            loops_waited_percent,
            stolen_percent,
        };
        all.busy = !all.above_their_limits().is_empty();
        all
    }

    /// In words.
    fn above_their_limits(&self) -> Vec<String> {
        let cpu = self.gaps_worst_cpu.map(|cpu| format!("CPU {cpu}")).unwrap_or_default();
        [
            (self.gaps_lost_percent, BUSY_GAPS_PERCENT, format!("{cpu} was taken for")),
            (self.loops_waited_percent, BUSY_PERCENT, "the loops waited for their CPU for".to_owned()),
            (self.stolen_percent, BUSY_PERCENT, "the hypervisor took the CPUs for".to_owned()),
        ]
        .into_iter()
        .filter_map(|(percent, limit, what)| {
            let percent = percent.filter(|percent| *percent > limit)?;
            Some(format!("{what} {percent:.1} % of the time, the limit is {limit} %"))
        })
        .collect()
    }

    /// None: nobody disturbed.
    fn in_words(&self) -> Option<String> {
        self.busy.then(|| {
            format!(
                "the machine was busy while it was calibrated ({}): the floor is somebody else's as well, calibrate \
                 again when nothing else runs",
                self.above_their_limits().join("; ")
            )
        })
    }
}

impl EndToEndFloor {
    /// None: there are CPUs enough.
    pub(super) fn caveat(&self) -> Option<Caveat> {
        let few = self.usable_cpus.filter(|cpus| *cpus < ENOUGH_CPUS);
        let why = match few {
            Some(1) => "there is 1 CPU".to_owned(),
            Some(cpus) => format!("there are {cpus} CPUs"),
            None if self.shared_cpus => "clients shared CPUs".to_owned(),
            None => return None,
        };
        let text = format!(
            "{why} for a producer, a consumer, librdkafka's threads and the broker: the floor of acknowledgement and \
             end-to-end times is mostly waiting for a CPU, and hardly what pinload and librdkafka take; with \
             {ENOUGH_CPUS} CPUs or more it means that"
        );
        Some(Caveat::note("floor_of_few_cpus", Subject::Floor, text))
    }
}

impl Floor {
    /// What speaks against all of it.
    pub(super) fn busy_caveat(&self) -> Option<Caveat> {
        Some(Caveat::note("floor_of_busy_machine", Subject::Floor, self.disturbance?.in_words()?))
    }

    /// What speaks against it or a part of it.
    pub fn caveats(&self) -> Vec<Caveat> {
        self.busy_caveat().into_iter().chain(self.end_to_end.as_ref().and_then(EndToEndFloor::caveat)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::floor::Percentiles;

    fn watched(cpu: usize, lost_ms: u64) -> Gaps {
        Gaps {
            cpu,
            watched_ns: 2_000_000_000,
            readings: 1,
            gaps: 1,
            gaps_over_10_us: 1,
            gaps_over_1_ms: 1,
            lost_ns: lost_ms * 1_000_000,
            longest_gap_ns: 1_000_000,
            gaps_by_length: Vec::new(),
        }
    }

    #[test]
    fn a_free_machine_is_not_doubted() {
        let free = Disturbance::new(&[watched(0, 100), watched(1, 3)], Some(0.4), Some(1.0));
        assert_eq!((free.busy, free.gaps_worst_cpu, free.gaps_lost_percent), (false, Some(0), Some(5.0)));
        assert_eq!(free.in_words(), None);
        let unknown = Disturbance::new(&[], None, None);
        assert_eq!((unknown.busy, unknown.in_words()), (false, None), "nothing was measured that could tell");
    }

    #[test]
    fn each_way_of_being_busy_is_told_with_its_figure_and_the_worst_cpu() {
        let said = |gaps: &[Gaps], waited, stolen| Disturbance::new(gaps, waited, stolen).in_words().unwrap();
        let gaps = said(&[watched(0, 20), watched(3, 162), watched(1, 30)], Some(0.4), None);
        assert!(gaps.contains("calibrated (CPU 3 was taken for 8.1 % of the time, the limit is 5 %): "), "{gaps}");
        assert!(
            said(&[], Some(1.25), None)
                .contains("(the loops waited for their CPU for 1.2 % of the time, the limit is 1 %)")
        );
        assert!(said(&[], None, Some(3.0)).contains("(the hypervisor took the CPUs for 3.0 % of the time,"));
        let all = said(&[watched(0, 200)], Some(5.0), Some(2.0));
        assert_eq!(all.matches("the limit is").count(), 3, "{all}");
    }

    #[test]
    fn few_cpus_make_the_end_to_end_floor_a_matter_of_scheduling() {
        let nothing = Percentiles { count: 0, p50_ns: 0, p90_ns: 0, p99_ns: 0, p99_9_ns: 0, p99_99_ns: 0, max_ns: 0 };
        let caveat = |usable_cpus, shared_cpus| {
            let (acknowledge_actual, end_to_end_actual) = (nothing, nothing);
            EndToEndFloor {
                rate_per_s: 1.0,
                value_bytes: 1,
                usable_cpus,
                shared_cpus,
                acknowledge_actual,
                end_to_end_actual,
            }
            .caveat()
            .map(|caveat| caveat.text)
        };
        assert!(caveat(Some(1), true).is_some_and(|text| text.starts_with("there is 1 CPU for ")));
        assert!(caveat(Some(3), false).is_some_and(|text| text.starts_with("there are 3 CPUs for ")));
        assert!(caveat(Some(4), true).is_some_and(|text| text.starts_with("clients shared CPUs for ")));
        assert_eq!((caveat(Some(4), false), caveat(None, false)), (None, None), "enough, or of an older calibration");
    }
}
