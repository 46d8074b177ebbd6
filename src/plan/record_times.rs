//! What records tell of their own time, and what that means for end-to-end times of messages without a stamp.

use super::{MessagePlan, TopicPlan};

/// Why the run will have no end-to-end times, if so.
pub fn no_end_to_end_times(topics: &TopicPlan, message: &MessagePlan) -> Option<String> {
    (topics.have_brokers_times() && !message.stamp).then(|| {
        "topicConfig has message.timestamp.type=LogAppendTime and messages carry no stamp: their records tell when the \
         broker stored them and not when they were sent, so they have no end-to-end times (they are counted in \
         messages_log_append_time)"
            .to_owned()
    })
}
