//! How long a scene was on the stage, for `tools/check`: the test harness counts the wait for a place too.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// Told when it is dropped.
pub(super) struct Seconds {
    scene: &'static str,
    begun: Instant,
}

impl Seconds {
    /// From now on.
    pub(super) fn of(scene: &'static str) -> Self {
        Self { scene, begun: Instant::now() }
    }
}

impl Drop for Seconds {
    fn drop(&mut self) {
        let Some(folder) = std::env::var_os("PINLOAD_CHECK_RECORD") else { return };
        let test = std::thread::current().name().unwrap_or(self.scene).to_owned();
        let line = format!("{:.1}\t{}::{test}\n", self.begun.elapsed().as_secs_f64(), env!("CARGO_CRATE_NAME"));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(Path::new(&folder).join("scenes"));
        // Nothing is tested by it.
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
