//! Who this host is, and how far its wall clock can be trusted: the kernel's own account of it (adjtimex).

use std::mem::MaybeUninit;
use std::path::Path;

/// The kernel's account of its wall clock (`man 2 adjtimex`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct WallClock {
    /// True: a time daemon holds it.
    pub synchronised: bool,
    /// What the daemon takes its error for.
    pub estimated_error_ns: u64,
    /// What it is at most.
    ///
    /// What it is at most, ns (`maxerror`): grows by 500 ppm until the daemon speaks again.
    pub maximum_error_ns: u64,
}

/// This host.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct HostIdentity {
    /// Host name.
    pub name: String,
    /// Changes with every boot of its kernel: workers with the same one read one clock.
    pub boot_id: String,
    /// That the worker may use.
    #[schemars(extend("unit" = "CPUs"))]
    pub cpus: usize,
}

impl HostIdentity {
    /// Reads it below `root`; what cannot be read is empty.
    pub fn read(root: &Path) -> Self {
        let line = |path: &str| {
            std::fs::read_to_string(root.join(path)).map(|text| text.trim().to_owned()).unwrap_or_default()
        };
        Self {
            name: line("proc/sys/kernel/hostname"),
            boot_id: line("proc/sys/kernel/random/boot_id"),
            cpus: super::affinity::current_mask().map_or(0, |mask| mask.iter().count()),
        }
    }
}

/// What the kernel says of its wall clock; None: it does not say (a seccomp filter).
pub fn wall_clock() -> Option<WallClock> {
    let mut timex = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: all zeros are a valid timex: it is made of integers alone. `modes` 0 asks and changes nothing.
    let state = unsafe { libc::adjtimex(timex.as_mut_ptr()) };
    if state < 0 {
        return None;
    }
    // SAFETY: zeros were valid before, and the kernel has written whole fields since.
    let timex = unsafe { timex.assume_init() };
    let ns = |us: libc::c_long| u64::try_from(us).unwrap_or(0) * 1_000;
    Some(WallClock {
        synchronised: timex.status & libc::STA_UNSYNC == 0,
        estimated_error_ns: ns(timex.esterror),
        maximum_error_ns: ns(timex.maxerror),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_a_boot_and_cpus() {
        let host = HostIdentity::read(Path::new("/"));
        assert!(!host.boot_id.is_empty() && host.cpus > 0, "{host:?}");
        assert_eq!(host, HostIdentity::read(Path::new("/")));
    }

    #[test]
    fn the_kernel_bounds_the_error_of_its_clock() {
        // Containers may forbid the question; an answer must be whole.
        if let Some(clock) = wall_clock() {
            assert!(clock.estimated_error_ns <= clock.maximum_error_ns || !clock.synchronised, "{clock:?}");
        }
    }
}
