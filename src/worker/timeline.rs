//! What one client did row by row, packed: a row takes some hundred bytes instead of the kilobyte of all its counters.

use super::TimelinePoint;
use crate::stats::Counters;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The rows of one client in order, each with its own span: 1 s, 10 s, and longer the older they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientTimeline(Vec<PackedPoint>);

/// One row. What is 0 takes no room.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedPoint {
    at_s: f64,
    span_s: f64,
    /// How many latencies, three numbers each, then (counter, value) for each counter that is not 0; all as LEB128.
    figures: Box<[u8]>,
}

impl ClientTimeline {
    /// Memory that it takes.
    #[cfg(test)]
    pub fn memory_bytes(&self) -> usize {
        let row = |row: &PackedPoint| size_of::<PackedPoint>() + row.figures.len();
        self.0.iter().map(row).sum()
    }

    /// The rows as they are read.
    pub fn points(&self) -> impl Iterator<Item = TimelinePoint> {
        self.0.iter().map(PackedPoint::point)
    }
}

impl PackedPoint {
    /// End of the row, seconds since the load began.
    pub fn at_s(&self) -> f64 {
        self.at_s
    }

    /// As it is read.
    pub fn point(&self) -> TimelinePoint {
        let mut rest = &self.figures[..];
        let families = usize::try_from(take(&mut rest)).unwrap_or(0);
        let latencies_ns = (0..families).map(|_| std::array::from_fn(|_| take(&mut rest))).collect();
        let mut counters = Counters::default();
        while !rest.is_empty() {
            let place = usize::try_from(take(&mut rest)).unwrap_or(usize::MAX);
            let value = take(&mut rest);
            if let Some(counter) = counters.0.get_mut(place) {
                *counter = value;
            }
        }
        TimelinePoint { at_s: self.at_s, span_s: self.span_s, counters, latencies_ns }
    }

    /// Both rows as one. Counts are added and the largest value is the largest of both; a percentile is the higher of
    /// both, which that of all values together is not above.
    #[must_use]
    pub fn joined(&self, later: &Self) -> Self {
        let mut row = self.point();
        let TimelinePoint { at_s, span_s, counters, latencies_ns } = later.point();
        row.counters.add(&counters);
        // A gauge is not added up over time.
        row.counters.take_gauges(&counters);
        if row.latencies_ns.is_empty() {
            row.latencies_ns = latencies_ns;
        } else {
            for (mine, theirs) in row.latencies_ns.iter_mut().zip(latencies_ns) {
                *mine = std::array::from_fn(|figure| mine[figure].max(theirs[figure]));
            }
        }
        (row.at_s, row.span_s) = (at_s, row.span_s + span_s);
        Self::from(&row)
    }
}

impl From<&TimelinePoint> for PackedPoint {
    fn from(point: &TimelinePoint) -> Self {
        let mut figures = Vec::with_capacity(160);
        put(&mut figures, point.latencies_ns.len() as u64);
        point.latencies_ns.iter().flatten().for_each(|value| put(&mut figures, *value));
        for (place, value) in (0..).zip(point.counters.0).filter(|(_, value)| *value > 0) {
            put(&mut figures, place);
            put(&mut figures, value);
        }
        Self { at_s: point.at_s, span_s: point.span_s, figures: figures.into_boxed_slice() }
    }
}

impl FromIterator<PackedPoint> for ClientTimeline {
    fn from_iter<I: IntoIterator<Item = PackedPoint>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl FromIterator<TimelinePoint> for ClientTimeline {
    fn from_iter<I: IntoIterator<Item = TimelinePoint>>(rows: I) -> Self {
        rows.into_iter().map(|point| PackedPoint::from(&point)).collect()
    }
}

/// On the way from another host: the rows as they are read.
impl Serialize for ClientTimeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.points())
    }
}

impl<'de> Deserialize<'de> for ClientTimeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<TimelinePoint>::deserialize(deserializer).map(|points| points.into_iter().collect())
    }
}

/// Appends a number in groups of 7 bits, the lowest first.
fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

/// Takes the next number; 0 behind the end.
fn take(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some((byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Counter;
    use proptest::prelude::*;

    fn any_point() -> impl Strategy<Value = TimelinePoint> {
        let counters = prop::collection::vec(prop_oneof![Just(0), 0..1000_u64, any::<u64>()], Counter::COUNT);
        let latencies = prop::collection::vec(any::<[u64; 3]>(), 0..6);
        (0.0..1e7_f64, 0.0..1e5_f64, counters, latencies).prop_map(|(at_s, span_s, counters, latencies_ns)| {
            let counters = Counters(std::array::from_fn(|place| counters[place]));
            TimelinePoint { at_s, span_s, counters, latencies_ns }
        })
    }

    proptest! {
        #[test]
        fn a_row_is_read_as_it_was_packed(point in any_point()) {
            prop_assert_eq!(PackedPoint::from(&point).point(), point);
        }
    }

    #[test]
    fn two_rows_become_one_with_all_counts_and_the_largest_values() {
        let row = |at_s: f64, acknowledged: u64, latencies_ns: &[[u64; 3]]| {
            let mut counters = Counters::default();
            counters[Counter::MessagesAcknowledged] = acknowledged;
            counters[Counter::AssignedPartitions] = acknowledged / 100;
            PackedPoint::from(&TimelinePoint { at_s, span_s: 60.0, counters, latencies_ns: latencies_ns.to_vec() })
        };
        let joined = row(60.0, 500, &[[10, 90, 100]]).joined(&row(120.0, 700, &[[20, 30, 40]])).point();
        assert_eq!((joined.at_s, joined.span_s, joined.latencies_ns), (120.0, 120.0, vec![[20, 90, 100]]));
        let counters = joined.counters;
        assert_eq!((counters[Counter::MessagesAcknowledged], counters[Counter::AssignedPartitions]), (1_200, 7));
        assert_eq!(row(1.0, 1, &[]).joined(&row(2.0, 1, &[[1, 2, 3]])).point().latencies_ns, [[1, 2, 3]]);
    }
}
