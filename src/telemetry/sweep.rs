//! Removes segments whose owner is dead: the name tells pid and start time of the owner.

use super::header::NAMESPACE_WORD;
use super::layout::WORD_BYTES;
use super::memory::SHM_FOLDER;
use super::owner::{Owner, pid_namespace};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

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

/// A segment that names no pid namespace for so long has an owner that died before it wrote one. A younger one may be in the making by
/// somebody who only looks dead from here.
const IN_THE_MAKING: Duration = Duration::from_secs(60);

/// Does the header name our pid namespace, or none because the owner died before it wrote one?
fn is_of_this_namespace(path: &Path) -> bool {
    let mut word = [0; WORD_BYTES];
    let Ok(file) = File::open(path) else { return false };
    let namespace = match file.read_exact_at(&mut word, (NAMESPACE_WORD * WORD_BYTES) as u64) {
        Ok(()) => u64::from_ne_bytes(word),
        // Shorter than a header.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
        Err(_) => return false,
    };
    namespace == pid_namespace() || (namespace == 0 && is_old(&file))
}

fn is_old(file: &File) -> bool {
    let age = file.metadata().and_then(|found| found.modified()).map(|modified| modified.elapsed());
    matches!(age, Ok(Ok(age)) if age >= IN_THE_MAKING)
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

    fn an_hour_ago(path: PathBuf) -> PathBuf {
        let then = std::time::SystemTime::now() - Duration::from_secs(3_600);
        File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
        path
    }

    #[test]
    fn a_segment_that_somebody_may_just_be_making_stays() {
        let fresh = [dead_mans_file(b""), dead_mans_file(&[0; 4096])];
        sweep_dead();
        assert!(fresh.iter().all(|path| path.exists()));
        let old = fresh.map(an_hour_ago);
        sweep_dead();
        assert!(old.iter().all(|path| !path.exists()));
    }

    #[test]
    fn a_dead_owners_segment_goes_and_a_living_ones_stays() {
        let living = SupervisorEnd::create(Shape::new(Role::Producer, 0, 1)).unwrap();
        let mut ours = [0; 4096];
        ours[NAMESPACE_WORD * WORD_BYTES..][..WORD_BYTES].copy_from_slice(&pid_namespace().to_ne_bytes());
        let dead = [an_hour_ago(dead_mans_file(b"")), an_hour_ago(dead_mans_file(&[0; 4096])), dead_mans_file(&ours)];
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
