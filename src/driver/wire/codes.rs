//! Kafka's error codes: which are tried again, and their names.

use crate::driver::ErrorClass;

/// Not delivered within `delivery.timeout.ms`.
pub(super) const TIMED_OUT: i32 = -1_001;
/// The connection was lost and no retries are left.
pub(super) const CONNECTION_LOST: i32 = -1_002;
/// Larger than `max.request.size`.
pub(super) const TOO_LARGE: i32 = -1_003;

pub(super) const OFFSET_OUT_OF_RANGE: i16 = 1;
pub(super) const UNKNOWN_MEMBER_ID: i16 = 25;
pub(super) const GROUP_AUTHORIZATION_FAILED: i16 = 30;
pub(super) const UNSUPPORTED_VERSION: i16 = 35;
pub(super) const FETCH_SESSION_ID_NOT_FOUND: i16 = 70;
pub(super) const OUT_OF_ORDER_SEQUENCE: i16 = 45;
pub(super) const DUPLICATE_SEQUENCE: i16 = 46;
pub(super) const UNKNOWN_PRODUCER_ID: i16 = 59;

/// Number, name, is it tried again?, are the leaders asked for anew?
const CODES: [(i32, &str, bool, bool); 55] = [
    (1, "OFFSET_OUT_OF_RANGE", false, false),
    (2, "CORRUPT_MESSAGE", true, false),
    (3, "UNKNOWN_TOPIC_OR_PARTITION", true, true),
    (5, "LEADER_NOT_AVAILABLE", true, true),
    (6, "NOT_LEADER_OR_FOLLOWER", true, true),
    (7, "REQUEST_TIMED_OUT", true, false),
    (8, "BROKER_NOT_AVAILABLE", true, true),
    (9, "REPLICA_NOT_AVAILABLE", true, true),
    (10, "MESSAGE_TOO_LARGE", false, false),
    (13, "NETWORK_EXCEPTION", true, true),
    (14, "COORDINATOR_LOAD_IN_PROGRESS", true, false),
    (15, "COORDINATOR_NOT_AVAILABLE", true, false),
    (16, "NOT_COORDINATOR", true, false),
    (17, "INVALID_TOPIC_EXCEPTION", false, false),
    (18, "RECORD_LIST_TOO_LARGE", false, false),
    (19, "NOT_ENOUGH_REPLICAS", true, false),
    (20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true, false),
    (21, "INVALID_REQUIRED_ACKS", false, false),
    (22, "ILLEGAL_GENERATION", false, false),
    (24, "INVALID_GROUP_ID", false, false),
    (25, "UNKNOWN_MEMBER_ID", false, false),
    (27, "REBALANCE_IN_PROGRESS", false, false),
    (29, "TOPIC_AUTHORIZATION_FAILED", false, false),
    (30, "GROUP_AUTHORIZATION_FAILED", false, false),
    (31, "CLUSTER_AUTHORIZATION_FAILED", false, false),
    (32, "INVALID_TIMESTAMP", false, false),
    (33, "UNSUPPORTED_SASL_MECHANISM", false, false),
    (34, "ILLEGAL_SASL_STATE", false, false),
    (35, "UNSUPPORTED_VERSION", false, false),
    (42, "INVALID_REQUEST", false, false),
    (43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", false, false),
    (44, "POLICY_VIOLATION", false, false),
    (45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false, false),
    (46, "DUPLICATE_SEQUENCE_NUMBER", false, false),
    (47, "INVALID_PRODUCER_EPOCH", false, false),
    (51, "CONCURRENT_TRANSACTIONS", true, false),
    (53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false, false),
    (56, "KAFKA_STORAGE_ERROR", true, true),
    (58, "SASL_AUTHENTICATION_FAILED", false, false),
    (59, "UNKNOWN_PRODUCER_ID", false, false),
    (69, "GROUP_ID_NOT_FOUND", false, false),
    (70, "FETCH_SESSION_ID_NOT_FOUND", true, false),
    (71, "INVALID_FETCH_SESSION_EPOCH", true, false),
    (74, "FENCED_LEADER_EPOCH", true, true),
    (75, "UNKNOWN_LEADER_EPOCH", true, true),
    (76, "UNSUPPORTED_COMPRESSION_TYPE", false, false),
    (81, "GROUP_MAX_SIZE_REACHED", false, false),
    (87, "INVALID_RECORD", false, false),
    (89, "THROTTLING_QUOTA_EXCEEDED", true, false),
    (90, "PRODUCER_FENCED", false, false),
    (100, "UNKNOWN_TOPIC_ID", true, true),
    (110, "FENCED_MEMBER_EPOCH", false, false),
    (111, "UNRELEASED_INSTANCE_ID", false, false),
    (112, "UNSUPPORTED_ASSIGNOR", false, false),
    (113, "STALE_MEMBER_EPOCH", true, false),
];

fn find(code: i32) -> Option<&'static (i32, &'static str, bool, bool)> {
    CODES.iter().find(|(known, ..)| *known == code)
}

/// Is what failed with this code tried again?
pub(super) fn is_retriable(code: i16) -> bool {
    find(code.into()).is_some_and(|(_, _, retriable, _)| *retriable)
}

/// Has somebody else become the leader, perhaps?
pub(super) fn is_about_leaders(code: i16) -> bool {
    find(code.into()).is_some_and(|(_, _, _, leaders)| *leaders)
}

/// Does a group not know this member any more, or not at this epoch? Then it joins anew and has nothing.
pub(super) fn is_fencing(code: i16) -> bool {
    matches!(code, UNKNOWN_MEMBER_ID | 110)
}

/// Was a fetch session lost, so that a new one is begun?
pub(super) fn ends_fetch_session(code: i16) -> bool {
    matches!(code, FETCH_SESSION_ID_NOT_FOUND | 71)
}

/// Can a producer with numbers not go on after this? As in Java: its rights or its id are gone.
pub(super) fn ends_producer(code: i16) -> bool {
    matches!(code, 31 | 35 | 53 | 90)
}

/// Kafka's name of a code, or our own words.
pub(super) fn describe(code: i32) -> String {
    match code {
        TIMED_OUT => "not delivered within delivery.timeout.ms".to_owned(),
        CONNECTION_LOST => "the connection was lost, and no retries are left".to_owned(),
        TOO_LARGE => "larger than max.request.size".to_owned(),
        _ => find(code).map_or_else(|| format!("Kafka's error {code}"), |(_, name, ..)| (*name).to_owned()),
    }
}

/// What kind of trouble a code is when nothing can be done without it.
pub(super) fn class(code: i32) -> ErrorClass {
    match code {
        29..=31 | 33 | 34 | 53 | 58 => ErrorClass::Authentication,
        3 | 5 | 17 => ErrorClass::Topics,
        _ => ErrorClass::System,
    }
}
