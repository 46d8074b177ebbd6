//! Names of topics and groups, in the forms of OMB and AutoMQ.

use crate::plan::Plan;

/// The names of the run's topics: the user's, or OMB's form `test-topic-%07d-<7 characters>` with a new suffix for
/// each, or AutoMQ's `test-topic-%07d-%04d` (number, partitions), the same in every run.
pub(super) fn topic_names(plan: &Plan) -> Vec<String> {
    let numbers = 0..plan.topics.count;
    if !plan.topics.existing.is_empty() {
        plan.topics.existing.clone()
    } else if plan.topics.fixed_names() {
        numbers.map(|number| format!("test-topic-{number:07}-{:04}", plan.partitions_of(number))).collect()
    } else {
        numbers.map(|number| format!("test-topic-{number:07}-{}", random_suffix())).collect()
    }
}

/// OMB's form `sub-%03d-<7 characters>`; with the same topics in every run AutoMQ's `sub-<topic>-%03d`, so that the
/// next run goes on where this one ends.
pub(super) fn group_name(plan: &Plan, topic: &str, subscription: u32) -> String {
    if plan.topics.fixed_names() {
        format!("sub-{topic}-{subscription:03}")
    } else {
        format!("sub-{subscription:03}-{}", random_suffix())
    }
}

/// Seven characters of the base64url alphabet, all legal in topic names.
fn random_suffix() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..7).map(|_| char::from(ALPHABET[fastrand::usize(..64)])).collect()
}
