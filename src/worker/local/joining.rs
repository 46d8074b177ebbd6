//! What a worker needs that does a part of a run of several: what all of them must agree on.

use super::LocalWorker;
use crate::worker::WorkerError;
use std::collections::BTreeMap;

impl LocalWorker {
    /// Joins a run of several workers: its id stands in every stamp, its groups have members elsewhere, stamps carry
    /// wall-clock times when they are to be read by another worker's clients. To be called before clients are created.
    pub fn join_run(&mut self, run_id: u64, groups: BTreeMap<(u32, u32), String>, wall_stamps: bool) {
        self.run_id = run_id;
        self.groups = groups;
        self.wall_stamps = wall_stamps;
    }

    /// Partitions of each topic, as planned or found.
    pub fn partitions(&self) -> Result<Vec<u32>, WorkerError> {
        let plan = self.plan()?;
        Ok((0..plan.topics.count).map(|topic| plan.partitions_of(topic)).collect())
    }

    /// The same as another worker found them.
    pub fn learn_partitions(&mut self, found: &[u32]) -> Result<(), WorkerError> {
        if self.partitions()? != found
            && let Some(plan) = &mut self.plan
        {
            plan.set_partitions(found);
        }
        Ok(())
    }
}
