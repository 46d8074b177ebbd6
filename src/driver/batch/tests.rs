//! Messages stand in a batch as they were put there.

use super::*;

#[test]
fn messages_do_not_overlap() {
    let mut batch = Batch::new(3, 4);
    for (i, byte) in [1u8, 2, 3].into_iter().enumerate() {
        batch.set_value(i, u32::from(byte), &[byte; 4]);
        batch.set_tag(i, usize::from(byte) * 10);
    }
    batch.set_key(1, Some(b"k"));
    assert_eq!((batch.value(0), batch.value(1), batch.value(2)), (&[1; 4][..], &[2; 4][..], &[3; 4][..]));
    assert_eq!((batch.key(0), batch.key(1), batch.key(2)), (None, Some(&b"k"[..]), None));
    assert_eq!((batch.tag(0), batch.tag(2)), (10, 30));
    assert_eq!(batch.message(1), (Some(&b"k"[..]), &[2; 4][..], 20));
    assert_eq!(batch.message(2), (None, &[3; 4][..], 30));
}

#[test]
fn values_may_be_shorter_than_their_room() {
    let mut batch = Batch::new(2, 4);
    batch.set_value(0, 1, &[1, 2]);
    assert_eq!((batch.value(0), batch.value(1)), (&[1, 2][..], &[0; 4][..]));
    assert!(!batch.of_one_length());
    batch.set_value(0, 2, &[]);
    batch.set_value(1, 3, &[5; 9]);
    assert_eq!((batch.value(0), batch.value(1)), (&[][..], &[5; 4][..]));
    batch.set_len(2);
    assert_eq!(batch.heads_mut().map(|(head, length)| (head.len(), length)).collect::<Vec<_>>(), [(0, 0), (4, 4)]);
}

#[test]
fn the_content_is_that_of_one_payload_in_one_batch() {
    let (mut one, mut other) = (Batch::new(3, 100), Batch::new(1, 100));
    (0..3).zip([7, 8, 7]).for_each(|(i, payload)| one.set_value(i, payload, &[1; 100]));
    other.set_value(0, 7, &[2; 100]);
    assert!(one.of_one_length());
    assert_eq!(one.content(0), one.content(2));
    assert_ne!(one.content(0), one.content(1));
    assert_ne!(one.content(0), other.content(0));
    assert_eq!(one.head_mut(0), (&mut [1; HEAD_BYTES][..], 100));
}

#[test]
fn an_empty_key_is_not_no_key() {
    let mut batch = Batch::new(1, 0);
    batch.set_key(0, Some(b""));
    assert_eq!(batch.key(0), Some(&b""[..]));
    batch.set_key(0, None);
    assert_eq!(batch.key(0), None);
}

#[test]
#[should_panic(expected = "3 messages in a batch of 2")]
fn more_messages_than_fit_are_refused() {
    Batch::new(2, 1).set_len(3);
}
