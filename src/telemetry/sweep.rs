//! Removes segments whose owner is dead: the name tells pid and start time of the owner.

use super::header::NAMESPACE_WORD;
use super::layout::WORD_BYTES;
use super::memory::SHM_FOLDER;
use super::owner::{Owner, pid_namespace};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Sweeps /dev/shm for `pinload-*` names whose owner no longer lives; returns the names removed.
///
/// Left alone are segments of other users, and those whose owner counts pids in another namespace (containers may share
/// /dev/shm): whether that owner lives cannot be told from here.
pub fn sweep_dead() -> Vec<String> {
    // Where /proc does not even show this process, everyone would look dead.
    if Owner::own().map_or(true, Owner::is_dead) {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir(SHM_FOLDER) else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Owner::of_name(name).is_some_and(Owner::is_dead))
        .filter(|name| is_of_this_namespace(&Path::new(SHM_FOLDER).join(name)))
        .filter(|name| nix::sys::mman::shm_unlink(format!("/{name}").as_str()).is_ok())
        .collect()
}

/// Does the header name our pid namespace, or none because the owner died before it wrote one?
fn is_of_this_namespace(path: &Path) -> bool {
    let mut word = [0; WORD_BYTES];
    let Ok(file) = File::open(path) else { return false };
    match file.read_exact_at(&mut word, (NAMESPACE_WORD * WORD_BYTES) as u64) {
        Ok(()) => [0, pid_namespace()].contains(&u64::from_ne_bytes(word)),
        // Shorter than a header: its owner died while making it.
        Err(e) => e.kind() == std::io::ErrorKind::UnexpectedEof,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Role, Shape, SupervisorEnd};
    use super::*;
    use std::path::PathBuf;

    fn dead_mans_file(content: &[u8]) -> PathBuf {
        let own = Owner::own().unwrap();
        let path = Path::new(SHM_FOLDER).join(Owner { start_ticks: own.start_ticks - 1, ..own }.new_name().unwrap());
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn a_dead_owners_segment_goes_and_a_living_ones_stays() {
        let living = SupervisorEnd::create(Shape::new(Role::Producer, 0, 1)).unwrap();
        let dead = [dead_mans_file(b""), dead_mans_file(&[0; 4096])];
        let removed = sweep_dead();
        assert!(dead.iter().all(|path| !path.exists()));
        assert!(Path::new(SHM_FOLDER).join(living.name()).exists());
        assert!(!removed.iter().any(|name| name == living.name()));
    }

    #[test]
    fn a_segment_of_another_pid_namespace_stays() {
        let mut content = [0; 4096];
        content[NAMESPACE_WORD * WORD_BYTES] = 1;
        let path = dead_mans_file(&content);
        sweep_dead();
        assert!(path.exists());
        std::fs::remove_file(path).unwrap();
    }
}
