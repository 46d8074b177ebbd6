//! Requests to brokers: each kind in the one version that we speak, which brokers since Kafka 2.3 know.
//!
//! They are written here and not by a crate of messages, as are the answers read: what is known of Rust's crates
//! reserves as much memory as an answer claims to hold. In the tests `kafka-protocol` reads what we write and writes
//! what we read.

mod fetch;
mod membership;

use super::format::put_i32;
pub(super) use fetch::{FetchBounds, FetchNames, fetch};
pub(super) use membership::{Beat, Joining, TopicId, heartbeat, member_commit, member_committed, topic_id};

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireRequest {
    Produce,
    Fetch,
    Offsets,
    Metadata,
    Commit,
    Committed,
    Coordinator,
    Versions,
    ProducerId,
    Handshake,
    Authenticate,
    Heartbeat,
    TopicId,
    MemberCommit,
    MemberCommitted,
}

impl WireRequest {
    /// All of them.
    pub(super) const ALL: [Self; 15] = [
        Self::Produce,
        Self::Fetch,
        Self::Offsets,
        Self::Metadata,
        Self::Commit,
        Self::Committed,
        Self::Coordinator,
        Self::Versions,
        Self::ProducerId,
        Self::Handshake,
        Self::Authenticate,
        Self::Heartbeat,
        Self::TopicId,
        Self::MemberCommit,
        Self::MemberCommitted,
    ];

    /// Kafka's number of it, the version, Kafka's name.
    pub(super) const fn kind(self) -> (i16, i16, &'static str) {
        match self {
            Self::Produce => (0, 7, "Produce"),
            Self::Fetch => (1, 11, "Fetch"),
            Self::Offsets => (2, 3, "ListOffsets"),
            Self::Metadata => (3, 5, "Metadata"),
            Self::Commit => (8, 6, "OffsetCommit"),
            Self::Committed => (9, 5, "OffsetFetch"),
            Self::Coordinator => (10, 2, "FindCoordinator"),
            Self::Versions => (18, 0, "ApiVersions"),
            Self::ProducerId => (22, 1, "InitProducerId"),
            Self::Handshake => (17, 1, "SaslHandshake"),
            Self::Authenticate => (36, 1, "SaslAuthenticate"),
            Self::Heartbeat => (68, 1, "ConsumerGroupHeartbeat"),
            Self::TopicId => (3, 12, "Metadata"),
            Self::MemberCommit => (8, 9, "OffsetCommit"),
            Self::MemberCommitted => (9, 9, "OffsetFetch"),
        }
    }

    /// Is it put by members of groups (KIP-848) alone? Those are written in Kafka's newer way: short lengths, and room
    /// for fields that nobody knows yet.
    pub(super) const fn is_of_members(self) -> bool {
        matches!(self, Self::Heartbeat | Self::TopicId | Self::MemberCommit | Self::MemberCommitted)
    }
}

/// A request that is being written, length and correlation left open.
#[derive(Debug)]
pub(super) struct Writing(Vec<u8>);

/// Where the correlation stands.
const CORRELATION_AT: usize = 8;

impl Writing {
    /// One of this kind.
    pub(super) fn new(question: WireRequest, client_id: &str) -> Self {
        let (kind, version, _) = question.kind();
        let mut new = Self(Vec::with_capacity(64 + client_id.len()));
        new.i32(0).i16(kind).i16(version).i32(0).string(client_id);
        if question.is_of_members() {
            new.no_tags();
        }
        new
    }

    /// The bytes with correlation and length, `bodies` more of which follow.
    pub(super) fn finish(self, correlation: i32, bodies: usize) -> Vec<u8> {
        let mut bytes = self.0;
        let length = i32::try_from(bytes.len() - 4 + bodies).unwrap_or(i32::MAX);
        put_i32(&mut bytes, 0, length);
        put_i32(&mut bytes, CORRELATION_AT, correlation);
        bytes
    }

    fn i8(&mut self, value: i8) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    fn i16(&mut self, value: i16) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    fn i32(&mut self, value: i32) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    fn i64(&mut self, value: i64) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Names longer than a broker takes are cut, and it will say so.
    fn string(&mut self, text: &str) -> &mut Self {
        let bytes = &text.as_bytes()[..text.len().min(i16::MAX.unsigned_abs().into())];
        self.i16(i16::try_from(bytes.len()).unwrap_or(i16::MAX));
        self.0.extend_from_slice(bytes);
        self
    }

    fn null(&mut self) -> &mut Self {
        self.i16(-1)
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// One topic, of which so many partitions follow; none when there are none.
    fn topic(&mut self, topic: &str, partitions: usize) -> &mut Self {
        if partitions == 0 {
            return self.count(0);
        }
        self.count(1).string(topic).count(partitions)
    }
}

/// Which versions does the broker speak?
pub(super) fn versions(client_id: &str) -> Writing {
    Writing::new(WireRequest::Versions, client_id)
}

/// Let us log in this way.
pub(super) fn handshake(client_id: &str, mechanism: &str) -> Writing {
    let mut writing = Writing::new(WireRequest::Handshake, client_id);
    writing.string(mechanism);
    writing
}

/// A message of the login's own.
pub(super) fn authenticate(client_id: &str, message: &[u8]) -> Writing {
    let mut writing = Writing::new(WireRequest::Authenticate, client_id);
    writing.count(message.len());
    writing.0.extend_from_slice(message);
    writing
}

/// A number for a producer without transactions.
pub(super) fn producer_id(client_id: &str) -> Writing {
    let mut writing = Writing::new(WireRequest::ProducerId, client_id);
    writing.null().i32(i32::MAX);
    writing
}

/// Who leads the partitions of a topic, which is not to be made for that?
pub(super) fn metadata(client_id: &str, topic: &str) -> Writing {
    let mut writing = Writing::new(WireRequest::Metadata, client_id);
    writing.count(1).string(topic).i8(0);
    writing
}

/// The head of a produce request, behind which `batches` batches of one topic stand.
pub(super) fn produce(client_id: &str, topic: &str, acks: i16, timeout_ms: i32, batches: usize) -> Writing {
    let mut writing = Writing::new(WireRequest::Produce, client_id);
    writing.null().i16(acks).i32(timeout_ms).count(1).string(topic).count(batches);
    writing
}

/// The offset of a time in each of these partitions: −1 is the end, −2 the begin.
pub(super) fn offsets(client_id: &str, topic: &str, committed_only: bool, at: i64, partitions: &[u32]) -> Writing {
    let mut writing = Writing::new(WireRequest::Offsets, client_id);
    writing.i32(-1).i8(committed_only.into()).count(1).string(topic).count(partitions.len());
    for partition in partitions {
        writing.i32(partition.cast_signed()).i64(at);
    }
    writing
}

/// Which broker keeps the offsets of a group?
pub(super) fn coordinator(client_id: &str, group: &str) -> Writing {
    let mut writing = Writing::new(WireRequest::Coordinator, client_id);
    writing.string(group).i8(0);
    writing
}

/// The offsets that a group has committed.
pub(super) fn committed(client_id: &str, group: &str, topic: &str, partitions: &[u32]) -> Writing {
    let mut writing = Writing::new(WireRequest::Committed, client_id);
    writing.string(group).count(1).string(topic).count(partitions.len());
    for partition in partitions {
        writing.i32(partition.cast_signed());
    }
    writing
}

/// Commits offsets as one that is no member of the group.
pub(super) fn commit(client_id: &str, group: &str, topic: &str, offsets: &[(u32, i64)]) -> Writing {
    let mut writing = Writing::new(WireRequest::Commit, client_id);
    writing.string(group).i32(-1).string("").count(1).string(topic).count(offsets.len());
    for (partition, offset) in offsets {
        writing.i32(partition.cast_signed()).i64(*offset).i32(-1).null();
    }
    writing
}
