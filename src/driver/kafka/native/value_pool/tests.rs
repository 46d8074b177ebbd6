//! Values stand whole in their places, whatever was there before.

use super::*;

fn batch(values: &[(u32, &[u8])]) -> Batch {
    let longest = values.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
    let mut batch = Batch::new(values.len(), u32::try_from(longest).unwrap());
    batch.set_len(values.len());
    for (i, (payload, value)) in values.iter().enumerate() {
        batch.set_value(i, *payload, value);
        batch.set_tag(i, 10 + i);
    }
    batch
}

fn give_back(value_pool: &mut ValuePool, opaque: *mut c_void) -> usize {
    // SAFETY: each test gives back once what it was lent.
    unsafe { value_pool.returned(opaque) }
}

fn read(loan: &PooledValue) -> Vec<u8> {
    // SAFETY: the place is as long as said, and lent.
    unsafe { std::slice::from_raw_parts(loan.value.cast::<u8>(), loan.value_bytes) }.to_vec()
}

#[test]
fn a_value_stands_in_its_place_until_it_is_returned() {
    let mut value_pool = ValuePool::default();
    let batch = batch(&[(0, &[1; 100]), (1, &[2; 100]), (2, &[4; 100]), (3, &[3; 100])]);
    let loans: Vec<_> = (0..4).map(|i| value_pool.lend(&batch, i)).collect();
    let values: Vec<_> = loans.iter().map(read).collect();
    assert_eq!(values, [vec![1; 100], vec![2; 100], vec![4; 100], vec![3; 100]]);
    let tags: Vec<_> = loans.iter().map(|loan| give_back(&mut value_pool, loan.opaque)).collect();
    assert_eq!(tags, [10, 11, 12, 13]);
    assert_eq!(value_pool.lend(&batch, 0).value, loans[3].value, "the last one returned is the first to be lent");
}

#[test]
fn every_value_is_right_whatever_its_place_held_before() {
    let (mut value_pool, mut rng) = (ValuePool::default(), fastrand::Rng::with_seed(7));
    let payloads = |length: usize| (0u8..5).map(move |n| vec![n; length]).collect::<Vec<_>>();
    let (short, long) = (payloads(240), payloads(300));
    let mut out: Vec<(PooledValue, Vec<u8>, usize)> = Vec::new();
    let mut batches = [Batch::new(3, 240), Batch::new(3, 240), Batch::new(3, 300)];
    for round in 0..2_000 {
        if rng.bool() || out.is_empty() {
            let (which, payloads) = if round > 1_000 { (2, &long) } else { (rng.usize(0..2), &short) };
            let batch = &mut batches[which];
            let (i, payload) = (rng.usize(0..3), rng.usize(0..5));
            batch.set_value(i, u32::try_from(payload).unwrap(), &payloads[payload]);
            let (head, _) = batch.head_mut(i);
            head.fill(rng.u8(..));
            batch.set_tag(i, round);
            out.push((value_pool.lend(batch, i), batch.value(i).to_vec(), round));
        } else {
            let (loan, value, tag) = out.swap_remove(rng.usize(0..out.len()));
            assert_eq!(read(&loan), value);
            assert_eq!(give_back(&mut value_pool, loan.opaque), tag);
        }
    }
    for (loan, value, _) in &out {
        assert_eq!(&read(loan), value);
    }
}

#[test]
fn values_of_different_lengths_take_no_places() {
    let mut value_pool = ValuePool::default();
    let batch = batch(&[(0, &[1; 100_000]), (1, &[2; 10])]);
    for (i, tag) in [(0, 10), (1, 11)] {
        let loan = value_pool.lend(&batch, i);
        assert_eq!((loan.value.cast_const().cast(), loan.value_bytes), (batch.value(i).as_ptr(), batch.value(i).len()));
        assert_eq!(give_back(&mut value_pool, loan.opaque), tag);
    }
    assert_eq!((value_pool.places, flags(&batch)), (0, sys::RD_KAFKA_MSG_F_COPY));
}

#[test]
fn a_tag_of_a_message_that_was_copied_comes_back_as_it_was() {
    let mut value_pool = ValuePool::default();
    for tag in [0, 1, 100_000] {
        assert_eq!(give_back(&mut value_pool, PooledValue::to_be_copied(&[], tag).opaque), tag);
    }
    assert!(value_pool.free.is_empty());
}
