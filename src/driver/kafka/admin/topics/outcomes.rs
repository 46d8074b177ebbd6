//! What brokers said of each topic of a request.

use crate::driver::kafka::admin::{TopicDone, TopicState};
use crate::driver::kafka::connect;
use crate::driver::kafka::native::TopicOutcome;
use crate::driver::kafka::watch::is_authentication;
use crate::driver::{DriverError, ErrorClass};
use rdkafka::error::RDKafkaErrorCode;
use std::collections::HashMap;

/// Outcomes in the order of the request, whatever order the broker answers in.
pub(super) fn in_order<'a>(
    names: impl Iterator<Item = &'a str>,
    outcomes: &[TopicOutcome],
    state: &impl Fn(&TopicOutcome) -> TopicState,
) -> Vec<TopicDone> {
    let by_topic: HashMap<&str, &TopicOutcome> =
        outcomes.iter().map(|outcome| (outcome.name.as_str(), outcome)).collect();
    names
        .map(|name| {
            let state = by_topic.get(name).map_or_else(
                || TopicState::Refused(DriverError::new(ErrorClass::Topics, "the broker said nothing about it")),
                |outcome| state(outcome),
            );
            TopicDone { name: name.to_owned(), state, partitions: 0 }
        })
        .collect()
}

pub(super) fn refused(code: i32, outcome: &TopicOutcome) -> TopicState {
    let words = if outcome.words.is_empty() { connect::describe(code) } else { outcome.words.clone() };
    let error = DriverError::new(class_of(code, ErrorClass::Topics), words);
    if code == RDKafkaErrorCode::RequestTimedOut as i32 {
        TopicState::Unsure(error)
    } else {
        TopicState::Refused(error)
    }
}

pub(super) fn class_of(code: i32, otherwise: ErrorClass) -> ErrorClass {
    if is_authentication(code) { ErrorClass::Authentication } else { otherwise }
}
