//! NUMA memory policy of the calling thread: read (to honour `numactl`), set, printed.
//!
//! glibc has no wrappers for these calls and libnuma is not needed for three of them: they are made directly.

use libc::c_ulong;
use std::io;

/// Node numbers below this can be used; Linux's own limit (`NODES_SHIFT` is at most 10).
const MAX_NODES: usize = 1024;
const WORD_BITS: usize = c_ulong::BITS as usize;
const MASK_WORDS: usize = MAX_NODES / WORD_BITS;
/// The number of bits as the kernel counts it: `set_mempolicy` and `get_mempolicy` subtract one before use.
const MASK_BITS: usize = MAX_NODES + 1;

/// A memory policy as `set_mempolicy(2)` knows it. Nodes are in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryPolicy {
    /// The kernel's default: the node of the CPU that touches the page first.
    #[default]
    Default,
    /// Only these nodes.
    #[schemars(extend("unit" = "NUMA nodes"))]
    Bind(Vec<usize>),
    /// This node first, others when it is full.
    #[schemars(extend("unit" = "NUMA node"))]
    Preferred(usize),
    /// Round robin over these nodes.
    #[schemars(extend("unit" = "NUMA nodes"))]
    Interleave(Vec<usize>),
    /// Any other mode, by the kernel's number; kept as inherited, never set by pinload.
    Other(i32),
}

impl MemoryPolicy {
    /// There is one, but this process may not ask for it: seccomp filters (Docker's default one) answer EPERM. It is
    /// kept as inherited, as setting one would be refused too.
    pub const UNREADABLE: Self = Self::Other(-1);
}

/// A memory-policy call that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} the memory policy: {source}")]
pub struct MemoryPolicyError {
    /// "read" or "set".
    pub what: &'static str,
    /// What the kernel said.
    pub source: io::Error,
}

/// The calling thread's policy; `Default` where the kernel has no NUMA support (ENOSYS),
/// [`MemoryPolicy::UNREADABLE`] where a container forbids the question (EPERM).
///
/// # Errors
/// Any other refusal of the kernel.
pub fn current() -> Result<MemoryPolicy, MemoryPolicyError> {
    let mut mode: libc::c_int = 0;
    let mut nodes: [c_ulong; MASK_WORDS] = [0; MASK_WORDS];
    // SAFETY: the kernel writes one int to `mode` and (MASK_BITS - 1) / 8 = size_of_val(nodes) bytes to `nodes`; both
    // live through the call, and every bit pattern is valid for them. Address 0 and flags 0 ask for the thread's
    // policy.
    let result = unsafe {
        libc::syscall(libc::SYS_get_mempolicy, &raw mut mode, nodes.as_mut_ptr(), MASK_BITS, std::ptr::null::<()>(), 0)
    };
    if result != 0 {
        let source = io::Error::last_os_error();
        return match source.raw_os_error() {
            Some(libc::ENOSYS) => Ok(MemoryPolicy::Default),
            Some(libc::EPERM) => Ok(MemoryPolicy::UNREADABLE),
            _ => Err(MemoryPolicyError { what: "read", source }),
        };
    }
    let nodes = (0..MAX_NODES).filter(|node| nodes[node / WORD_BITS] >> (node % WORD_BITS) & 1 == 1).collect();
    Ok(decode(mode, nodes))
}

/// Mode and nodes as the kernel reports them. Relative nodes are numbers within a cpuset, not of the machine: such a
/// policy stays a number.
fn decode(mode: i32, nodes: Vec<usize>) -> MemoryPolicy {
    if mode & libc::MPOL_F_RELATIVE_NODES != 0 {
        return MemoryPolicy::Other(mode);
    }
    match (mode & !(libc::MPOL_F_STATIC_NODES | libc::MPOL_F_NUMA_BALANCING), nodes.first()) {
        (libc::MPOL_DEFAULT, _) => MemoryPolicy::Default,
        (libc::MPOL_BIND, _) => MemoryPolicy::Bind(nodes),
        (libc::MPOL_INTERLEAVE, _) => MemoryPolicy::Interleave(nodes),
        (libc::MPOL_PREFERRED, Some(&node)) => MemoryPolicy::Preferred(node),
        // Older kernels report "local" as a preference without a node.
        (libc::MPOL_PREFERRED, None) => MemoryPolicy::Other(libc::MPOL_LOCAL),
        _ => MemoryPolicy::Other(mode),
    }
}

/// Sets the policy of the calling thread. Async-signal-safe for use between fork and exec: the node mask is on the
/// stack, nothing is allocated, also not for the error.
///
/// # Errors
/// The kernel's refusal: EINVAL for nodes without memory or outside the cpuset (and for [`MemoryPolicy::Other`], which
/// is never set), EPERM in containers whose seccomp filter forbids the call, ENOSYS without NUMA support.
pub fn set(policy: &MemoryPolicy) -> Result<(), MemoryPolicyError> {
    let refuse = |errno| Err(MemoryPolicyError { what: "set", source: io::Error::from_raw_os_error(errno) });
    let (mode, nodes) = match policy {
        MemoryPolicy::Default => (libc::MPOL_DEFAULT, &[][..]),
        MemoryPolicy::Bind(nodes) => (libc::MPOL_BIND, nodes.as_slice()),
        MemoryPolicy::Preferred(node) => (libc::MPOL_PREFERRED, std::slice::from_ref(node)),
        MemoryPolicy::Interleave(nodes) => (libc::MPOL_INTERLEAVE, nodes.as_slice()),
        MemoryPolicy::Other(_) => return refuse(libc::EINVAL),
    };
    let mut mask: [c_ulong; MASK_WORDS] = [0; MASK_WORDS];
    for &node in nodes {
        match mask.get_mut(node / WORD_BITS) {
            Some(word) => *word |= 1 << (node % WORD_BITS),
            None => return refuse(libc::EINVAL),
        }
    }
    // SAFETY: the kernel reads (MASK_BITS - 1) / 8 = size_of_val(mask) bytes of a live array, and writes nothing.
    let result = unsafe { libc::syscall(libc::SYS_set_mempolicy, mode, mask.as_ptr(), MASK_BITS) };
    match result {
        0 => Ok(()),
        _ => Err(MemoryPolicyError { what: "set", source: io::Error::last_os_error() }),
    }
}

impl std::fmt::Display for MemoryPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Node lists have the same form as CPU lists.
        let list = |nodes: &[usize]| nodes.iter().copied().collect::<super::affinity::CpuSet>().to_string();
        match self {
            Self::Default => f.write_str("default"),
            Self::Bind(nodes) => write!(f, "bind:{}", list(nodes)),
            Self::Preferred(node) => write!(f, "preferred:{node}"),
            Self::Interleave(nodes) => write!(f, "interleave:{}", list(nodes)),
            Self::Other(libc::MPOL_LOCAL) => f.write_str("local"),
            Self::Other(-1) => f.write_str("unknown (this process may not read it)"),
            Self::Other(mode) => write!(f, "kernel mode {mode}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory policy belongs to a thread: a thread of its own leaves the other tests alone.
    fn in_own_thread(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| scope.spawn(test).join().unwrap());
    }

    #[test]
    fn what_is_set_is_read_back_or_the_kernel_has_no_numa() {
        in_own_thread(|| {
            for policy in [
                MemoryPolicy::Preferred(0),
                MemoryPolicy::Bind(vec![0]),
                MemoryPolicy::Interleave(vec![0]),
                MemoryPolicy::Default,
            ] {
                match set(&policy) {
                    Ok(()) => assert_eq!(current().unwrap(), policy),
                    Err(error) => {
                        let errno = error.source.raw_os_error();
                        assert!(matches!(errno, Some(libc::ENOSYS | libc::EPERM)), "{policy}: {error}");
                    }
                }
            }
        });
    }

    #[test]
    fn nodes_that_cannot_exist_and_foreign_modes_are_refused() {
        in_own_thread(|| {
            for policy in [MemoryPolicy::Preferred(5000), MemoryPolicy::Other(5), MemoryPolicy::UNREADABLE] {
                let error = set(&policy).unwrap_err();
                assert_eq!(error.source.raw_os_error(), Some(libc::EINVAL));
                assert!(error.to_string().starts_with("cannot set the memory policy: "));
            }
        });
    }

    #[test]
    fn kernel_modes_are_understood_with_their_flags() {
        assert_eq!(decode(0, vec![]), MemoryPolicy::Default);
        assert_eq!(decode(libc::MPOL_BIND | libc::MPOL_F_STATIC_NODES, vec![1, 2]), MemoryPolicy::Bind(vec![1, 2]));
        assert_eq!(decode(libc::MPOL_PREFERRED, vec![3]), MemoryPolicy::Preferred(3));
        assert_eq!(decode(libc::MPOL_PREFERRED, vec![]), MemoryPolicy::Other(libc::MPOL_LOCAL));
        let relative = libc::MPOL_BIND | libc::MPOL_F_RELATIVE_NODES;
        assert_eq!(decode(relative, vec![0]), MemoryPolicy::Other(relative));
        assert_eq!(decode(5, vec![0, 1]), MemoryPolicy::Other(5));
    }

    #[test]
    fn policies_are_printed_as_numactl_users_know_them() {
        let shown = [
            MemoryPolicy::Default,
            MemoryPolicy::Bind(vec![0, 1, 2, 5]),
            MemoryPolicy::Preferred(1),
            MemoryPolicy::Interleave(vec![0, 1]),
            MemoryPolicy::Other(4),
            MemoryPolicy::Other(6),
        ]
        .map(|policy| policy.to_string());
        assert_eq!(shown, ["default", "bind:0-2,5", "preferred:1", "interleave:0-1", "local", "kernel mode 6"]);
    }
}
