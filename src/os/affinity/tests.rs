//! CPU lists as the kernel writes them, and masks of real threads.

use super::*;

/// Affinity belongs to a thread: a thread of its own keeps the other tests where they are.
fn in_own_thread<T: Send>(test: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(test).join().unwrap())
}

#[test]
fn kernel_lists_are_read_and_written_back() {
    for text in ["", "0", "0-3", "0-3,8,10-11", "5,7,9", "0-1023,8190-8191"] {
        assert_eq!(CpuSet::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(CpuSet::parse(" 3, 1 - 2\n").unwrap().to_string(), "1-3");
    assert_eq!(CpuSet::parse("2,2,1-2").unwrap(), CpuSet::from_iter([1, 2]));
}

#[test]
fn what_is_no_list_is_refused_in_words() {
    for text in ["a", "1,", "-1", "3-1", "1-", "+1", "0x3", "1-2-3", "1 2", "99999999999999999999999"] {
        let error = CpuSet::parse(text).unwrap_err();
        assert!(matches!(error, AffinityError::List(_)), "{text}: {error}");
    }
    assert!(CpuSet::parse("7x").unwrap_err().to_string().contains("\"7x\" is not a CPU list"));
}

#[test]
fn a_number_beyond_every_machine_is_refused_before_it_fills_memory() {
    let error = CpuSet::parse("0-4294967295").unwrap_err();
    assert_eq!(error.to_string(), "CPU 4294967295 cannot exist: Linux numbers CPUs from 0 to 8191");
    let error = pin_current_thread(&CpuSet::of(MAX_CPUS)).unwrap_err();
    assert!(matches!(error, AffinityError::TooLarge(MAX_CPUS)));
}

#[test]
fn json_carries_the_kernel_form() {
    let set: CpuSet = serde_json::from_str("\"0-2,9\"").unwrap();
    assert_eq!(set, CpuSet::from_iter([0, 1, 2, 9]));
    assert_eq!(serde_json::to_string(&set).unwrap(), "\"0-2,9\"");
    assert!(serde_json::from_str::<CpuSet>("\"x\"").is_err());
}

#[test]
fn a_thread_is_pinned_to_one_cpu_and_back_to_all() {
    in_own_thread(|| {
        let all = current_mask().unwrap();
        for cpu in all.iter() {
            pin_current_thread(&CpuSet::of(cpu)).unwrap();
            assert_eq!(current_mask().unwrap(), CpuSet::of(cpu));
            assert_eq!(current_cpu(), cpu);
        }
        pin_current_thread(&all).unwrap();
        assert_eq!(current_mask().unwrap(), all);
    });
}

#[test]
fn another_threads_mask_is_read_by_its_id() {
    in_own_thread(|| {
        let cpu = current_mask().unwrap().iter().next().unwrap();
        pin_current_thread(&CpuSet::of(cpu)).unwrap();
        let tid = nix::unistd::gettid().as_raw();
        assert_eq!(in_own_thread(move || mask_of(tid).unwrap()), CpuSet::of(cpu));
    });
    assert!(matches!(mask_of(i32::MAX), Err(AffinityError::Get(_))));
}

#[test]
fn cpus_that_do_not_exist_are_refused_with_their_names() {
    in_own_thread(|| {
        for list in ["8191", "8000-8191", "1000"] {
            let error = pin_current_thread(&CpuSet::parse(list).unwrap()).unwrap_err();
            assert!(error.to_string().starts_with(&format!("cannot run on CPUs {list}: ")), "{error}");
        }
        assert!(pin_current_thread(&CpuSet::default()).is_err());
    });
}
