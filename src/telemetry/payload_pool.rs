//! The payload pool: written once by the supervisor, mapped read-only (mprotect) by every producer.

use super::SegmentError;
use super::header::{self, HEADER_WORDS, POOL_MAGIC, mismatch};
use super::layout::WORD_BYTES;
use super::memory::{Memory, system};
use super::owner::new_name;
use nix::sys::mman::{ProtFlags, mprotect};
use std::ptr::NonNull;

/// Payloads begin on lines of their own, so that copying one touches no neighbour's.
const ALIGNMENT: usize = 128;
/// Where the first payload stands.
const PAYLOADS_AT: usize = HEADER_WORDS * WORD_BYTES;

/// The supervisor's end; dropping it unlinks.
#[derive(Debug)]
pub struct PoolOwner {
    memory: Memory,
}
/// A producer's view.
#[derive(Debug)]
pub struct PoolView {
    memory: Memory,
    count: usize,
    payload_bytes: usize,
}

impl PoolOwner {
    /// Writes `payloads` (all of one length; at least one) into a new segment, space reserved before.
    pub fn create(payloads: &[Vec<u8>]) -> Result<Self, SegmentError> {
        let (owner, name) = new_name()?;
        let length = payloads.first().map(Vec::len);
        let Some(length) = length.filter(|n| payloads.iter().all(|payload| payload.len() == *n)) else {
            return Err(system(&name, "filling it", "payloads must be of one length, and at least one"));
        };
        let stride = length.next_multiple_of(ALIGNMENT);
        let memory = Memory::create(&name, PAYLOADS_AT + payloads.len() * stride, "the payload pool")?;
        for (i, payload) in payloads.iter().enumerate() {
            memory.store_bytes((PAYLOADS_AT + i * stride) / WORD_BYTES, payload);
        }
        header::write(&memory, POOL_MAGIC, owner, &[payloads.len() as u64, length as u64, 0, 0, 0, 0, 0, 0]);
        protect(&memory)?;
        Ok(Self { memory })
    }
    /// Name to attach to.
    pub fn name(&self) -> &str {
        self.memory.name()
    }
    /// Removes the name once all producers have attached. Idempotent.
    pub fn unlink(&mut self) {
        self.memory.unlink();
    }
}
impl PoolView {
    /// Maps the pool read-only and touches its pages.
    pub fn attach(name: &str) -> Result<Self, SegmentError> {
        let memory = Memory::open(name)?;
        let [count, payload_bytes, ..] = header::check(&memory, POOL_MAGIC)?;
        let expected = size_of_pool(count, payload_bytes);
        if count == 0 || expected != Some(memory.bytes()) {
            let expected = expected.unwrap_or(usize::MAX) as u64;
            return Err(mismatch(name, "the size of all payloads", memory.bytes() as u64, expected));
        }
        // Both are below the size of the mapping, which `size_of_pool` has just equalled.
        let (count, payload_bytes) = (usize::try_from(count).unwrap_or(0), usize::try_from(payload_bytes).unwrap_or(0));
        memory.prefault();
        protect(&memory)?;
        Ok(Self { memory, count, payload_bytes })
    }
    /// Number of payloads.
    pub fn count(&self) -> usize {
        self.count
    }
    /// Bytes of each payload.
    pub fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }
    /// Payload `i` (i < count).
    #[inline]
    pub fn payload(&self, i: usize) -> &[u8] {
        assert!(i < self.count, "payload {i} of {}", self.count);
        let offset = PAYLOADS_AT + i * self.payload_bytes.next_multiple_of(ALIGNMENT);
        // SAFETY: `attach` checked that PAYLOADS_AT + count × stride is the size of the mapping, and i < count.
        let first = unsafe { self.memory.base().add(offset) };
        // SAFETY: the payload lies within the mapping (see above), which lives as long as `self`. Nobody writes it while the
        // slice lives: the owner wrote it before `ready` and has made its own pages read-only since, as have all views.
        unsafe { std::slice::from_raw_parts(first, self.payload_bytes) }
    }
}

/// Bytes of a pool; None when no memory is that large. The numbers may come from another process.
fn size_of_pool(count: u64, payload_bytes: u64) -> Option<usize> {
    let stride = usize::try_from(payload_bytes).ok()?.checked_next_multiple_of(ALIGNMENT)?;
    usize::try_from(count).ok()?.checked_mul(stride)?.checked_add(PAYLOADS_AT)
}

/// Makes the mapping read-only for this process: a stray write is then a fault and not a silent change of payloads.
fn protect(memory: &Memory) -> Result<(), SegmentError> {
    let refused = |why: &str| system(memory.name(), "making it read-only", why);
    let base = NonNull::new(memory.base()).ok_or_else(|| refused("it is not mapped"))?;
    // SAFETY: the range is exactly one mapping of ours. No reference into it is writable: `Memory` hands out atomics only for the
    // length of a call, and neither end of a pool stores anything after this.
    unsafe { mprotect(base.cast(), memory.bytes(), ProtFlags::PROT_READ) }.map_err(|errno| refused(errno.desc()))
}

#[cfg(test)]
mod tests {
    use super::super::memory::SHM_FOLDER;
    use super::*;
    use std::path::Path;
    use std::sync::atomic::Ordering;

    #[test]
    fn every_payload_is_read_as_written() {
        for length in [0, 1, 127, 128, 1_000] {
            let payloads: Vec<Vec<u8>> = (0..7_u8).map(|i| vec![i + 1; length]).collect();
            let mut owner = PoolOwner::create(&payloads).unwrap();
            let view = PoolView::attach(owner.name()).unwrap();
            owner.unlink();
            assert_eq!((view.count(), view.payload_bytes()), (7, length));
            for (i, payload) in payloads.iter().enumerate() {
                assert_eq!(view.payload(i), payload);
            }
        }
    }

    #[test]
    fn a_view_is_read_only() {
        let owner = PoolOwner::create(&[vec![1; 10]]).unwrap();
        let view = PoolView::attach(owner.name()).unwrap();
        let address = format!("{:x}-", view.memory.base().addr());
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.starts_with(&address)).unwrap();
        assert!(line.contains(" r--s "), "{line}");
    }

    #[test]
    fn payloads_of_two_lengths_or_none_are_refused() {
        for payloads in [vec![], vec![vec![1], vec![1, 2]]] {
            let text = PoolOwner::create(&payloads).unwrap_err().to_string();
            assert!(text.contains("one length"), "{text}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_the_mapping_are_refused() {
        let (owner, name) = new_name().unwrap();
        let memory = Memory::create(&name, 4096, "test").unwrap();
        for details in [[0, 1], [1, 8_000], [u64::MAX, u64::MAX], [u64::MAX, 128], [1 << 40, 1 << 40]] {
            header::write(&memory, POOL_MAGIC, owner, &[details[0], details[1], 0, 0, 0, 0, 0, 0]);
            let error = PoolView::attach(&name).unwrap_err();
            assert!(matches!(error, SegmentError::Mismatch { .. }), "{error}");
        }
        memory.store(0, 1, Ordering::Relaxed);
        assert!(PoolView::attach(&name).unwrap_err().to_string().contains("magic"));
    }

    #[test]
    fn dropping_the_owner_removes_the_file() {
        let owner = PoolOwner::create(&[vec![1; 10]]).unwrap();
        let path = Path::new(SHM_FOLDER).join(owner.name());
        assert!(path.exists());
        drop(owner);
        assert!(!path.exists());
    }
}
