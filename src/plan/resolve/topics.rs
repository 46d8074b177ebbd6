//! The topics of a run: made for it, or existing ones that the user names.

use super::desk::Desk;
use super::driver::Target;
use crate::plan::{DriverKind, TopicPlan};

/// Decides the topics.
pub(super) fn decide(desk: &mut Desk<'_>, target: &Target) -> Option<TopicPlan> {
    let existing = existing(desk, target);
    let count = count(desk, existing.len());
    let hint = if existing.is_empty() { "4" } else { "4 (as many as the existing topics have)" };
    let partitions = desk.at_least_one("partitionsPerTopic", desk.workload.partitions_per_topic, hint);
    let config: Vec<(String, String)> = desk.driver.map_or_else(Vec::new, |driver| {
        driver.topic_config.iter().map(|property| (property.name.clone(), property.value.clone())).collect()
    });
    if !existing.is_empty() && !config.is_empty() {
        desk.warn_plainly("topicConfig is not applied: the topics exist already");
    }
    let replication_factor = match target.kind {
        DriverKind::Embedded => 1,
        DriverKind::Kafka | DriverKind::Null => {
            desk.driver.and_then(|driver| driver.replication_factor).map_or(-1, i32::from)
        }
    };
    warn_of_too_few_copies(desk, replication_factor, &config);
    Some(TopicPlan { count: count?, partitions_per_topic: partitions?, replication_factor, config, existing })
}

/// Names of existing topics: `--topics`, else `existingTopicList`.
fn existing(desk: &mut Desk<'_>, target: &Target) -> Vec<String> {
    let (option, names) = match &desk.workload.existing_topic_list {
        Some(list) if desk.options.existing_topics.is_empty() => (false, list.clone()),
        _ => (true, desk.options.existing_topics.clone()),
    };
    let mut refusals = Vec::new();
    for (i, name) in names.iter().enumerate() {
        if !is_topic_name(name) {
            refusals.push(format!("{name:?} is no topic name: use letters, digits, `.`, `_` and `-`, at most 249"));
        } else if names[..i].contains(name) {
            refusals.push(format!("{name} is named twice: name each topic once"));
        }
    }
    if !names.is_empty() && target.kind == DriverKind::Embedded {
        refusals.push("the embedded broker starts empty and has no existing topics: leave them out".to_owned());
    }
    for refusal in refusals {
        if option {
            desk.refuse_option(Some("--topics"), refusal);
        } else {
            desk.refuse("existingTopicList", refusal);
        }
    }
    names
}

/// Kafka's rule for topic names.
fn is_topic_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=249).contains(&name.len()) && name.chars().all(legal) && name != "." && name != ".."
}

/// With existing topics `topics` may be left out (or 0, as Redpanda wants it); else it must agree.
fn count(desk: &mut Desk<'_>, existing: usize) -> Option<u32> {
    let written = desk.workload.topics;
    if existing == 0 {
        return desk.at_least_one("topics", written, "1");
    }
    let existing = u32::try_from(existing).ok()?;
    match written {
        None | Some(0) => Some(existing),
        Some(count) if count == existing => Some(existing),
        Some(count) => {
            desk.refuse(
                "topics",
                format!(
                    "is {count}, but {existing} existing topics are named: write topics: {existing} or leave it out"
                ),
            );
            None
        }
    }
}

fn warn_of_too_few_copies(desk: &mut Desk<'_>, replication_factor: i32, config: &[(String, String)]) {
    let minimum = config.iter().find(|(name, _)| name == "min.insync.replicas");
    if let Some(minimum) = minimum.and_then(|(_, value)| value.parse::<i32>().ok())
        && (1..minimum).contains(&replication_factor)
    {
        desk.warn_plainly(format!(
            "min.insync.replicas={minimum} with replicationFactor {replication_factor}: with acks=all every send will fail"
        ));
    }
}
