//! What is driven, and with which client properties.

use super::context::ResolveContext;
use super::{embedded, wire};
use crate::config::properties::WrittenProperty;
use crate::config::{ClientLibrary, DriverClass, DriverFile};
use crate::plan::properties::{
    ConsumerSettings, For, MASK, ProducerSettings, PropertyLine, Refusal, Translated, TranslatedProperties, is_secret,
    remark, translate, why_unknown,
};
use crate::plan::{DriverKind, DriverPlan, DriverSource};

/// What is driven, before anything is translated.
#[derive(Debug, Clone)]
pub(super) struct DriverTarget {
    pub(super) kind: DriverKind,
    pub(super) class: Option<DriverClass>,
    /// Result field `driver`.
    pub(super) name: String,
}

/// Which kind of driver; both or neither of `--embedded` and a driver file are refused.
pub(super) fn target(context: &mut ResolveContext<'_>) -> DriverTarget {
    match (context.driver, context.options.embedded) {
        (Some(driver), true) if driver.class != Some(DriverClass::Embedded) => {
            context.refuse_option(Some("--embedded"), "brings its own broker: leave out -d, or leave out --embedded");
        }
        (None, false) => {
            context.refuse_option(Some("--drivers"), "no driver: name a driver file with -d, or try --embedded");
        }
        (Some(_), _) | (None, true) => {}
    }
    let Some(driver) = context.driver else {
        return DriverTarget { kind: DriverKind::Embedded, class: None, name: "embedded".to_owned() };
    };
    let kind = match driver.class {
        Some(DriverClass::Null) => DriverKind::Null,
        Some(DriverClass::Embedded) => DriverKind::Embedded,
        Some(DriverClass::Java | DriverClass::Python | DriverClass::Wire) | None => DriverKind::Kafka,
    };
    DriverTarget { kind, class: driver.class, name: driver.name.clone().unwrap_or_else(|| driver.base_name()) }
}

/// Translates the properties of the three kinds of clients and checks what depends on them.
pub(super) fn decide(context: &mut ResolveContext<'_>, target: &DriverTarget) -> Option<DriverPlan> {
    let kind = target.kind;
    if kind == DriverKind::Null {
        let none = TranslatedProperties::default;
        let (admin, producer, consumer) = (none(), none(), none());
        return Some(DriverPlan {
            kind,
            client: ClientLibrary::Librdkafka,
            admin,
            producer,
            consumer,
            producer_settings: ProducerSettings::default(),
            consumer_settings: ConsumerSettings::default(),
            wire: None,
            acknowledgement_is_local: true,
            auto_commit: false,
            source: context.driver.map(DriverSource::from),
        });
    }
    let java = target.class == Some(DriverClass::Java);
    let empty: &[WrittenProperty] = &[];
    let (common, own_producer, own_consumer) = match context.driver {
        Some(driver) => (&driver.common_config[..], &driver.producer_config[..], &driver.consumer_config[..]),
        None => (empty, empty, empty),
    };
    let mut set_aside = |written: &[WrittenProperty]| set_aside(context, written);
    let [(common, of_all), (own_producer, of_producers), (own_consumer, of_consumers)] =
        [common, own_producer, own_consumer].map(&mut set_aside);
    let roles = [
        (empty, Vec::new(), For::Admin),
        (&own_producer[..], of_producers, For::Producer),
        (&own_consumer[..], of_consumers, For::Consumer),
    ];
    let [admin, producer, consumer] = roles.map(|(own, unknown, role)| match translate(&common, own, role, java) {
        Ok(mut translated) => {
            translated.lines.splice(0..0, of_all.iter().cloned().chain(unknown));
            Some(translated)
        }
        Err(refusals) => {
            refuse(context, refusals);
            None
        }
    });
    if let Some(driver) = context.driver {
        check_bootstrap(context, driver);
        remark_on_values(context, driver);
    }
    let (admin, mut producer, mut consumer) = (admin?, producer?, consumer?);
    let client = wire::client(context);
    if kind == DriverKind::Embedded {
        embedded::suit_consumer(&mut consumer, client);
    }
    if client == ClientLibrary::Wire {
        wire::suit_producer(&mut producer);
        wire::check(context, &producer, &consumer);
    }
    let mut plan = DriverPlan {
        kind,
        client,
        admin,
        producer,
        consumer,
        producer_settings: ProducerSettings::default(),
        consumer_settings: ConsumerSettings::default(),
        wire: None,
        acknowledgement_is_local: false,
        auto_commit: false,
        source: context.driver.map(DriverSource::from),
    };
    plan.decide_settings();
    plan.acknowledgement_is_local = plan.producer_settings.acks == "0";
    plan.auto_commit = plan.consumer_settings.auto_commit;
    Some(plan)
}

fn refuse(context: &mut ResolveContext<'_>, refusals: Vec<Refusal>) {
    for refusal in refusals {
        match context.driver {
            Some(driver) => context.refuse_driver(driver, refusal.line, &refusal.name, refusal.why),
            None => context.refuse_option(Some("--embedded"), format!("{}: {}", refusal.name, refusal.why)),
        }
    }
}

/// With `--unknown-keys warn` properties that nobody knows are told and left out, each with its line for the plan.
fn set_aside(
    context: &mut ResolveContext<'_>,
    written: &[WrittenProperty],
) -> (Vec<WrittenProperty>, Vec<PropertyLine>) {
    let (mut known, mut unknown) = (Vec::with_capacity(written.len()), Vec::new());
    for property in written {
        let why = why_unknown(&property.name).filter(|_| context.options.unknown_keys_warn);
        let (Some(why), Some(driver)) = (why, context.driver) else {
            known.push(property.clone());
            continue;
        };
        context.warn_driver(driver, property.line, &property.name, &format!("{why} (ignored)"));
        let value = if is_secret(&property.name) { MASK.to_owned() } else { property.value.clone() };
        unknown.push(PropertyLine { name: property.name.clone(), value, outcome: Translated::Ignored { why } });
    }
    (known, unknown)
}

/// Comments, quotes and placeholders in values. Of topics no property's value may have one; in a file that is refused
/// anyway all are told as what they are: mistakes.
fn remark_on_values(context: &mut ResolveContext<'_>, driver: &DriverFile) {
    for property in &driver.topic_config {
        if let Some(remark) = remark(property) {
            context.refuse_driver(driver, property.line, &property.name, remark);
        }
    }
    let refused = context.has_problems();
    for property in [&driver.common_config, &driver.producer_config, &driver.consumer_config].into_iter().flatten() {
        let Some(remark) = remark(property) else { continue };
        if refused {
            context.refuse_driver_once(driver, property.line, &property.name, remark);
        } else {
            context.warn_driver(driver, property.line, &property.name, &remark);
        }
    }
}

/// The admin client reads only commonConfig, as in OMB, so that is where the address must be.
fn check_bootstrap(context: &mut ResolveContext<'_>, driver: &DriverFile) {
    let named = |lines: &[WrittenProperty]| {
        lines.iter().any(|line| ["bootstrap.servers", "metadata.broker.list"].contains(&&*line.name))
    };
    let embedded = driver.class == Some(DriverClass::Embedded);
    if embedded
        && [&driver.common_config, &driver.producer_config, &driver.consumer_config]
            .into_iter()
            .any(|lines| named(lines))
    {
        let what =
            "the embedded broker's address is its own: leave it out, or use a cluster (--bootstrap, -d)".to_owned();
        context.refuse_driver(driver, driver.line("commonConfig"), "bootstrap.servers", what);
        return;
    }
    let broken = driver.mistakes.iter().any(|problem| problem.key.as_deref() == Some("commonConfig"));
    if driver.class.is_none() || embedded || broken || named(&driver.common_config) {
        return;
    }
    let elsewhere = named(&driver.producer_config) || named(&driver.consumer_config);
    let what = if elsewhere {
        "bootstrap.servers must stand here: topics are created with commonConfig alone"
    } else {
        "bootstrap.servers is missing: write for example `bootstrap.servers=localhost:9092` in commonConfig"
    };
    context.refuse_driver(driver, driver.line("commonConfig"), "commonConfig", what.to_owned());
}
