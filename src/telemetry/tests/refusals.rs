//! Segments and shapes that are refused.

use super::*;

#[test]
fn a_segment_of_another_build_shape_or_kind_is_refused() {
    let shape = small(Role::Producer, 2);
    let supervisor = SupervisorEnd::create(shape).unwrap();
    let name = supervisor.name().to_owned();
    let attach = |shape| ClientEnd::attach(&name, shape).map(|_| ()).unwrap_err().to_string();
    for (other, word) in [
        (Shape { role: Role::Consumer, ..shape }, "role"),
        (Shape { index: 4, ..shape }, "index"),
        (Shape { rows: 6, ..shape }, "rows"),
        (Shape { slots: 3, ..shape }, "slots"),
        (Shape { slot_bytes: shape.slot_bytes + 8, ..shape }, "slot size"),
    ] {
        assert!(attach(other).contains(word), "{}", attach(other));
    }
    let memory = Memory::open(&name).unwrap();
    for (word, what) in ["magic", "version", "hash", "size"].into_iter().enumerate() {
        let right = memory.load(word, Ordering::Relaxed);
        memory.store(word, right ^ 1, Ordering::Relaxed);
        let text = attach(shape);
        assert!(text.contains(what) && text.contains("different builds"), "{text}");
        memory.store(word, right, Ordering::Relaxed);
    }
    memory.store(7, 0, Ordering::Relaxed);
    assert!(attach(shape).contains("never finished"));
    memory.store(7, 1, Ordering::Relaxed);
    let _client = ClientEnd::attach(&name, shape).unwrap();
    assert!(attach(shape).contains("another client"));
    let pool = payload_pool::PoolOwner::create(&[vec![0; 100]], &[]).unwrap();
    let text = ClientEnd::attach(pool.name(), shape).unwrap_err().to_string();
    assert!(text.contains("magic"), "{text}");
}

#[test]
fn a_file_shorter_than_a_header_is_refused() {
    let (_, name) = new_name().unwrap();
    let _short = Memory::create(&name, 8, "test").unwrap();
    let text = ClientEnd::attach(&name, small(Role::Producer, 2)).unwrap_err().to_string();
    assert!(text.contains("size"), "{text}");
}

#[test]
fn an_impossible_shape_is_refused_before_anything_is_made() {
    let shape = Shape { slots: 1, ..small(Role::Producer, 2) };
    assert!(SupervisorEnd::create(shape).unwrap_err().to_string().contains("at least 2"));
    let greedy = Shape { slots: u32::MAX, slot_bytes: 1 << 30, ..shape };
    let text = SupervisorEnd::create(greedy).unwrap_err().to_string();
    assert!(text.contains("producer 3 needs") && text.contains("/dev/shm"), "{text}");
}
