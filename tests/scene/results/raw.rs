//! Files of raw samples, read by the documented layout and by nothing of the program's own; and what a run's report
//! must show of them.
//!
//! Over 250 lines: the format, and every figure made again from it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RECORD_BYTES: usize = 56;
const ACKNOWLEDGED: u8 = 1;
const RECEIVED: u8 = 5;
const CUT: u8 = 255;
const PROBE: u8 = 1;

/// Partition and offset; and who sent it as which, probes apart.
pub type Placed = ((i32, i64), Option<(u32, u64)>);

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub sequence: u64,
    pub intended_ns: u64,
    pub sent_ns: u64,
    pub at_ns: u64,
    pub offset: i64,
    pub partition: i32,
    pub producer: u32,
    pub outcome: u8,
    pub flags: u8,
}

/// The samples of one client, by the slots that it cut.
#[derive(Debug)]
pub struct RawClient {
    pub header: Value,
    /// What it sent and received, with the number of the slot in which it was counted.
    pub samples: Vec<(usize, Sample)>,
    /// Ends of its slots, and the load's epoch as known then (0: not yet), raw ns.
    pub cuts: Vec<(u64, u64)>,
}

impl Sample {
    fn of(bytes: &[u8]) -> Self {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        Self {
            sequence: word(0),
            intended_ns: word(8),
            sent_ns: word(16),
            at_ns: word(24),
            offset: word(32).cast_signed(),
            partition: half(40).cast_signed(),
            producer: half(44),
            outcome: bytes[54],
            flags: bytes[55],
        }
    }

    /// A message of the load, no probe.
    pub fn is_message(&self) -> bool {
        self.flags & PROBE == 0
    }
}

impl RawClient {
    /// Reads a file.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(&bytes[..12], b"PLD-RAW\n\x01\0\0\0", "{}", path.display());
        let begin = u32::from_le_bytes(bytes[12..16].try_into().expect("4 bytes")) as usize;
        let header = serde_json::from_slice(&bytes[16..begin]).expect("a header");
        let (mut samples, mut cuts) = (Vec::new(), Vec::new());
        for record in bytes[begin..].chunks_exact(RECORD_BYTES).map(Sample::of) {
            if record.outcome == CUT {
                cuts.push((record.at_ns, record.intended_ns));
            } else {
                samples.push((cuts.len(), record));
            }
        }
        Self { header, samples, cuts }
    }

    /// Every `*.raw` of these folders.
    pub fn read_all(folders: &[PathBuf]) -> Vec<Self> {
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
        let mut paths: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "raw"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// "producer" or "consumer".
    pub fn role(&self) -> &str {
        self.header["role"].as_str().expect("a role")
    }

    /// The slot with which a boundary (ns since the epoch) is reached: the first that ends at or after it.
    fn slot_at(&self, since_epoch_ns: u64) -> usize {
        let reached = |cut: &(u64, u64)| cut.1 > 0 && cut.0 - cut.1 >= since_epoch_ns;
        self.cuts.iter().position(reached).expect("a slot for the boundary")
    }

    /// In which slot the send of a message was counted.
    fn sent_in(&self, sample: &Sample) -> usize {
        self.cuts.partition_point(|cut| cut.0 <= sample.sent_ns)
    }

    /// Values of the five families, in the reports' order of names, with the slots in which they were counted.
    pub fn latencies(&self) -> BTreeMap<&'static str, Vec<(usize, u64)>> {
        let mut values: BTreeMap<&'static str, Vec<(usize, u64)>> = BTreeMap::new();
        for (slot, sample) in self.samples.iter().filter(|(_, sample)| sample.is_message()) {
            let since = |begin: u64| sample.at_ns.saturating_sub(begin);
            let mut add = |family, slot, value| values.entry(family).or_default().push((slot, value));
            if self.role() == "producer" {
                add("publish_delay", self.sent_in(sample), sample.sent_ns.saturating_sub(sample.intended_ns));
            }
            match sample.outcome {
                ACKNOWLEDGED => {
                    add("acknowledge_actual", *slot, since(sample.sent_ns));
                    add("acknowledge_intended", *slot, since(sample.intended_ns));
                }
                RECEIVED => {
                    add("end_to_end_actual", *slot, since(sample.sent_ns));
                    add("end_to_end_intended", *slot, since(sample.intended_ns));
                }
                _ => {}
            }
        }
        values
    }

    /// Where each message is stored, by (partition, offset): who sent it, as which; probes included.
    pub fn places(&self, outcome: &str) -> Vec<Placed> {
        let wanted = if outcome == "acknowledged" { ACKNOWLEDGED } else { RECEIVED };
        let samples = self.samples.iter().map(|(_, sample)| sample).filter(|sample| sample.outcome == wanted);
        samples
            .map(|sample| {
                let who = sample.is_message().then_some((sample.producer, sample.sequence));
                ((sample.partition, sample.offset), who)
            })
            .collect()
    }
}

/// The reported figures of a family are those of these values: count and extremes exactly, the mean but for rounding,
/// percentiles within the stated 0.1 %.
#[track_caller]
pub fn assert_figures(what: &str, shown: &Value, mut values: Vec<u64>) {
    values.sort_unstable();
    let number = |name: &str| shown[name].as_f64().unwrap_or_else(|| panic!("{what} has no {name}: {shown}"));
    assert_eq!(shown["exact_extremes"], true, "{what}: {shown}");
    assert_eq!(shown["count"].as_u64(), Some(values.len() as u64), "{what}: {shown}");
    assert_eq!(shown["min_ns"].as_u64(), values.first().copied().or(Some(0)), "{what}: {shown}");
    assert_eq!(shown["max_ns"].as_u64(), values.last().copied().or(Some(0)), "{what}: {shown}");
    let mean = values.iter().map(|value| *value as f64).sum::<f64>() / values.len().max(1) as f64;
    assert!((number("mean_ns") - mean).abs() <= mean * 1e-9, "{what}: mean {mean}, {shown}");
    for (name, per_10_000) in [
        ("p50_ns", 5_000),
        ("p75_ns", 7_500),
        ("p90_ns", 9_000),
        ("p95_ns", 9_500),
        ("p99_ns", 9_900),
        ("p99_9_ns", 9_990),
        ("p99_99_ns", 9_999),
    ] {
        assert_percentile(what, name, shown[name].as_u64(), &values, per_10_000);
    }
}

#[track_caller]
fn assert_percentile(what: &str, name: &str, shown: Option<u64>, sorted: &[u64], per_10_000: usize) {
    let rank = (sorted.len() * per_10_000).div_ceil(10_000).max(1);
    let exact = sorted.get(rank - 1).copied().unwrap_or(0);
    let shown = shown.unwrap_or_else(|| panic!("{what} has no {name}"));
    assert!(shown >= exact && shown - exact <= exact / 1_000, "{what}: {name} is {exact}, shown is {shown}");
}

/// What was measured from second `from_s` to second `to_s` after the epoch, all clients together, as the detail file
/// shows it.
#[track_caller]
pub fn assert_measurement(detail: &Value, clients: &[RawClient], from_s: u64, to_s: u64) {
    let mut all: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for client in clients {
        // Of second 0 on everything counts, slots cut before the epoch included.
        let first = if from_s == 0 { 0 } else { client.slot_at(from_s * 1_000_000_000) + 1 };
        let last = client.slot_at(to_s * 1_000_000_000);
        for (family, values) in client.latencies() {
            let within = values.into_iter().filter(|(slot, _)| (first..=last).contains(slot)).map(|(_, value)| value);
            all.entry(family).or_default().extend(within);
        }
    }
    assert_eq!(all.len(), 5, "all five families have samples");
    let counters = &detail["measurement"]["counters"];
    let counts = [
        ("acknowledge_actual", "messages_acknowledged"),
        ("publish_delay", "messages_enqueued"),
        ("end_to_end_actual", "messages_received"),
    ];
    for (family, counter) in counts {
        assert_eq!(counters[counter].as_u64(), Some(all[family].len() as u64), "{counter}");
    }
    for (family, values) in all {
        assert!(!values.is_empty(), "{family}");
        assert_figures(family, &detail["measurement"]["latencies"][family], values);
    }
}

/// Each client's seconds, as the detail file shows them.
#[track_caller]
pub fn assert_timelines(detail: &Value, clients: &[RawClient]) {
    for client in clients {
        let (role, index) = (client.role(), &client.header["index"]);
        let shown = detail["clients"].as_array().expect("clients");
        let shown = shown.iter().find(|shown| shown["role"] == role && shown["index"] == *index).expect("the client");
        let timeline = &shown["timeline"];
        let at_s = timeline["at_s"].as_array().expect("seconds");
        assert_eq!(at_s.len(), client.cuts.len(), "{role} {index}: a slot for each cut");
        for (slot, at_s) in at_s.iter().enumerate() {
            let (end_ns, epoch_ns) = client.cuts[slot];
            let seconds = end_ns.saturating_sub(epoch_ns) as f64 / 1e9;
            assert!((at_s.as_f64().expect("a number") - seconds).abs() < 1e-6, "{role} {index}, slot {slot}: {at_s}");
        }
        let families = client.latencies();
        let counted = if role == "producer" {
            ("acknowledge_actual", "messages_acknowledged")
        } else {
            ("end_to_end_actual", "messages_received")
        };
        let counts: Vec<u64> =
            of_slots(&families[counted.0], at_s.len()).iter().map(|values| values.len() as u64).collect();
        assert_eq!(timeline["counters"][counted.1], serde_json::json!(counts), "{role} {index}: {}", counted.1);
        for (family, values) in families {
            let columns = &timeline["latencies"][family];
            for (slot, mut values) in of_slots(&values, at_s.len()).into_iter().enumerate() {
                let what = format!("{role} {index}, slot {slot}, {family}");
                values.sort_unstable();
                assert_eq!(columns["max_ns"][slot].as_u64(), values.last().copied().or(Some(0)), "{what}");
                assert_percentile(&what, "p50_ns", columns["p50_ns"][slot].as_u64(), &values, 5_000);
                assert_percentile(&what, "p99_ns", columns["p99_ns"][slot].as_u64(), &values, 9_900);
            }
        }
    }
}

fn of_slots(values: &[(usize, u64)], slots: usize) -> Vec<Vec<u64>> {
    let mut of_slots = vec![Vec::new(); slots];
    values.iter().for_each(|(slot, value)| of_slots[*slot].push(*value));
    of_slots
}

/// What producers were told is stored is all that is stored, every place once, up to the broker's own end offsets, and
/// consumers received each message from where it was stored. `end_offsets` by partition; None: the broker does not
/// tell.
#[track_caller]
pub fn assert_places(clients: &[RawClient], end_offsets: Option<&BTreeMap<i32, u64>>) {
    let all = |outcome: &str| clients.iter().flat_map(|client| client.places(outcome)).collect::<Vec<_>>();
    let stored = all("acknowledged");
    let places: BTreeMap<_, _> = stored.iter().copied().collect();
    assert_eq!(places.len(), stored.len(), "a place was acknowledged twice");
    // A probe may come again, or not at all, while groups form.
    let messages = |samples: Vec<Placed>| {
        let mut messages: Vec<_> = samples.into_iter().filter_map(|(place, who)| Some((place, who?))).collect();
        messages.sort_unstable();
        messages
    };
    assert_eq!(messages(stored), messages(all("received")), "what was stored is what was received");
    if let Some(end_offsets) = end_offsets {
        let mut ends: BTreeMap<i32, u64> = BTreeMap::new();
        places.keys().for_each(|(partition, _)| *ends.entry(*partition).or_default() += 1);
        assert_eq!(&ends, end_offsets, "messages by partition, and the broker's end offsets");
    }
}
