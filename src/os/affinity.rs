//! Sets of CPUs, and which of them a thread may use.
//!
//! One CPU is pinned through `core_affinity`. Sets of CPUs, other threads and CPU numbers of 1024 and above (glibc's
//! `cpu_set_t` ends there) go through the kernel's own call with a mask of [`MAX_CPUS`] bits.

use libc::c_ulong;
use std::collections::BTreeSet;
use std::io;

/// CPU numbers below this can be used: Linux's own largest build (`CONFIG_MAXSMP`) has this many.
pub const MAX_CPUS: usize = 8192;

const WORD_BITS: usize = c_ulong::BITS as usize;
const MASK_WORDS: usize = MAX_CPUS / WORD_BITS;

/// A set of CPU numbers as the kernel writes them: `0-3,8,10-11`.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("unit" = "CPU list"))]
pub struct CpuSet(pub BTreeSet<usize>);

/// An affinity call that failed, or a CPU list that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AffinityError {
    /// The text is no CPU list.
    #[error("{0:?} is not a CPU list: write numbers and ranges, for example 0-3,8")]
    List(String),
    /// A CPU number that no Linux machine has.
    #[error("CPU {0} cannot exist: Linux numbers CPUs from 0 to {max}", max = MAX_CPUS - 1)]
    TooLarge(usize),
    /// `sched_setaffinity` refused.
    #[error("cannot run on CPUs {cpus}: {source}")]
    Set {
        /// The CPUs asked for.
        cpus: CpuSet,
        /// What the kernel said.
        source: io::Error,
    },
    /// `sched_getaffinity` refused.
    #[error("cannot read the CPU mask: {0}")]
    Get(io::Error),
}

impl CpuSet {
    /// Reads a kernel CPU list; empty text is the empty set. Spaces around numbers are allowed.
    ///
    /// # Errors
    /// [`AffinityError::List`] for anything that is not numbers and rising ranges, [`AffinityError::TooLarge`] for
    /// a number of [`MAX_CPUS`] or more.
    pub fn parse(text: &str) -> Result<Self, AffinityError> {
        let refuse = || AffinityError::List(text.to_owned());
        let number = |digits: &str| -> Result<usize, AffinityError> {
            let digits = digits.trim();
            // usize::from_str would accept "+3".
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(refuse());
            }
            let cpu = digits.parse().map_err(|_| refuse())?;
            if cpu < MAX_CPUS { Ok(cpu) } else { Err(AffinityError::TooLarge(cpu)) }
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut cpus = BTreeSet::new();
        for part in text.split(',') {
            match part.split_once('-') {
                None => {
                    cpus.insert(number(part)?);
                }
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last)?);
                    if first > last {
                        return Err(refuse());
                    }
                    cpus.extend(first..=last);
                }
            }
        }
        Ok(Self(cpus))
    }
    /// The set of one CPU.
    pub fn of(cpu: usize) -> Self {
        Self(BTreeSet::from([cpu]))
    }
    /// Number of CPUs.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Is this CPU in the set?
    pub fn contains(&self, cpu: usize) -> bool {
        self.0.contains(&cpu)
    }
    /// CPUs in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().copied()
    }
    /// CPUs in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }
    /// CPUs of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
}

impl std::fmt::Display for CpuSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut cpus = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = cpus.next() {
            let mut last = first;
            while cpus.next_if_eq(&(last + 1)).is_some() {
                last += 1;
            }
            match first == last {
                true => write!(f, "{separator}{first}")?,
                false => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}
impl TryFrom<String> for CpuSet {
    type Error = AffinityError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}
impl From<CpuSet> for String {
    fn from(set: CpuSet) -> Self {
        set.to_string()
    }
}
impl FromIterator<usize> for CpuSet {
    fn from_iter<I: IntoIterator<Item = usize>>(cpus: I) -> Self {
        Self(cpus.into_iter().collect())
    }
}

/// A CPU set in the kernel's form, made ready beforehand so that it can be applied between fork and exec.
#[derive(Debug, Clone)]
pub(super) struct KernelMask([c_ulong; MASK_WORDS]);

impl KernelMask {
    /// Refuses CPU numbers that do not fit, rather than leaving them out.
    pub(super) fn of(cpus: &CpuSet) -> Result<Self, AffinityError> {
        let mut words = [0; MASK_WORDS];
        for cpu in cpus.iter() {
            let word = words.get_mut(cpu / WORD_BITS).ok_or(AffinityError::TooLarge(cpu))?;
            *word |= 1 << (cpu % WORD_BITS);
        }
        Ok(Self(words))
    }
    /// Applies the mask to thread `tid` (0: the caller). Async-signal-safe: one system call, nothing allocated.
    pub(super) fn apply(&self, tid: i32) -> io::Result<()> {
        // SAFETY: the kernel reads size_of_val(words) bytes from a live array of exactly that size, and writes nothing.
        let result = unsafe { libc::syscall(libc::SYS_sched_setaffinity, tid, size_of_val(&self.0), self.0.as_ptr()) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// The CPUs the calling thread may use now (inherited from taskset, numactl, a cgroup cpuset).
///
/// # Errors
/// [`AffinityError::Get`] when the kernel refuses.
pub fn current_mask() -> Result<CpuSet, AffinityError> {
    mask_of(0)
}
/// The CPUs that thread `tid` may use; 0 is the calling thread.
///
/// # Errors
/// [`AffinityError::Get`], for example when there is no such thread (any more).
pub fn mask_of(tid: i32) -> Result<CpuSet, AffinityError> {
    let mut words: [c_ulong; MASK_WORDS] = [0; MASK_WORDS];
    // SAFETY: the kernel writes at most size_of_val(words) bytes into a live array of exactly that size; every bit
    // pattern is a valid c_ulong, and what it does not write stays zero.
    let result = unsafe { libc::syscall(libc::SYS_sched_getaffinity, tid, size_of_val(&words), words.as_mut_ptr()) };
    if result < 0 {
        return Err(AffinityError::Get(io::Error::last_os_error()));
    }
    Ok((0..MAX_CPUS).filter(|cpu| words[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1 == 1).collect())
}
/// Moves the calling thread onto these CPUs; threads it creates later inherit them.
///
/// # Errors
/// [`AffinityError::Set`] when none of them may be used, [`AffinityError::TooLarge`] for a number beyond
/// [`MAX_CPUS`].
pub fn pin_current_thread(cpus: &CpuSet) -> Result<(), AffinityError> {
    let glibc_limit = usize::try_from(libc::CPU_SETSIZE).unwrap_or(0);
    let result = match cpus.0.first() {
        Some(&id) if cpus.len() == 1 && id < glibc_limit => {
            match core_affinity::set_for_current(core_affinity::CoreId { id }) {
                true => Ok(()),
                // The crate says only "no"; errno is still that of its system call.
                false => Err(io::Error::last_os_error()),
            }
        }
        _ => KernelMask::of(cpus)?.apply(0),
    };
    result.map_err(|source| AffinityError::Set { cpus: cpus.clone(), source })
}
/// The CPU this thread runs on at this moment.
pub fn current_cpu() -> usize {
    // getcpu(2) fails only where the kernel lacks it (before 2.6.19), and Rust's own minimum is far newer.
    nix::sched::sched_getcpu().unwrap_or(0)
}

#[cfg(test)]
mod tests;
