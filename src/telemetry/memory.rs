//! Mapped shared memory as an array of 64-bit atomic words. This file and `payload_pool.rs` hold the room's only
//! `unsafe`; nobody gets a plain reference to memory that the other side may write.

use super::SegmentError;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use shared_memory::{Shmem, ShmemConf, ShmemError};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where `shm_open` puts its files on Linux.
pub(super) const SHM_FOLDER: &str = "/dev/shm";
/// Smallest page: touching every 4 KiB touches every page of any size.
const PAGE_BYTES: usize = 4096;
const WORD_BYTES: usize = size_of::<u64>();

/// One mapping. The creating side unlinks the name when dropped, unless it was unlinked before.
pub(super) struct Memory {
    shmem: Shmem,
    name: String,
}

// SAFETY: a mapping belongs to the process, not to the thread that made it; `Shmem` is not Send only because of its raw
// pointer. All access goes through atomics (`word`) or takes `&mut self` / a read-only mapping (payload pool).
unsafe impl Send for Memory {}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("name", &self.name).field("bytes", &self.shmem.len()).finish()
    }
}

impl Memory {
    /// Makes a segment of `bytes` under `name` with its space reserved: a full /dev/shm is an error here and no SIGBUS
    /// later. `client` is who it is for, in error messages. (`Shmem::create` sets mode 0600 and fails when the name
    /// exists.)
    pub(super) fn create(name: &str, bytes: usize, client: &str) -> Result<Self, SegmentError> {
        check_limits(name, bytes, client)?;
        let shmem = ShmemConf::new()
            .os_id(format!("/{name}"))
            .size(bytes)
            .create()
            .map_err(|e| system(name, "creating it", &why(&e)))?;
        // From here on an early return drops `memory`, which unlinks.
        let memory = Self { shmem, name: name.to_owned() };
        reserve(name, bytes).map_err(|errno| refused(errno, name, bytes, client))?;
        Ok(memory)
    }
    /// Maps an existing segment, whole.
    pub(super) fn open(name: &str) -> Result<Self, SegmentError> {
        let shmem =
            ShmemConf::new().os_id(format!("/{name}")).open().map_err(|e| system(name, "opening it", &why(&e)))?;
        Ok(Self { shmem, name: name.to_owned() })
    }
    pub(super) fn name(&self) -> &str {
        &self.name
    }
    pub(super) fn bytes(&self) -> usize {
        self.shmem.len()
    }
    /// First byte of the mapping.
    pub(super) fn base(&self) -> *mut u8 {
        self.shmem.as_ptr()
    }
    /// Removes the name; the mapping stays. Idempotent.
    pub(super) fn unlink(&mut self) {
        if self.shmem.set_owner(false) {
            // An error can only mean that the name is gone already, which is what is wanted.
            let _ = nix::sys::mman::shm_unlink(format!("/{}", self.name).as_str());
        }
    }
    /// The word at `index` (counted in words).
    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.words(index, 1)[0]
    }
    /// `count` words from `first` on.
    #[inline]
    fn words(&self, first: usize, count: usize) -> &[AtomicU64] {
        let all = self.shmem.len() / WORD_BYTES;
        assert!(first <= all && count <= all - first, "{count} words from {first} on are outside of the segment");
        // SAFETY: `first` is within the mapping (just asserted), so the address is too.
        let address = unsafe { self.base().cast::<AtomicU64>().add(first) };
        // SAFETY: all `count` words are within the mapping (asserted above), which lives as long as `self`; mmap gives
        // page-aligned memory, so every word is aligned; nothing in this process makes plain references to it, and the
        // other process goes through this same function.
        unsafe { std::slice::from_raw_parts(address, count) }
    }
    #[inline]
    pub(super) fn load(&self, index: usize, ordering: Ordering) -> u64 {
        self.word(index).load(ordering)
    }
    #[inline]
    pub(super) fn store(&self, index: usize, value: u64, ordering: Ordering) {
        #[cfg(test)]
        store_hook::before_store();
        self.word(index).store(value, ordering);
    }
    /// Sets the word from 0 to `value`; false when it was not 0.
    pub(super) fn claim(&self, index: usize, value: u64) -> bool {
        self.word(index).compare_exchange(0, value, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
    /// Writes bytes from word `first` on, word by word; a last partial word is filled up with 0.
    pub(super) fn store_bytes(&self, first: usize, bytes: &[u8]) {
        let words = self.words(first, bytes.len().div_ceil(WORD_BYTES));
        let (whole, rest) = bytes.as_chunks::<WORD_BYTES>();
        let mut last = [0; WORD_BYTES];
        last[..rest.len()].copy_from_slice(rest);
        let last = (!rest.is_empty()).then_some(&last);
        for (word, bytes) in words.iter().zip(whole.iter().chain(last)) {
            #[cfg(test)]
            store_hook::before_store();
            word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
        }
    }
    /// Copies bytes out from word `first` on.
    pub(super) fn load_bytes(&self, first: usize, bytes: &mut [u8]) {
        for (offset, chunk) in bytes.chunks_mut(WORD_BYTES).enumerate() {
            let word = self.load(first + offset, Ordering::Relaxed).to_ne_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
    /// Takes the page faults of the whole mapping now, for writing: one word of each page is written with what stands
    /// there, if nobody changes it meanwhile. (An `or` with 0 is no write: the compiler leaves it out.)
    pub(super) fn prefault(&self) {
        for word in self.first_words() {
            let there = word.load(Ordering::Relaxed);
            // Whoever has changed it meanwhile is the other side; the fault is taken all the same.
            let _ = word.compare_exchange(there, there, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
    /// The same for reading only: nothing is written.
    pub(super) fn prefault_for_reading(&self) {
        for word in self.first_words() {
            std::hint::black_box(word.load(Ordering::Relaxed));
        }
    }
    /// A word of each page.
    fn first_words(&self) -> impl Iterator<Item = &AtomicU64> {
        (0..self.bytes() / WORD_BYTES).step_by(PAGE_BYTES / WORD_BYTES).map(|index| self.word(index))
    }
}

/// What would fail later in a worse way: a file size limit kills with SIGXFSZ, a size beyond the address space
/// confuses.
fn check_limits(name: &str, bytes: usize, client: &str) -> Result<(), SegmentError> {
    let needed_bytes = bytes as u64;
    if let Ok((soft, _)) = getrlimit(Resource::RLIMIT_FSIZE)
        && soft < needed_bytes
    {
        let why = format!("{client} needs {needed_bytes} bytes, the file size limit (ulimit -f) is {soft} bytes");
        return Err(system(name, "reserving its space", &why));
    }
    match free_bytes() {
        Some(free_bytes) if free_bytes < needed_bytes => {
            Err(SegmentError::NoRoom { client: client.to_owned(), needed_bytes, free_bytes })
        }
        _ => Ok(()),
    }
}

/// Bytes free in /dev/shm; None when it is not limited or does not say.
fn free_bytes() -> Option<u64> {
    let shm = nix::sys::statvfs::statvfs(SHM_FOLDER).ok()?;
    (shm.blocks() > 0).then(|| shm.blocks_available().saturating_mul(shm.fragment_size()))
}

/// Reserves the space. The crate keeps its file descriptor to itself, so the file is opened once more.
fn reserve(name: &str, bytes: usize) -> Result<(), Errno> {
    let errno = |e: std::io::Error| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO));
    let file =
        std::fs::OpenOptions::new().read(true).write(true).open(format!("{SHM_FOLDER}/{name}")).map_err(errno)?;
    let length = libc::off_t::try_from(bytes).map_err(|_| Errno::EFBIG)?;
    loop {
        match nix::fcntl::posix_fallocate(&file, 0, length) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// No room in the file system or in the memory cgroup is the user's to mend; the rest is told as it is.
fn refused(errno: Errno, name: &str, bytes: usize, client: &str) -> SegmentError {
    match errno {
        Errno::ENOSPC | Errno::ENOMEM | Errno::EDQUOT => SegmentError::NoRoom {
            client: client.to_owned(),
            needed_bytes: bytes as u64,
            free_bytes: free_bytes().unwrap_or(0),
        },
        other => system(name, "reserving its space", other.desc()),
    }
}

/// A `SegmentError::System`.
pub(super) fn system(name: &str, what: &'static str, why: &str) -> SegmentError {
    SegmentError::System { name: name.to_owned(), what, why: why.to_owned() }
}

fn why(error: &ShmemError) -> String {
    match error {
        ShmemError::MapCreateFailed(errno) | ShmemError::MapOpenFailed(errno) | ShmemError::UnknownOsError(errno) => {
            i32::try_from(*errno).map_or_else(|_| error.to_string(), |e| Errno::from_raw(e).desc().to_owned())
        }
        other => other.to_string(),
    }
}

/// Stops a writer after a chosen number of stores, as a kill would: unit tests only.
#[cfg(test)]
pub(super) mod store_hook {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    thread_local! {
        static STORES_LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }
    struct CopyStopped;

    pub(super) fn before_store() {
        match STORES_LEFT.get() {
            Some(0) => resume_unwind(Box::new(CopyStopped)),
            Some(n) => STORES_LEFT.set(Some(n - 1)),
            None => {}
        }
    }
    /// Runs `write`, letting it make `stores` stores; true when it got through with that many.
    pub(in crate::telemetry) fn stopped_after(stores: usize, write: impl FnOnce()) -> bool {
        STORES_LEFT.set(Some(stores));
        let result = catch_unwind(AssertUnwindSafe(write));
        STORES_LEFT.set(None);
        match result {
            Ok(()) => true,
            Err(payload) if payload.is::<CopyStopped>() => false,
            Err(payload) => resume_unwind(payload),
        }
    }
}

#[cfg(test)]
mod tests;
