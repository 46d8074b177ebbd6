//! Payload pools by `PayloadPlan`, and the uniform choice among them.

use crate::plan::{MessagePlan, PayloadPlan};
use std::io;

/// Makes the payloads of a run (each `size_bytes` long): random bytes followed by zeros, or the bytes of a file (one payload).
///
/// Fails when the file cannot be read, is not `size_bytes` long (any more: `plan` has checked it), or there is no memory.
pub fn make(plan: &MessagePlan) -> io::Result<Vec<Vec<u8>>> {
    let size = usize::try_from(plan.size_bytes).map_err(io::Error::other)?;
    match &plan.payload {
        PayloadPlan::Randomized { pool, random_bytes, seed } => {
            let mut rng = fastrand::Rng::with_seed(*seed);
            let random = usize::try_from(*random_bytes).map_err(io::Error::other)?.min(size);
            (0..(*pool).max(1))
                .map(|_| {
                    let mut payload = Vec::new();
                    payload.try_reserve_exact(size).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                    payload.resize(size, 0);
                    rng.fill(&mut payload[..random]);
                    Ok(payload)
                })
                .collect()
        }
        PayloadPlan::File { path } => {
            let payload =
                std::fs::read(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
            if payload.len() != size {
                let why = format!("{}: {} bytes, the message size is {size}", path.display(), payload.len());
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            Ok(vec![payload])
        }
    }
}

/// Uniform choice of a payload, seeded per producer.
#[derive(Debug, Clone)]
pub struct Choice {
    rng: fastrand::Rng,
    count: u32,
}

impl Choice {
    /// Among `count` payloads.
    pub fn new(seed: u64, count: u32) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), count }
    }

    /// The next index; no random number is drawn when there is only one.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an endless choice is no sequence to iterate over")]
    pub fn next(&mut self) -> usize {
        if self.count <= 1 {
            return 0;
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
        MessagePlan { size_bytes, keys: KeyDistributor::NoKey, payload, stamp: true, no_stamp_reason: None }
    }

    #[test]
    fn random_payloads_are_random_at_the_start_and_zero_behind_and_repeatable() {
        let plan = plan(1_000, PayloadPlan::Randomized { pool: 5, random_bytes: 300, seed: 42 });
        let payloads = make(&plan).unwrap();
        assert_eq!(payloads.len(), 5);
        for (i, payload) in payloads.iter().enumerate() {
            assert_eq!(payload.len(), 1_000);
            assert!(payload[..300].iter().filter(|&&byte| byte != 0).count() > 250);
            assert!(payload[300..].iter().all(|&byte| byte == 0));
            assert!(!payloads[..i].contains(payload));
        }
        assert_eq!(make(&plan).unwrap(), payloads);
    }

    #[test]
    fn a_file_is_one_payload_of_the_right_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payload.data");
        std::fs::write(&path, b"0123456789").unwrap();
        assert_eq!(make(&plan(10, PayloadPlan::File { path: path.clone() })).unwrap(), [b"0123456789"]);
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
}
