//! Counts and exact percentiles of raw samples, of each client and of all together: made from the samples alone, by
//! other code than the reports of a run.

use super::exact::ExactValues;
use super::{RecordWalk, TimeWindow, is_message};
use crate::stats::Latency;
use crate::telemetry::Role;
use crate::telemetry::raw::{Header, Record, RecordedEvent, flag};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// What is counted of a client's samples, by name.
type SampleCounts = BTreeMap<&'static str, u64>;

/// The samples of one client, added up.
#[derive(Debug)]
pub struct Summary {
    role: Role,
    index: u32,
    run_id: String,
    walk: RecordWalk,
    counts: SampleCounts,
    latencies: [ExactValues; Latency::TOLD],
    /// Sequences by producer, to find what came twice (consumers).
    seen: HashMap<u32, SequenceSet>,
    /// Highest sequence by producer and partition.
    highest: HashMap<(u32, i32), u64>,
    /// Lowest offset and highest + 1 of acknowledged or received samples by partition.
    offsets: BTreeMap<i32, (i64, i64)>,
    /// Records in the file, cuts included.
    records: u64,
    torn_bytes: usize,
}

/// Which sequence numbers have come, a bit each.
#[derive(Debug, Default)]
struct SequenceSet(Vec<u64>);

impl SequenceSet {
    /// True: it had not come before.
    fn insert(&mut self, sequence: u64) -> bool {
        let word = usize::try_from(sequence / 64).unwrap_or(usize::MAX);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let bit = 1 << (sequence % 64);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

impl Summary {
    /// Of a file with this header, no record read yet.
    pub fn new(header: &Header, window: TimeWindow) -> Self {
        Self {
            role: header.role,
            index: header.index,
            run_id: header.run_id.clone(),
            walk: RecordWalk::new(window),
            counts: SampleCounts::new(),
            latencies: std::array::from_fn(|_| ExactValues::default()),
            seen: HashMap::new(),
            highest: HashMap::new(),
            offsets: BTreeMap::new(),
            records: 0,
            torn_bytes: 0,
        }
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &Record) {
        self.records += 1;
        let takes = self.walk.takes(record);
        if self.role == Role::Producer && is_message(record) && self.walk.sent_within(record.sent_ns) {
            *self.counts.entry("sent").or_default() += 1;
            self.push(Latency::PublishDelay, record.sent_ns.saturating_sub(record.intended_ns));
        }
        if !takes {
            return;
        }
        let stored =
            matches!(record.outcome, RecordedEvent::Acknowledged | RecordedEvent::Received | RecordedEvent::Corrupt);
        if stored && record.partition >= 0 && record.offset >= 0 {
            let known = self.offsets.entry(record.partition).or_insert((record.offset, record.offset + 1));
            *known = (known.0.min(record.offset), known.1.max(record.offset + 1));
        }
        self.count(record);
        match self.role {
            Role::Producer if is_message(record) => self.reported(record),
            Role::Consumer if is_message(record) => self.received(record),
            _ => {}
        }
    }

    /// The file is read to its end.
    pub fn close(&mut self, torn_bytes: usize) {
        self.torn_bytes = torn_bytes;
    }

    fn count(&mut self, record: &Record) {
        let name = if record.has(flag::PROBE) {
            "probes"
        } else if record.has(flag::AFTER_CLOSE) {
            "after_close"
        } else {
            record.outcome.name()
        };
        *self.counts.entry(name).or_default() += 1;
    }

    fn reported(&mut self, record: &Record) {
        let Record { intended_ns, sent_ns, at_ns, .. } = *record;
        if record.outcome == RecordedEvent::Acknowledged {
            self.push(Latency::AcknowledgeActual, at_ns.saturating_sub(sent_ns));
            self.push(Latency::AcknowledgeIntended, at_ns.saturating_sub(intended_ns));
        }
    }

    fn received(&mut self, record: &Record) {
        let Record { intended_ns, sent_ns, at_ns, producer, partition, sequence, .. } = *record;
        if !record.has(flag::NO_SENT) {
            if at_ns <= sent_ns {
                *self.counts.entry("end_to_end_not_positive").or_default() += 1;
            }
            self.push(Latency::EndToEndActual, at_ns.saturating_sub(sent_ns));
        }
        if !record.has(flag::NO_INTENDED) {
            self.push(Latency::EndToEndIntended, at_ns.saturating_sub(intended_ns));
            let highest = self.highest.entry((producer, partition)).or_insert(sequence);
            if !self.seen.entry(producer).or_default().insert(sequence) {
                *self.counts.entry("duplicated").or_default() += 1;
            } else if sequence < *highest {
                *self.counts.entry("reordered").or_default() += 1;
            }
            *highest = sequence.max(*highest);
        }
    }

    fn push(&mut self, family: Latency, value_ns: u64) {
        self.latencies[family as usize].push(value_ns);
    }
}

/// All summaries as one document: each client, and all of a role together.
pub fn document(mut clients: Vec<Summary>) -> Value {
    clients.sort_by_key(|client| (client.run_id.clone(), client.role != Role::Producer, client.index));
    let mut counts = SampleCounts::new();
    let mut latencies: [ExactValues; Latency::TOLD] = std::array::from_fn(|_| ExactValues::default());
    for client in &clients {
        for (name, count) in &client.counts {
            *counts.entry(name).or_default() += count;
        }
        for (all, of_client) in latencies.iter_mut().zip(&client.latencies) {
            all.add(of_client);
        }
    }
    let clients: Vec<Value> = clients.into_iter().map(of_client).collect();
    json!({ "all": { "counts": counts, "latencies": figures(&mut latencies) }, "clients": clients })
}

fn of_client(mut client: Summary) -> Value {
    let offsets: Map<String, Value> = client
        .offsets
        .iter()
        .map(|(partition, (first, end))| (partition.to_string(), json!({ "first": first, "end": end })))
        .collect();
    json!({
        "run_id": client.run_id,
        "role": client.role,
        "client": client.index,
        "records": client.records,
        "torn_bytes": client.torn_bytes,
        "counts": client.counts,
        "offsets": offsets,
        "latencies": figures(&mut client.latencies),
    })
}

/// Figures of the families that have values.
fn figures(latencies: &mut [ExactValues; Latency::TOLD]) -> Map<String, Value> {
    let families = Latency::ALL.into_iter().zip(latencies);
    families
        .filter(|(_, exact)| exact.count() > 0)
        .map(|(family, exact)| (family.name().to_owned(), exact.figures().into()))
        .collect()
}
