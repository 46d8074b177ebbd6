//! The topics of a run: made for it, or existing ones that the user names; what each of them is for.

use super::clients::MAX_CLIENTS;
use super::context::ResolveContext;
use super::driver::DriverTarget;
use crate::plan::{DriverKind, TopicPlan};

/// What one topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TopicUse {
    /// Do producers of ours write to it?
    pub(super) produced: bool,
    /// Do subscriptions of ours read it?
    pub(super) consumed: bool,
}

const BOTH: TopicUse = TopicUse { produced: true, consumed: true };

/// The topics, and what each is for. How many producers and subscriptions each has (`TopicPlan::each`) is for `clients`
/// to say.
#[derive(Debug)]
pub(super) struct ResolvedTopics {
    pub(super) plan: TopicPlan,
    pub(super) uses: Vec<TopicUse>,
    /// Partitions of each.
    pub(super) partitions: Vec<u32>,
}

/// Existing topics as named.
#[derive(Debug, Default)]
struct NamedTopics {
    names: Vec<String>,
    uses: Vec<TopicUse>,
}

/// Decides the topics.
pub(super) fn decide(context: &mut ResolveContext<'_>, target: &DriverTarget) -> Option<ResolvedTopics> {
    let NamedTopics { names: existing, mut uses } = named(context, target);
    let count = count(context, existing.len());
    let partitions = partitions(context, count, !existing.is_empty());
    let config: Vec<(String, String)> = context.driver.map_or_else(Vec::new, |driver| {
        driver.topic_config.iter().map(|property| (property.name.clone(), property.value.clone())).collect()
    });
    if !existing.is_empty() && !config.is_empty() {
        context.warn_plainly("topic_config_not_applied", "topicConfig is not applied: the topics exist already");
    }
    let replication_factor = match target.kind {
        DriverKind::Embedded => 1,
        DriverKind::Kafka | DriverKind::Null => {
            context.driver.and_then(|driver| driver.replication_factor).map_or(-1, i32::from)
        }
    };
    warn_of_too_few_copies(context, replication_factor, &config);
    let (count, partitions) = (count?, partitions?);
    if uses.is_empty() {
        uses = vec![BOTH; partitions.len()];
    }
    let plan = TopicPlan {
        count,
        partitions_per_topic: partitions.iter().copied().max().unwrap_or(0),
        each: Vec::new(),
        replication_factor,
        config,
        random_names: context.workload.shapes.random_topic_names.unwrap_or(true),
        existing,
    };
    Some(ResolvedTopics { plan, uses, partitions })
}

/// Existing topics: `--topics`, else the lists of the workload file. In one list: produced and consumed; in two: each
/// its own.
fn named(context: &mut ResolveContext<'_>, target: &DriverTarget) -> NamedTopics {
    const BOTH_WAYS: &str = "existingTopicList";
    let workload = context.workload;
    let written = |list: &Option<Vec<String>>| list.clone().filter(|names| !names.is_empty());
    let produced = written(&workload.shapes.existing_produce_topic_list);
    let consumed = written(&workload.shapes.existing_consume_topic_list);
    let option = !context.options.existing_topics.is_empty();
    let both =
        if option { Some(context.options.existing_topics.clone()) } else { written(&workload.existing_topic_list) };
    let key = if option { "--topics" } else { BOTH_WAYS };
    let mut named = NamedTopics::default();
    match (both, produced, consumed) {
        (Some(names), produced, consumed) => {
            if !option && (produced.is_some() || consumed.is_some()) {
                context.refuse(
                    BOTH_WAYS,
                    "names topics to produce to and to consume from, and so do existingProduceTopicList and \
                     existingConsumeTopicList: keep the one or the other",
                );
            }
            check_names(context, key, &names);
            named.uses = vec![BOTH; names.len()];
            named.names = names;
        }
        (None, produced, consumed) => {
            for (key, names) in [("existingProduceTopicList", &produced), ("existingConsumeTopicList", &consumed)] {
                check_names(context, key, names.as_deref().unwrap_or_default());
            }
            let (produced, consumed) = (produced.unwrap_or_default(), consumed.unwrap_or_default());
            for name in &produced {
                named.uses.push(TopicUse { produced: true, consumed: consumed.contains(name) });
                named.names.push(name.clone());
            }
            for name in consumed.iter().filter(|name| !produced.contains(name)) {
                named.uses.push(TopicUse { produced: false, consumed: true });
                named.names.push(name.clone());
            }
        }
    }
    if !named.names.is_empty() && target.kind == DriverKind::Embedded {
        refuse(context, key, "the embedded broker starts empty and has no existing topics: leave them out".to_owned());
    }
    if !named.names.is_empty() && workload.shapes.random_topic_names == Some(false) {
        context.warn("randomTopicNames", "is not used: existing topics are named");
    }
    named
}

fn check_names(context: &mut ResolveContext<'_>, key: &str, names: &[String]) {
    for (i, name) in names.iter().enumerate() {
        if !is_topic_name(name) {
            let what = format!("{name:?} is no topic name: use letters, digits, `.`, `_` and `-`, at most 249");
            refuse(context, key, what);
        } else if names[..i].contains(name) {
            refuse(context, key, format!("{name} is named twice: name each topic once"));
        }
    }
}

/// Refuses a list of topics where it comes from.
fn refuse(context: &mut ResolveContext<'_>, key: &str, what: String) {
    if key.starts_with("--") { context.refuse_option(Some(key), what) } else { context.refuse(key, what) }
}

/// Partitions of each topic. Existing topics may leave them out (or say 0): then they are taken as they are.
fn partitions(context: &mut ResolveContext<'_>, count: Option<u32>, existing: bool) -> Option<Vec<u32>> {
    const KEY: &str = "partitionsPerTopic";
    const LIST: &str = "partitionsPerTopicList";
    let written = context.workload.partitions_per_topic;
    if let Some(list) = &context.workload.shapes.partitions_per_topic_list {
        let list = list.clone();
        if list.contains(&0) && !existing {
            context.refuse(LIST, "holds a 0: each topic needs at least 1 partition");
            return None;
        }
        if written.is_some_and(|partitions| list.iter().any(|own| *own != partitions)) {
            context.warn(KEY, format!("is not used: {LIST} says it topic by topic"));
        }
        return as_many_as_topics(context, LIST, list, count?);
    }
    let each = if existing && !context.written_wrongly(KEY) {
        written.unwrap_or(0)
    } else if context.written_wrongly(LIST) {
        return None;
    } else {
        context.at_least_one(KEY, written, "4")?
    };
    Some(vec![each; usize::try_from(count?).ok()?])
}

/// A list with one entry for each topic.
pub(super) fn as_many_as_topics(
    context: &mut ResolveContext<'_>,
    key: &str,
    list: Vec<u32>,
    topics: u32,
) -> Option<Vec<u32>> {
    if u32::try_from(list.len()) == Ok(topics) {
        return Some(list);
    }
    let entries = if list.len() == 1 { "entry" } else { "entries" };
    context.refuse(key, format!("has {} {entries} for {topics} topics: write one for each topic", list.len()));
    None
}

/// Kafka's rule for topic names.
fn is_topic_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=249).contains(&name.len()) && name.chars().all(legal) && name != "." && name != ".."
}

/// With existing topics `topics` may be left out (or 0, as Redpanda wants it); else it must agree.
fn count(context: &mut ResolveContext<'_>, existing: usize) -> Option<u32> {
    let written = context.workload.topics;
    if existing == 0 {
        let count = context.at_least_one("topics", written, "1")?;
        if count > MAX_CLIENTS {
            context
                .refuse("topics", format!("{count} topics need at least as many clients: the most are {MAX_CLIENTS}"));
            return None;
        }
        return Some(count);
    }
    let existing = u32::try_from(existing).ok()?;
    match written {
        None | Some(0) => Some(existing),
        Some(count) if count == existing => Some(existing),
        Some(count) => {
            context.refuse(
                "topics",
                format!(
                    "is {count}, but {existing} existing topics are named: write topics: {existing} or leave it out"
                ),
            );
            None
        }
    }
}

fn warn_of_too_few_copies(context: &mut ResolveContext<'_>, replication_factor: i32, config: &[(String, String)]) {
    let minimum = config.iter().find(|(name, _)| name == "min.insync.replicas");
    if let Some(minimum) = minimum.and_then(|(_, value)| value.parse::<i32>().ok())
        && (1..minimum).contains(&replication_factor)
    {
        let what = format!(
            "min.insync.replicas={minimum} with replicationFactor {replication_factor}: with acks=all every send will \
             fail"
        );
        context.warn_plainly("too_few_copies", what);
    }
}
