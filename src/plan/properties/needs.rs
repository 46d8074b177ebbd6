//! What pinload itself needs of a client where the user wrote nothing. librdkafka's defaults that already suit are not
//! repeated: no statistics, no end-of-partition events.

use super::settings::RowSettings;
use super::{For, TranslatedProperties};

/// Completes the configuration, after Java's defaults.
pub(super) fn complete(settings: &RowSettings<'_>, properties: &mut TranslatedProperties) {
    if properties.get("enable.metrics.push").is_none() {
        properties.add_default(
            "enable.metrics.push",
            "false",
            &[("enable.metrics.push", "false")],
            "nothing but the load is sent (the brokers could ask for metrics of the client)",
        );
    }
    // librdkafka refuses a greatest wait below the least, whichever of the two was written.
    let (least, greatest) =
        (number(properties, "reconnect.backoff.ms"), number(properties, "reconnect.backoff.max.ms"));
    match (least, greatest) {
        (Some(least), None) if least > 10_000 => {
            let value = least.to_string();
            let why = "librdkafka wants it no less than reconnect.backoff.ms";
            properties.add_default("reconnect.backoff.max.ms", &value, &[("reconnect.backoff.max.ms", &value)], why);
        }
        (None, Some(greatest)) if greatest < 100 => {
            let value = greatest.to_string();
            let why = "librdkafka wants it no more than reconnect.backoff.max.ms";
            properties.add_default("reconnect.backoff.ms", &value, &[("reconnect.backoff.ms", &value)], why);
        }
        _ => {}
    }
    if settings.role == For::Consumer {
        of_consumers(properties);
    }
}

fn of_consumers(properties: &mut TranslatedProperties) {
    if properties.get("enable.auto.commit").is_none() {
        properties.add_default(
            "enable.auto.commit",
            "false",
            &[("enable.auto.commit", "false")],
            "pinload commits what it has received, as OMB does unless told otherwise (both clients' own default: true)",
        );
    }
    if properties.get("fetch.queue.backoff.ms").is_none() {
        properties.add_default(
            "fetch.queue.backoff.ms",
            "10",
            &[("fetch.queue.backoff.ms", "10")],
            "a full queue of received messages is looked at again soon (librdkafka: 1000, which would look like a slow \
             broker)",
        );
    }
    let (fetch, message) = (number(properties, "fetch.max.bytes"), number(properties, "message.max.bytes"));
    if let (Some(fetch), None) = (fetch, message)
        && fetch < 1_000_000
    {
        let value = fetch.to_string();
        let why = "librdkafka wants it no more than fetch.max.bytes (its default: 1000000)";
        properties.add_default("message.max.bytes", &value, &[("message.max.bytes", &value)], why);
    }
}

fn number(properties: &TranslatedProperties, name: &str) -> Option<i64> {
    properties.get(name).and_then(super::kind::whole)
}
