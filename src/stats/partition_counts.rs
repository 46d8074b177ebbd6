//! What came of one partition, as it is read from the cells of a `PartitionTally`: added up, taken apart by time,
//! asked for percentiles.

use super::buckets::lowest_at;
use super::partition_tally::{FIGURES, MAGNITUDE, REST, TIME_BINS};

/// What came of one partition, or of all the rest. Cumulative as it is read from a cell; of a span as `since` makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PartitionCounts {
    /// Its number; None: the partitions that have no cell of their own.
    pub partition: Option<u32>,
    /// Messages of the load.
    pub messages: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// Sum of their end-to-end times, ns.
    pub sum_ns: u64,
    /// Buckets with times, as (index, messages), in rising order.
    bins: Vec<(u16, u64)>,
}

impl PartitionCounts {
    /// From the words of a cell; None: nothing has come of it.
    pub fn from_words(word: impl Fn(usize) -> u64) -> Option<Self> {
        let partition = match word(0) {
            0 => return None,
            REST => None,
            name => Some(u32::try_from(name - 1).ok()?),
        };
        let bins = (0..TIME_BINS).map(|bin| (bin, word(FIGURES + bin))).filter(|(_, count)| *count > 0);
        let bins = bins.map(|(bin, count)| (u16::try_from(bin).unwrap_or(u16::MAX), count)).collect();
        Some(Self { partition, messages: word(1), bytes: word(2), sum_ns: word(3), bins })
    }

    /// What has come since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let Self { partition: _, messages, bytes, sum_ns, bins } = before;
        let was = |bin: u16| bins.iter().find(|(index, _)| *index == bin).map_or(0, |(_, count)| *count);
        let bins = self.bins.iter().map(|(bin, count)| (*bin, count.saturating_sub(was(*bin))));
        Self {
            partition: self.partition,
            messages: self.messages.saturating_sub(*messages),
            bytes: self.bytes.saturating_sub(*bytes),
            sum_ns: self.sum_ns.saturating_sub(*sum_ns),
            bins: bins.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// Adds what another consumer received of it.
    pub fn add(&mut self, other: &Self) {
        let Self { partition: _, messages, bytes, sum_ns, bins } = other;
        self.messages = self.messages.saturating_add(*messages);
        self.bytes = self.bytes.saturating_add(*bytes);
        self.sum_ns = self.sum_ns.saturating_add(*sum_ns);
        for (bin, count) in bins {
            match self.bins.binary_search_by_key(bin, |(index, _)| *index) {
                Ok(at) => self.bins[at].1 = self.bins[at].1.saturating_add(*count),
                Err(at) => self.bins.insert(at, (*bin, *count)),
            }
        }
    }

    /// Messages with a time.
    pub fn timed(&self) -> u64 {
        self.bins.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Exact, ns; None: no message had a time.
    pub fn mean_ns(&self) -> Option<f64> {
        let timed = self.timed();
        (timed > 0).then(|| self.sum_ns as f64 / timed as f64)
    }

    /// The middle of the bucket that `percentile` lies in, ns: known to 3.2 %. None: no message had a time.
    pub fn percentile_ns(&self, percentile: f64) -> Option<u64> {
        let rank = (self.timed() as f64 * percentile / 100.0).ceil().max(1.0);
        let mut below = 0_u64;
        let reached = self.bins.iter().find(|(_, count)| {
            below = below.saturating_add(*count);
            below as f64 >= rank
        });
        reached.or(self.bins.last()).map(|(bin, _)| {
            let (low, next) = (lowest_at(usize::from(*bin), MAGNITUDE), lowest_at(usize::from(*bin) + 1, MAGNITUDE));
            low.midpoint(next - 1)
        })
    }

    /// What no message took longer than, ns: the end of the highest bucket, 6.3 % above the longest time at most.
    /// None as above.
    pub fn max_ns(&self) -> Option<u64> {
        self.bins.last().map(|(bin, _)| lowest_at(usize::from(*bin) + 1, MAGNITUDE) - 1)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::partition_tally::{PartitionTally, cells_for};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What stands in the published words.
    pub(in crate::stats) fn read(words: &BTreeMap<(usize, usize), u64>, cells: u32) -> Vec<PartitionCounts> {
        let word = |cell: usize, word: usize| words.get(&(cell, word)).copied().unwrap_or(0);
        (0..cells as usize).filter_map(|cell| PartitionCounts::from_words(|at| word(cell, at))).collect()
    }

    proptest! {
        /// Published in pieces, read back, taken apart and put together again, percentiles are those of the values
        /// within 3.2 %.
        #[test]
        fn percentiles_of_a_span_are_those_of_its_values(
            values in prop::collection::vec((0_u32..42, any::<u64>(), 0_u32..3), 1..200),
            cut in any::<prop::sample::Index>(),
        ) {
            let values: Vec<(u64, u32)> =
                values.iter().map(|(bits, random, partition)| (random >> 22 >> bits, *partition)).collect();
            let cut = cut.index(values.len());
            let (mut tally, mut words) = (PartitionTally::new(3), BTreeMap::new());
            let mut publish = |tally: &mut PartitionTally| {
                tally.take_changes(|cell, word, value| { words.insert((cell, word), value); });
                read(&words, cells_for(3))
            };
            let take = |tally: &mut PartitionTally, values: &[(u64, u32)]| {
                for (value, partition) in values {
                    tally.came(*partition, 1, 10);
                    tally.took(*value, 1);
                }
            };
            take(&mut tally, &values[..cut]);
            let before = publish(&mut tally);
            take(&mut tally, &values[cut..]);
            let now = publish(&mut tally);
            let mut all = PartitionCounts::default();
            for counts in &now {
                let was = before.iter().find(|was| was.partition == counts.partition).cloned().unwrap_or_default();
                all.add(&counts.since(&was));
            }
            let mut span: Vec<u64> = values[cut..].iter().map(|(value, _)| *value).collect();
            span.sort_unstable();
            let count = span.len() as u64;
            prop_assert_eq!((all.messages, all.bytes, all.timed()), (count, 10 * count, count));
            prop_assert_eq!(all.sum_ns, span.iter().sum::<u64>());
            let near = |found: u64, value: u64| found.abs_diff(value) as f64 <= value as f64 * 0.032 + 0.5;
            prop_assert!(near(all.percentile_ns(50.0).unwrap(), span[(span.len() - 1) / 2]));
            prop_assert!(near(all.percentile_ns(100.0).unwrap(), span[span.len() - 1]));
            let most = all.max_ns().unwrap();
            prop_assert!(most >= span[span.len() - 1] && most as f64 <= span[span.len() - 1] as f64 * 1.063 + 1.0);
        }
    }
}
