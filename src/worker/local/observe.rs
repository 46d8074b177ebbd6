//! Where clients really run: the masks of their threads as the kernel shows them.

use super::LocalWorker;
use crate::os::affinity;

/// CPU masks of one client's threads.
#[derive(Debug, Clone, Default)]
pub(super) struct Masks {
    /// The hot thread's.
    pub(super) hot: Option<String>,
    /// The other threads', by name.
    pub(super) others: Vec<(String, String)>,
}

impl LocalWorker {
    /// Reads the masks of all threads of all clients. What cannot be read (a thread that has just ended) is left out.
    pub(super) fn observe_masks(&mut self) {
        for client in &mut self.clients {
            // Clients run their loop on their main thread, whose id is the process's; what they publish themselves
            // comes later.
            let hot_tid = client.pid;
            client.observed = Masks::default();
            for (tid, name) in threads_of(client.pid) {
                let Ok(mask) = affinity::mask_of(tid) else { continue };
                if tid == hot_tid {
                    client.observed.hot = Some(mask.to_string());
                } else {
                    client.observed.others.push((name, mask.to_string()));
                }
            }
        }
    }
}

/// Thread ids and names of a process.
fn threads_of(pid: i32) -> Vec<(i32, String)> {
    let folder = format!("/proc/{pid}/task");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut threads: Vec<(i32, String)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let tid = entry.file_name().to_str()?.parse().ok()?;
            let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
            Some((tid, name.trim_end().to_owned()))
        })
        .collect();
    threads.sort_unstable();
    threads
}
