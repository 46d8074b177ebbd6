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
    let alike = |values| Payloads { values, weights: Vec::new() };
    let payloads = match &plan.payload {
        PayloadPlan::Randomized { pool, random_bytes, seed } => {
            let mut rng = fastrand::Rng::with_seed(*seed);
            alike(
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
            alike(vec![payload])
        }
        PayloadPlan::Folder { path, .. } => {
            let files =
                payload_files(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
            alike(files.iter().map(|file| read(file)).collect::<io::Result<_>>()?)
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
    #[expect(clippy::should_implement_trait, reason = "an endless choice is no sequence to iterate over")]
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
mod tests {
    use super::*;
    use crate::plan::KeyDistributor;

    fn plan(size_bytes: u32, payload: PayloadPlan) -> MessagePlan {
        MessagePlan {
            size_bytes,
            largest_bytes: size_bytes,
            keys: KeyDistributor::NoKey,
            payload,
            stamp: true,
            no_stamp_reason: None,
        }
    }

    #[test]
    fn random_payloads_are_random_at_the_start_and_zero_behind_and_repeatable() {
        let plan = plan(1_000, PayloadPlan::Randomized { pool: 5, random_bytes: 300, seed: 42 });
        let Payloads { values: payloads, weights } = make(&plan).unwrap();
        assert_eq!((payloads.len(), weights.len()), (5, 0));
        for (i, payload) in payloads.iter().enumerate() {
            assert_eq!(payload.len(), 1_000);
            assert!(payload[..300].iter().filter(|&&byte| byte != 0).count() > 250);
            assert!(payload[300..].iter().all(|&byte| byte == 0));
            assert!(!payloads[..i].contains(payload));
        }
        assert_eq!(make(&plan).unwrap().values, payloads);
    }

    #[test]
    fn a_file_is_one_payload_of_the_right_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payload.data");
        std::fs::write(&path, b"0123456789").unwrap();
        assert_eq!(make(&plan(10, PayloadPlan::File { path: path.clone() })).unwrap().values, [b"0123456789"]);
        let error = make(&plan(11, PayloadPlan::File { path })).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = make(&plan(11, PayloadPlan::File { path: folder.path().join("absent") })).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("absent"));
    }

    #[test]
    fn the_choice_is_uniform_and_needs_no_luck_among_one() {
        let mut counts = [0u32; 8];
        let mut choice = Choice::new(1, 8);
        for _ in 0..80_000 {
            counts[choice.next()] += 1;
        }
        assert!(counts.iter().all(|&count| (9_500..10_500).contains(&count)), "{counts:?}");
        let mut alone = Choice::new(1, 1);
        assert!((0..100).all(|_| alone.next() == 0));
    }

    #[test]
    fn the_files_of_a_folder_are_payloads_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b", "second"), ("a", "first"), (".c", "hidden")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let payload = PayloadPlan::Folder { path: folder.path().to_owned(), files: 2 };
        let wide = MessagePlan { largest_bytes: 6, ..plan(5, payload.clone()) };
        assert_eq!(make(&wide).unwrap().values, [&b"first"[..], b"second"]);
        let error = make(&plan(5, payload)).unwrap_err().to_string();
        assert_eq!(error, "a payload has 6 bytes, the longest message is to have 5");
    }

    #[test]
    fn a_distribution_is_one_payload_for_each_size() {
        let size = |highest_bytes, weight| SizePlan { lowest_bytes: 0, highest_bytes, random_bytes: 10, weight };
        let payload = PayloadPlan::Distribution { sizes: vec![size(10, 3), size(100, 1)], seed: 1 };
        let payloads = make(&MessagePlan { largest_bytes: 100, ..plan(55, payload) }).unwrap();
        assert_eq!(payloads.values.iter().map(Vec::len).collect::<Vec<_>>(), [10, 100]);
        assert_eq!(payloads.weights, [3, 1]);
        assert!(payloads.values[1][..10].iter().any(|byte| *byte != 0));
        assert!(payloads.values[1][10..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn given_payloads_are_served_as_they_are_when_they_make_sense() {
        let given = |payloads: &[&[u8]], weights: &[u64]| {
            let payloads = payloads.iter().map(|payload| payload.to_vec()).collect();
            make(&plan(3, PayloadPlan::Given { payloads, weights: weights.to_vec() }))
        };
        assert_eq!(given(&[b"abc", b""], &[0, 1]).unwrap().values, [&b"abc"[..], b""]);
        assert!(given(&[b"abc"], &[]).unwrap().weights.is_empty());
        for (payloads, weights) in [
            (&[][..], &[][..]),
            (&[&b"abcd"[..]], &[]),
            (&[&b"abc"[..]], &[1, 1]),
            (&[&b"abc"[..]], &[0]),
            (&[&b"a"[..], &b"b"[..]], &[u64::MAX, 1]),
        ] {
            assert_eq!(given(payloads, weights).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_choice_by_weight_follows_the_weights() {
        let mut counts = [0u32; 4];
        let mut choice = Choice::by_weight(1, [10, 10, 40, 100].into());
        for _ in 0..100_000 {
            counts[choice.next()] += 1;
        }
        assert_eq!(counts[1], 0, "a weight of 0 is never chosen");
        for (count, expected) in [(counts[0], 10_000), (counts[2], 30_000), (counts[3], 60_000)] {
            assert!(count.abs_diff(expected) < 1_000, "{counts:?}");
        }
    }
}
