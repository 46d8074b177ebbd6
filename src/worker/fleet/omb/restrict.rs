//! What a plan must be for workers that speak OMB's protocol: what they cannot do is refused by name before anything
//! starts; what they do in a way of their own (no stamps, late messages caught up, topics kept) is written into the
//! plan, so that the results say so.

use crate::caveat::{Caveat, Subject};
use crate::config::DriverClass;
use crate::plan::record_times::no_end_to_end_times;
use crate::plan::{Arrivals, DriverKind, DriverSource, KeyDistributor, LatePolicy, MeasuredBy, PayloadPlan, Plan};
use crate::units::Rate;

/// OMB's Kafka driver.
pub(super) const JAVA_CLASS: &str = "io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver";
/// All payloads travel in one request, a third longer as base64, and stand in the worker's memory several times.
const MOST_PAYLOAD_BYTES: u64 = 128 << 20;

/// The plan as such workers carry it out.
///
/// # Errors
/// Everything that they cannot do, a sentence each.
pub fn restrict_to_omb(plan: &Plan) -> Result<Plan, Vec<String>> {
    let wrong = refusals(plan);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut restricted = plan.clone();
    restricted.measured_by = MeasuredBy::Omb;
    restricted.rate.late = LatePolicy::CatchUp;
    if restricted.message.stamp {
        restricted.message.stamp = false;
        restricted.message.no_stamp_reason = Some("a worker of the fleet speaks OMB's protocol only".to_owned());
        restricted.warnings.extend(no_end_to_end_times(&restricted.topics, &restricted.message).map(|_| {
            let text = "topicConfig has message.timestamp.type=LogAppendTime: OMB's workers take the broker's time for \
                        the send time, pinload's have no end-to-end times then";
            Caveat::warning("no_end_to_end_times", Subject::Plan, text)
        }));
    }
    if restricted.delete_topics {
        restricted.delete_topics = false;
        let text = "the topics stay: OMB's workers have no call to delete them";
        restricted.warnings.push(Caveat::warning("topics_stay", Subject::Plan, text));
    }
    if let Some(source) = &mut restricted.driver.source
        && source.class_name != JAVA_CLASS
    {
        source.text = source.text.replace(&source.class_name, JAVA_CLASS);
        let text = format!("driverClass {} is sent to the workers as {JAVA_CLASS}", source.class_name);
        restricted.warnings.push(Caveat::warning("driver_class_replaced", Subject::Plan, text));
    }
    Ok(restricted)
}

fn refusals(plan: &Plan) -> Vec<String> {
    let mut wrong = Vec::new();
    of_driver(plan, &mut wrong);
    of_message(plan, &mut wrong);
    let mut refuse = |refused: bool, why: &str| {
        if refused {
            wrong.push(why.to_owned());
        }
    };
    let topics = &plan.topics;
    refuse(
        !topics.existing.is_empty(),
        "existing topics (--topics, existing…TopicList): they make new ones in every run",
    );
    refuse(
        topics.existing.is_empty() && topics.fixed_names(),
        "randomTopicNames: false: they give their topics new names in every run",
    );
    let differ = |of: &dyn Fn(u32) -> u32| (1..topics.count).any(|topic| of(topic) != of(0));
    refuse(
        differ(&|topic| plan.partitions_of(topic)),
        "partitionsPerTopicList: their call to create topics knows one number of partitions for all",
    );
    refuse(
        differ(&|topic| plan.subscriptions_of(topic)),
        "topics with different subscriptions: they count messages over all topics, so that nobody could tell what is \
         missing",
    );
    refuse(plan.producers() == 0, "a run without producers: they cannot tell when its consumers are ready");
    refuse(
        plan.rate.total == Rate::Unlimited,
        "an unlimited rate: they need a number (OMB's own files write producerRate: 10000000)",
    );
    refuse(
        matches!(plan.rate.late, LatePolicy::Skip | LatePolicy::Shift),
        "--late-policy skip and shift: they always catch up with what is late",
    );
    refuse(
        plan.consumer_processing.is_some(),
        "consumerProcessingTime: their consumers do nothing with messages but count them",
    );
    refuse(plan.rate.outstanding_messages.is_some(), "outstandingMessages: they send at a rate, whatever comes back");
    refuse(plan.rate.arrivals != Arrivals::Uniform, "arrivals: they send all messages the same time apart");
    wrong
}

fn of_driver(plan: &Plan, wrong: &mut Vec<String>) {
    if plan.driver.kind != DriverKind::Kafka {
        wrong.push(match plan.driver.kind {
            DriverKind::Embedded => {
                "--embedded: the broker would be on this host, and theirs is named in a driver file".to_owned()
            }
            DriverKind::Null | DriverKind::Kafka => "the null driver: they have none".to_owned(),
        });
        return;
    }
    if plan.driver.is_wire() {
        wrong.push(
            "client: wire: a worker of the fleet speaks OMB's protocol only, and has a library's clients: leave it out"
                .to_owned(),
        );
    }
    let Some(DriverSource { class_name, class, missing_blocks, .. }) = &plan.driver.source else {
        wrong.push("a plan without a driver file".to_owned());
        return;
    };
    if *class != Some(DriverClass::Java) {
        wrong.push(format!(
            "driverClass {class_name}: its properties are librdkafka's, theirs are those of {JAVA_CLASS}"
        ));
    }
    for block in missing_blocks {
        wrong.push(format!("a driver file without {block}: OMB fails without it (write {block}: \"\")"));
    }
}

fn of_message(plan: &Plan, wrong: &mut Vec<String>) {
    let message = &plan.message;
    match message.keys {
        KeyDistributor::Random | KeyDistributor::RoundRobin => wrong.push(format!(
            "keyDistributor {}: they know NO_KEY, KEY_ROUND_ROBIN and RANDOM_NANO, and take anything else for NO_KEY",
            if message.keys == KeyDistributor::Random { "RANDOM" } else { "ROUND_ROBIN" }
        )),
        KeyDistributor::NoKey | KeyDistributor::KeyRoundRobin | KeyDistributor::RandomNano => {}
    }
    if let PayloadPlan::Distribution { .. } = message.payload {
        wrong.push("messageSizeDistribution: they choose all payloads equally often".to_owned());
    }
    let count = match &message.payload {
        PayloadPlan::Randomized { pool, .. } => u64::from(*pool),
        PayloadPlan::Folder { files, .. } => u64::from(*files),
        PayloadPlan::File { .. } => 1,
        PayloadPlan::Distribution { sizes, .. } => sizes.len() as u64,
        PayloadPlan::Given { payloads, .. } => payloads.len() as u64,
    };
    let bytes = count * u64::from(message.largest_bytes);
    if bytes > MOST_PAYLOAD_BYTES {
        wrong.push(format!(
            "{} MiB of payloads ({count} of {} bytes): all of them travel in one request, of which {} MiB are \
             sensible: lower randomizedPayloadPoolSize",
            bytes >> 20,
            message.largest_bytes,
            MOST_PAYLOAD_BYTES >> 20
        ));
    }
}

/// OMB's name of the keys.
pub(super) const fn keys_name(keys: KeyDistributor) -> &'static str {
    match keys {
        KeyDistributor::KeyRoundRobin => "KEY_ROUND_ROBIN",
        KeyDistributor::RandomNano => "RANDOM_NANO",
        KeyDistributor::NoKey | KeyDistributor::Random | KeyDistributor::RoundRobin => "NO_KEY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientLibrary;
    use std::time::Duration;

    fn plan(class_name: &str) -> Plan {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        plan.message.stamp = true;
        plan.driver.source = Some(DriverSource {
            text: format!("name: Kafka\ndriverClass: {class_name}\n"),
            class_name: class_name.to_owned(),
            class: Some(DriverClass::Java),
            missing_blocks: Vec::new(),
        });
        plan
    }

    #[test]
    fn what_java_does_its_own_way_stands_in_the_plan_and_the_class_is_javas() {
        let restricted = restrict_to_omb(&plan(JAVA_CLASS)).unwrap();
        assert!(!restricted.message.stamp && restricted.message.no_stamp_reason.is_some());
        assert_eq!((restricted.measured_by, restricted.rate.late), (MeasuredBy::Omb, LatePolicy::CatchUp));
        let redpanda = "io.openmessaging.benchmark.driver.redpanda.RedpandaBenchmarkDriver";
        let source = restrict_to_omb(&plan(redpanda)).unwrap().driver.source.unwrap();
        assert_eq!(source.text, format!("name: Kafka\ndriverClass: {JAVA_CLASS}\n"));
    }

    #[test]
    fn the_wire_driver_is_refused_where_a_librarys_clients_are() {
        let mut plan = plan(JAVA_CLASS);
        plan.driver.client = ClientLibrary::Wire;
        let wrong = restrict_to_omb(&plan).unwrap_err();
        assert!(wrong.len() == 1 && wrong[0].starts_with("client: wire: a worker of the fleet"), "{wrong:?}");
    }

    #[test]
    fn everything_that_java_cannot_do_is_named_at_once() {
        let mut plan = plan(JAVA_CLASS);
        plan.message.keys = KeyDistributor::Random;
        plan.message.payload = PayloadPlan::Randomized { pool: 1_000_000, random_bytes: 0, seed: 1 };
        plan.message.largest_bytes = 1024;
        plan.topics.existing = vec!["mine".to_owned()];
        plan.rate.total = Rate::Unlimited;
        plan.rate.late = LatePolicy::Skip;
        plan.rate.arrivals = Arrivals::Burst { burst_messages: 10 };
        let source = plan.driver.source.as_mut().unwrap();
        source.class = Some(DriverClass::Python);
        source.missing_blocks = vec!["topicConfig"];
        let wrong = restrict_to_omb(&plan).unwrap_err();
        for named in [
            "driverClass",
            "topicConfig",
            "RANDOM",
            "976 MiB",
            "existing topics",
            "unlimited",
            "--late-policy",
            "arrivals",
        ] {
            assert!(wrong.iter().any(|why| why.contains(named)), "{named}: {wrong:?}");
        }
        assert_eq!(wrong.len(), 8, "{wrong:?}");
        plan.driver.kind = DriverKind::Embedded;
        assert!(restrict_to_omb(&plan).unwrap_err()[0].contains("--embedded"));
    }
}
