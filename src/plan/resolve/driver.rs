//! What is driven, and with which client properties.

use super::desk::Desk;
use super::embedded;
use crate::config::properties::Written;
use crate::config::{DriverClass, DriverFile};
use crate::plan::properties::{For, Refusal, TranslatedProperties, translate};
use crate::plan::{DriverKind, DriverPlan, DriverSource};

/// What is driven, before anything is translated.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) kind: DriverKind,
    pub(super) class: Option<DriverClass>,
    /// Result field `driver`.
    pub(super) name: String,
}

/// Which kind of driver; both or neither of `--embedded` and a driver file are refused.
pub(super) fn target(desk: &mut Desk<'_>) -> Target {
    match (desk.driver, desk.options.embedded) {
        (Some(_), true) => {
            desk.refuse_option(Some("--embedded"), "brings its own broker: leave out -d, or leave out --embedded");
        }
        (None, false) => {
            desk.refuse_option(Some("--drivers"), "no driver: name a driver file with -d, or try --embedded");
        }
        (Some(_), false) | (None, true) => {}
    }
    let Some(driver) = desk.driver else {
        return Target { kind: DriverKind::Embedded, class: None, name: "embedded".to_owned() };
    };
    let kind = match driver.class {
        Some(DriverClass::Null) => DriverKind::Null,
        Some(DriverClass::Java | DriverClass::Python) | None => DriverKind::Kafka,
    };
    Target { kind, class: driver.class, name: driver.name.clone().unwrap_or_else(|| driver.base_name()) }
}

/// Translates the properties of the three kinds of clients and checks what depends on them.
pub(super) fn decide(desk: &mut Desk<'_>, target: &Target) -> Option<DriverPlan> {
    let kind = target.kind;
    if kind == DriverKind::Null {
        let none = TranslatedProperties::default;
        let (admin, producer, consumer) = (none(), none(), none());
        return Some(DriverPlan {
            kind,
            admin,
            producer,
            consumer,
            acknowledgement_is_local: true,
            auto_commit: false,
            source: desk.driver.map(DriverSource::from),
        });
    }
    let java = target.class == Some(DriverClass::Java);
    let empty: &[Written] = &[];
    let (common, own_producer, own_consumer) = match desk.driver {
        Some(driver) => (&driver.common_config[..], &driver.producer_config[..], &driver.consumer_config[..]),
        None => (empty, empty, empty),
    };
    let roles = [(empty, For::Admin), (own_producer, For::Producer), (own_consumer, For::Consumer)];
    let [admin, producer, consumer] = roles.map(|(own, role)| match translate(common, own, role, java) {
        Ok(translated) => Some(translated),
        Err(refusals) => {
            refuse(desk, refusals);
            None
        }
    });
    if let Some(driver) = desk.driver {
        check_bootstrap(desk, driver);
    }
    let (admin, producer, mut consumer) = (admin?, producer?, consumer?);
    if kind == DriverKind::Embedded {
        embedded::suit_consumer(&mut consumer);
    }
    let acks = producer.get("acks").or_else(|| producer.get("request.required.acks"));
    Some(DriverPlan {
        kind,
        acknowledgement_is_local: acks.is_some_and(|acks| acks.trim() == "0"),
        auto_commit: consumer.get("enable.auto.commit").is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true")),
        admin,
        producer,
        consumer,
        source: desk.driver.map(DriverSource::from),
    })
}

fn refuse(desk: &mut Desk<'_>, refusals: Vec<Refusal>) {
    for refusal in refusals {
        match desk.driver {
            Some(driver) => desk.refuse_driver(driver, refusal.line, &refusal.name, refusal.why),
            None => desk.refuse_option(Some("--embedded"), format!("{}: {}", refusal.name, refusal.why)),
        }
    }
}

/// The admin client reads only commonConfig, as in OMB, so that is where the address must be.
fn check_bootstrap(desk: &mut Desk<'_>, driver: &DriverFile) {
    let named = |lines: &[Written]| {
        lines.iter().any(|line| ["bootstrap.servers", "metadata.broker.list"].contains(&&*line.name))
    };
    let broken = driver.mistakes.iter().any(|problem| problem.key.as_deref() == Some("commonConfig"));
    if driver.class.is_none() || broken || named(&driver.common_config) {
        return;
    }
    let elsewhere = named(&driver.producer_config) || named(&driver.consumer_config);
    let what = if elsewhere {
        "bootstrap.servers must stand here: topics are created with commonConfig alone"
    } else {
        "bootstrap.servers is missing: write for example `bootstrap.servers=localhost:9092` in commonConfig"
    };
    desk.refuse_driver(driver, driver.line("commonConfig"), "commonConfig", what.to_owned());
}
