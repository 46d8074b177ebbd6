//! Memory management: huge pages, moving of pages between nodes, swapping.

use super::files::{FilesBelow, chosen};

/// Memory management.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct MemoryFacts {
    /// Memory of the machine.
    pub memory_total_bytes: Option<u64>,
    /// Swap space.
    pub swap_total_bytes: Option<u64>,
    /// How readily the kernel swaps, 0 to 200.
    pub swappiness: Option<u32>,
    /// Use of transparent huge pages: always, madvise or never.
    pub transparent_hugepage: Option<String>,
    /// What an allocation does to get one.
    pub transparent_hugepage_defrag: Option<String>,
    /// Does the kernel move pages to the node that uses them? 0: no.
    pub numa_balancing: Option<u32>,
}

impl MemoryFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        let meminfo = files.text("proc/meminfo").unwrap_or_default();
        let bytes = |name: &str| {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            kib.checked_mul(1_024)
        };
        let choice = |name: &str| chosen(&files.text(&format!("sys/kernel/mm/transparent_hugepage/{name}"))?);
        Self {
            memory_total_bytes: bytes("MemTotal"),
            swap_total_bytes: bytes("SwapTotal"),
            swappiness: files.number("proc/sys/vm/swappiness"),
            transparent_hugepage: choice("enabled"),
            transparent_hugepage_defrag: choice("defrag"),
            numa_balancing: files.number("proc/sys/kernel/numa_balancing"),
        }
    }
}
