//! The wire driver, where it is asked for: what it does not have is refused by name, each property with its line.

use super::context::ResolveContext;
use crate::config::ClientLibrary;
use crate::config::properties::WrittenProperty;
use crate::plan::properties::wire::why_not;
use crate::plan::properties::{For, Translated, TranslatedProperties};

const IDEMPOTENCE: &str = "enable.idempotence";
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";

/// What clients are made of: as the option says, else as the driver file does.
pub(super) fn client(context: &ResolveContext<'_>) -> ClientLibrary {
    let of_file = context.driver.and_then(|driver| driver.client);
    context.options.client.or(of_file).unwrap_or_default()
}

/// Where Java's defaults hold, they hold here as they are: what librdkafka does otherwise and is set aside for is not.
pub(super) fn suit_producer(producer: &mut TranslatedProperties) {
    let is_default = |name: &str| {
        let of_name = |line: &&crate::plan::properties::PropertyLine| line.name == name;
        let line = producer.lines.iter().find(of_name);
        line.is_some_and(|line| matches!(line.outcome, Translated::Default { .. }))
    };
    let is = |name: &str, wanted: &[&str]| producer.get(name).is_none_or(|value| wanted.contains(&value.trim()));
    let few_in_flight = is(IN_FLIGHT, &["1", "2", "3", "4", "5"]);
    let suits = is("acks", &["all", "-1"]) && producer.get("retries") != Some("0") && few_in_flight;
    let (numbers, in_flight) = (is_default(IDEMPOTENCE) && suits, is_default(IN_FLIGHT));
    if numbers {
        let why = "Java's default: five batches in flight a partition, each stored once and in order";
        producer.put_default(IDEMPOTENCE, "true", why);
    }
    if in_flight {
        let why = "Java's default; a request carries a batch of each partition that its broker leads, as Java's does";
        producer.put_default(IN_FLIGHT, "5", why);
    }
}

/// Refuses what the wire driver cannot do.
pub(super) fn check(
    context: &mut ResolveContext<'_>,
    producer: &TranslatedProperties,
    consumer: &TranslatedProperties,
) {
    for (properties, role) in [(producer, For::Producer), (consumer, For::Consumer)] {
        for (name, value) in &properties.effective {
            let line = properties.lines.iter().rev().find(|line| match &line.outcome {
                Translated::Passed => line.name == *name,
                Translated::Renamed { to, .. } | Translated::Default { to, .. } => {
                    to.iter().any(|(set, _)| set == name)
                }
                Translated::Ignored { .. } => false,
            });
            let written = line.is_none_or(|line| !matches!(line.outcome, Translated::Default { .. }));
            let Some(why) = why_not(name, value, &properties.effective, written, role) else { continue };
            let as_written = line.map_or(name.as_str(), |line| line.name.as_str());
            match context.driver {
                Some(driver) => {
                    let blocks = [&driver.producer_config, &driver.consumer_config, &driver.common_config];
                    let place =
                        |block: &&Vec<WrittenProperty>| block.iter().rev().find(|one| one.name == as_written)?.line;
                    let own = if role == For::Producer { blocks[0] } else { blocks[1] };
                    let at = [own, blocks[2]].iter().find_map(place);
                    context.refuse_driver(driver, at, as_written, why);
                }
                None => context.refuse_option(Some("--client"), format!("{as_written}: {why}")),
            }
        }
    }
}

/// What is wrong with the choice itself.
pub(super) fn refuse(context: &mut ResolveContext<'_>, why: &str) {
    match context.driver.filter(|_| context.options.client.is_none()) {
        Some(driver) => {
            context.refuse_driver(driver, driver.line("client"), "client", format!("the wire driver {why}"))
        }
        None => context.refuse_option(Some("--client"), format!("the wire driver {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::properties::translate;

    fn producer(line: &str, java: bool) -> TranslatedProperties {
        let own = line.split_once('=').map(|(name, value)| WrittenProperty {
            name: name.to_owned(),
            value: value.to_owned(),
            line: Some(1),
        });
        let mut producer = translate(&[], own.as_slice(), For::Producer, java).unwrap();
        suit_producer(&mut producer);
        producer
    }

    #[test]
    fn javas_producer_is_idempotent_unless_something_else_was_written() {
        let of = |lines: &str| producer(lines, true).get(IDEMPOTENCE).unwrap().to_owned();
        for lines in ["", "acks=all", "acks=-1", "retries=3", "max.in.flight.requests.per.connection=1"] {
            assert_eq!(of(lines), "true", "{lines}");
        }
        for lines in ["acks=1", "retries=0", "max.in.flight.requests.per.connection=6", "enable.idempotence=false"] {
            assert_eq!(of(lines), "false", "{lines}");
        }
        assert_eq!(producer("", true).get(IN_FLIGHT), Some("5"));
        assert_eq!(producer("acks=all", false).get(IDEMPOTENCE), None, "librdkafka's is not");
    }
}
