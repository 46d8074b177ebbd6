//! Who a process is: its number, the name `top` shows.

/// Lets the processes of other sessions go first where CPUs are contended: sets the nice value by which the kernel's
/// autogroup scheduling weighs the calling process's session, which must be its own. True when done; false without
/// autogroup scheduling, or when the kernel does not take it: without privileges it takes one such wish a tenth of a
/// second on the whole machine, so it is asked several times.
pub fn yield_to_other_sessions() -> bool {
    const NICE: &str = "10";
    const TRIES: usize = 20;
    for _ in 0..TRIES {
        match std::fs::write("/proc/self/autogroup", NICE) {
            Ok(()) => return true,
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
                crate::os::clock::sleep_until_raw(crate::os::clock::raw_ns() + 100_000_000);
            }
            Err(_) => return false,
        }
    }
    false
}

/// The name `top` shows (at most 15 bytes) for the calling thread; longer names are cut. In the main thread it is the
/// process's name, which is "exe" after the start through /proc/self/exe.
pub fn set_thread_name(name: &str) {
    const KERNEL_LIMIT: usize = 15;
    let end = (0..=name.len().min(KERNEL_LIMIT)).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    if let Ok(name) = std::ffi::CString::new(&name[..end]) {
        // A name is a courtesy: prctl(2) knows no failure for a short string.
        let _ = nix::sys::prctl::set_name(&name);
    }
}
/// This process's id.
pub fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        std::thread::spawn(|| {
            let shown = || std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            set_thread_name("producer 3");
            assert_eq!(shown(), "producer 3\n");
            set_thread_name("producer number ü");
            assert_eq!(shown(), "producer number\n");
            set_thread_name("fourteen chars\u{e9}");
            assert_eq!(shown(), "fourteen chars\n");
        })
        .join()
        .unwrap();
    }
}
