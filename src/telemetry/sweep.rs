//! Removes segments whose owner is dead: the name tells who that was.

use super::memory::SHM_FOLDER;
use super::owner::Owner;

/// Sweeps /dev/shm for `pinload-*` names whose owner no longer lives; returns the names removed.
///
/// Left alone are segments of other users, and those whose owner counts pids in another namespace (containers may share
/// /dev/shm): whether that owner lives cannot be told from here.
pub fn sweep_dead() -> Vec<String> {
    let Ok(own) = Owner::own() else { return Vec::new() };
    // Where /proc does not even show this process, everyone would look dead; where it does not tell the namespace,
    // nobody can be known.
    if own.is_dead() || own.pid_namespace == 0 {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir(SHM_FOLDER) else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            Owner::of_name(name).is_some_and(|owner| owner.pid_namespace == own.pid_namespace && owner.is_dead())
        })
        .filter(|name| nix::sys::mman::shm_unlink(format!("/{name}").as_str()).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Role, Shape, SupervisorEnd};
    use super::*;
    use std::path::{Path, PathBuf};

    /// A file named like a segment of this owner.
    fn file_of(owner: Owner, content: &[u8]) -> PathBuf {
        let path = Path::new(SHM_FOLDER).join(owner.new_name().unwrap());
        std::fs::write(&path, content).unwrap();
        path
    }

    fn dead() -> Owner {
        let own = Owner::own().unwrap();
        Owner { start_ticks: own.start_ticks - 1, ..own }
    }

    #[test]
    fn a_dead_owners_segment_goes_however_little_was_written_and_a_living_ones_stays() {
        let living = SupervisorEnd::create(Shape::new(Role::Producer, 0, 1)).unwrap();
        let just_made = file_of(Owner::own().unwrap(), b"");
        let dead = [file_of(dead(), b""), file_of(dead(), &[0; 4096])];
        let removed = sweep_dead();
        assert!(dead.iter().all(|path| !path.exists()));
        assert!(Path::new(SHM_FOLDER).join(living.name()).exists());
        assert!(just_made.exists());
        assert!(!removed.iter().any(|name| name == living.name()));
        std::fs::remove_file(just_made).unwrap();
    }

    #[test]
    fn a_segment_of_another_or_an_unknown_pid_namespace_stays() {
        for pid_namespace in [0, 1] {
            let path = file_of(Owner { pid_namespace, ..dead() }, &[0; 4096]);
            sweep_dead();
            assert!(path.exists(), "{pid_namespace}");
            std::fs::remove_file(path).unwrap();
        }
    }
}
