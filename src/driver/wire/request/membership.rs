//! What a member of a group asks (KIP-848), in Kafka's newer way of writing: lengths in seven bits a byte and one more
//! than they are (0: null), and a count of fields that nobody knows yet behind each part, which is 0 here.

use super::{WireRequest, Writing};

/// A topic's number in the cluster.
pub(in crate::driver::wire) type TopicId = [u8; 16];

/// A sign of life of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver::wire) struct Beat<'a> {
    pub(in crate::driver::wire) group: &'a str,
    pub(in crate::driver::wire) member: &'a str,
    /// 0: joins, −1: leaves.
    pub(in crate::driver::wire) epoch: i32,
    /// What is told when it joins; None: it is as it was.
    pub(in crate::driver::wire) joining: Option<Joining<'a>>,
    /// The partitions that it has; None: as it was.
    pub(in crate::driver::wire) owned: Option<(TopicId, &'a [u32])>,
}

/// What a member says of itself when it joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver::wire) struct Joining<'a> {
    pub(in crate::driver::wire) topic: &'a str,
    /// So long it may take to give partitions back, ms.
    pub(in crate::driver::wire) rebalance_limit_ms: i32,
    /// Which of the broker's ways to assign; None: its default.
    pub(in crate::driver::wire) assignor: Option<&'a str>,
}

impl Writing {
    /// Seven bits a byte, the lowest first.
    fn short(&mut self, value: usize) -> &mut Self {
        let mut rest = value;
        while rest >= 0x80 {
            self.0.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
        self
    }

    fn short_string(&mut self, text: &str) -> &mut Self {
        self.short(text.len() + 1).0.extend_from_slice(text.as_bytes());
        self
    }

    fn short_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.short_string(text),
            None => self.short(0),
        }
    }

    fn short_count(&mut self, count: usize) -> &mut Self {
        self.short(count + 1)
    }

    /// No fields that nobody knows yet.
    pub(super) fn no_tags(&mut self) -> &mut Self {
        self.short(0)
    }

    fn partitions(&mut self, partitions: &[u32]) -> &mut Self {
        self.short_count(partitions.len());
        for partition in partitions {
            self.i32(partition.cast_signed());
        }
        self.no_tags()
    }
}

/// I live, and this is mine.
pub(in crate::driver::wire) fn heartbeat(client_id: &str, beat: &Beat<'_>) -> Writing {
    let mut writing = Writing::new(WireRequest::Heartbeat, client_id);
    writing.short_string(beat.group).short_string(beat.member).i32(beat.epoch);
    // Neither a static member nor in a rack.
    writing.short(0).short(0);
    match beat.joining {
        Some(joining) => {
            writing.i32(joining.rebalance_limit_ms).short_count(1).short_string(joining.topic);
            writing.short(0).short_or_null(joining.assignor);
        }
        // As it was; and topics are never named by a pattern.
        None => {
            writing.i32(-1).short(0).short(0).short(0);
        }
    }
    match beat.owned {
        Some((topic, partitions)) if !partitions.is_empty() => {
            writing.short_count(1).0.extend_from_slice(&topic);
            writing.partitions(partitions);
        }
        None if beat.joining.is_none() => {
            writing.short(0);
        }
        // One that joins has nothing.
        _ => {
            writing.short_count(0);
        }
    }
    writing.no_tags();
    writing
}

/// Which number has a topic, which is not to be made for that?
pub(in crate::driver::wire) fn topic_id(client_id: &str, topic: &str) -> Writing {
    let mut writing = Writing::new(WireRequest::TopicId, client_id);
    writing.short_count(1).0.extend_from_slice(&[0; 16]);
    writing.short_string(topic).no_tags().i8(0).i8(0).no_tags();
    writing
}

/// The offsets that a group has committed, asked by a member of this epoch.
pub(in crate::driver::wire) fn member_committed(
    client_id: &str,
    group: &str,
    (member, epoch): (&str, i32),
    topic: &str,
    partitions: &[u32],
) -> Writing {
    let mut writing = Writing::new(WireRequest::MemberCommitted, client_id);
    writing.short_count(1).short_string(group).short_string(member).i32(epoch);
    writing.short_count(1).short_string(topic).partitions(partitions);
    // Transactions that are open do not matter.
    writing.no_tags().i8(0).no_tags();
    writing
}

/// Commits offsets as a member of this epoch.
pub(in crate::driver::wire) fn member_commit(
    client_id: &str,
    group: &str,
    (member, epoch): (&str, i32),
    topic: &str,
    offsets: &[(u32, i64)],
) -> Writing {
    let mut writing = Writing::new(WireRequest::MemberCommit, client_id);
    writing.short_string(group).i32(epoch).short_string(member).short(0);
    writing.short_count(1).short_string(topic).short_count(offsets.len());
    for (partition, offset) in offsets {
        writing.i32(partition.cast_signed()).i64(*offset).i32(-1).short(0).no_tags();
    }
    writing.no_tags().no_tags();
    writing
}
