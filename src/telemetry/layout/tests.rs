//! Regions of shapes that are possible and impossible; rows through shared memory.

use super::*;

#[test]
fn regions_stand_in_order_on_lines_of_their_own() {
    for rows in [1, 3, 64, 65, 1_000] {
        let shape = Shape::new(Role::Consumer, 2, rows).with_partitions(rows);
        let l = Layout::of(&shape);
        let seldom = [l.control, l.state, l.last_words, l.counters, l.rows, l.probes, l.moments, l.troubles];
        let starts = [&[0][..], &seldom, &[l.partitions, l.head, l.slots, l.end]].concat();
        assert!(starts.is_sorted_by(|a, b| a < b), "{l:?}");
        assert!(starts.iter().all(|start| start % LINE_WORDS == 0), "{l:?}");
        assert_eq!(l.moments - l.probes, (rows as usize).div_ceil(64).next_multiple_of(LINE_WORDS));
        assert_eq!(l.slot(&shape, 23) + l.slot_words, l.end);
        assert_eq!(l.slot(&shape, 24), l.slots);
        assert_eq!(shape.total_bytes(), l.end * 8);
        assert!(l.head - l.partitions >= shape.partition_cells as usize * CELL_WORDS);
    }
}

#[test]
fn the_usual_shape_holds_every_family_in_its_coarse_form() {
    for role in [Role::Producer, Role::Consumer] {
        assert_eq!(Shape::new(role, 0, 1).flaw(), None);
    }
}

#[test]
fn impossible_shapes_are_named_and_huge_ones_do_not_overflow() {
    let shape = Shape::new(Role::Producer, 0, 1);
    assert!(Shape { slots: 1, ..shape }.flaw().unwrap().contains("at least 2"));
    assert!(Shape { slot_bytes: 4096, ..shape }.flaw().unwrap().contains("4096"));
    let huge = Shape { rows: u32::MAX, slots: u32::MAX, slot_bytes: u32::MAX, partition_cells: u32::MAX, ..shape };
    assert!(huge.total_bytes() > 1 << 60);
}

#[test]
fn both_kinds_of_rows_survive_shared_memory() {
    let sent = AccountingRow::from_words([1, 2, 3, 4, 5, 6]);
    assert_eq!(AccountingRow::from(SentRow::from(sent)).to_words(), [1, 2, 3, 4, 5, 6]);
    let received = AccountingRow::from_words([1, 2, 3, 4, 5, 0]);
    assert_eq!(AccountingRow::from(ReceivedRow::from(received)).to_words(), [1, 2, 3, 4, 5, 0]);
}
