//! Payload pools by `PayloadPlan`, and the choice among them.

use crate::plan::payload_folder::payload_files;
use crate::plan::{MessagePlan, PayloadPlan, SizePlan};
use std::io;
use std::path::Path;

/// The payloads of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payloads {
    /// The values.
    pub values: Vec<Vec<u8>>,
    /// How often each is chosen, relative to the others; empty: all alike.
    pub weights: Vec<u64>,
}

/// Makes the payloads of a run, each at most `largest_bytes` long: random bytes followed by zeros, the bytes of files,
/// or what was given.
///
/// Fails when a file cannot be read, has another length than the plan says (any more: `plan` has checked it), when
/// there is no memory, or when given payloads make no sense.
pub fn make(plan: &MessagePlan) -> io::Result<Payloads> {
    let size = usize::try_from(plan.size_bytes).map_err(io::Error::other)?;
    let unweighted = |values| Payloads { values, weights: Vec::new() };
    let payloads = match &plan.payload {
        PayloadPlan::Randomized { pool, random_bytes, seed } => {
            let mut rng = fastrand::Rng::with_seed(*seed);
            unweighted(
                (0..(*pool).max(1))
                    .map(|_| random(&mut rng, plan.size_bytes, *random_bytes))
                    .collect::<io::Result<_>>()?,
            )
        }
        PayloadPlan::File { path } => {
            let payload = read(path)?;
            if payload.len() != size {
                return Err(invalid(format!(
                    "{}: {} bytes, the message size is {size}",
                    path.display(),
                    payload.len()
                )));
            }
            unweighted(vec![payload])
        }
        PayloadPlan::Folder { path, .. } => {
            let files =
                payload_files(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
            unweighted(files.iter().map(|file| read(file)).collect::<io::Result<_>>()?)
        }
        PayloadPlan::Distribution { sizes, seed } => {
            let mut rng = fastrand::Rng::with_seed(*seed);
            let value = |size: &SizePlan| random(&mut rng, size.highest_bytes, size.random_bytes);
            let values = sizes.iter().map(value).collect::<io::Result<_>>()?;
            Payloads { values, weights: sizes.iter().map(|size| size.weight).collect() }
        }
        PayloadPlan::Given { payloads, weights } => Payloads { values: payloads.clone(), weights: weights.clone() },
    };
    payloads.check(plan.largest_bytes)?;
    Ok(payloads)
}

impl Payloads {
    fn check(&self, largest_bytes: u32) -> io::Result<()> {
        let Self { values, weights } = self;
        if values.is_empty() {
            return Err(invalid("there are no payloads".to_owned()));
        }
        if let Some(long) =
            values.iter().find(|value| u32::try_from(value.len()).is_ok_and(|length| length > largest_bytes))
        {
            return Err(invalid(format!(
                "a payload has {} bytes, the longest message is to have {largest_bytes}",
                long.len()
            )));
        }
        let sum = weights.iter().try_fold(0u64, |sum, weight| sum.checked_add(*weight));
        if !weights.is_empty() && (weights.len() != values.len() || sum.unwrap_or(0) == 0) {
            let what = format!("{} weights for {} payloads, or none above 0", weights.len(), values.len());
            return Err(invalid(what));
        }
        Ok(())
    }
}

fn random(rng: &mut fastrand::Rng, size_bytes: u32, random_bytes: u32) -> io::Result<Vec<u8>> {
    let size = usize::try_from(size_bytes).map_err(io::Error::other)?;
    let random = usize::try_from(random_bytes).map_err(io::Error::other)?.min(size);
    let mut payload = Vec::new();
    payload.try_reserve_exact(size).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    payload.resize(size, 0);
    rng.fill(&mut payload[..random]);
    Ok(payload)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Choice of a payload, seeded per producer: uniform, or by weight.
#[derive(Debug, Clone)]
pub struct Choice {
    rng: fastrand::Rng,
    count: u32,
    /// Sums of the weights up to each payload; empty: uniform.
    cumulative: Box<[u64]>,
}

impl Choice {
    /// Among `count` payloads, all alike.
    pub fn new(seed: u64, count: u32) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), count, cumulative: Box::default() }
    }

    /// Among as many payloads as there are sums; payload `i` weighs `cumulative[i] − cumulative[i − 1]`. The last sum
    /// must be above 0.
    pub fn by_weight(seed: u64, cumulative: Box<[u64]>) -> Self {
        let count = u32::try_from(cumulative.len()).unwrap_or(u32::MAX);
        Self { rng: fastrand::Rng::with_seed(seed), count, cumulative }
    }

    /// The next index; no random number is drawn when there is only one.
    #[inline]
    pub fn next(&mut self) -> usize {
        if self.count <= 1 {
            return 0;
        }
        if let Some(&sum) = self.cumulative.last() {
            let drawn = self.rng.u64(0..sum);
            return self.cumulative.partition_point(|upper| *upper <= drawn);
        }
        // A u32 below the number of payloads, which are all in memory.
        usize::try_from(self.rng.u32(0..self.count)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
