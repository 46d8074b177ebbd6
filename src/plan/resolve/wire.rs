//! The wire driver, where it is asked for: what it does not have is refused by name, each property with its line.

use super::desk::Desk;
use crate::config::ClientLibrary;
use crate::config::properties::Written;
use crate::plan::properties::wire::why_not;
use crate::plan::properties::{For, Translated, TranslatedProperties};

/// What clients are made of: as the option says, else as the driver file does.
pub(super) fn client(desk: &Desk<'_>) -> ClientLibrary {
    let of_file = desk.driver.and_then(|driver| driver.client);
    desk.options.client.or(of_file).unwrap_or_default()
}

/// Refuses what the wire driver cannot do.
pub(super) fn check(desk: &mut Desk<'_>, producer: &TranslatedProperties, consumer: &TranslatedProperties) {
    if desk.options.on_workers {
        refuse(desk, "runs on this host only so far: leave out --workers, or use librdkafka (--client librdkafka)");
    }
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
            let Some(why) = why_not(name, value, written, role) else { continue };
            let as_written = line.map_or(name.as_str(), |line| line.name.as_str());
            match desk.driver {
                Some(driver) => {
                    let blocks = [&driver.producer_config, &driver.consumer_config, &driver.common_config];
                    let place = |block: &&Vec<Written>| block.iter().rev().find(|one| one.name == as_written)?.line;
                    let own = if role == For::Producer { blocks[0] } else { blocks[1] };
                    let at = [own, blocks[2]].iter().find_map(place);
                    desk.refuse_driver(driver, at, as_written, why);
                }
                None => desk.refuse_option(Some("--client"), format!("{as_written}: {why}")),
            }
        }
    }
}

/// What is wrong with the choice itself.
pub(super) fn refuse(desk: &mut Desk<'_>, why: &str) {
    match desk.driver.filter(|_| desk.options.client.is_none()) {
        Some(driver) => desk.refuse_driver(driver, driver.line("client"), "client", format!("the wire driver {why}")),
        None => desk.refuse_option(Some("--client"), format!("the wire driver {why}")),
    }
}
