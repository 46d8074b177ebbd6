//! The parts of the page, in the order in which they stand on it.

mod accounting;
mod banner;
mod brokers;
mod charts;
mod clients;
mod compare;
mod configuration;
mod environment;
mod goals;
mod health;
mod key_figures;
mod latencies;
mod outliers;
mod partitions;
mod placement;
mod several;
mod table;
mod tree;

use super::reading::ResultDocument;
use maud::{Markup, html};

/// One section: its anchor, its name in the contents, what stands in it.
pub(super) type Section = (&'static str, &'static str, Markup);

/// Sections of a page on one run; those that have nothing to say are left out.
pub(super) fn of_one(run: &ResultDocument) -> Vec<Section> {
    let sections = [
        ("summary", "Summary", Some(html! { (banner::banner(run)) (key_figures::key_figures(run)) })),
        ("goals", "Goals", goals::goals(run)),
        ("latencies", "Latency", latencies::table(run)),
        ("over-time", "Over time", Some(charts::over_time(run))),
        ("brokers", "Brokers", brokers::brokers(run)),
        ("heat", "Heat map", charts::heat(run)),
        ("percentiles", "Percentiles", charts::percentiles(run)),
        ("distribution", "Distribution", charts::distribution(run)),
        ("search", "Rate search", charts::search(run)),
        ("clients", "Clients", clients::clients(run)),
        ("partitions", "Partitions", partitions::partitions(run)),
        ("health", "Generator", health::health(run)),
        ("accounting", "Accounting", accounting::accounting(run)),
        ("configuration", "Configuration", configuration::configuration(run)),
        ("placement", "Placement", placement::placement(run)),
        ("environment", "Environment", environment::environment(run)),
        ("periods", "Periods", latencies::periods(run)),
    ];
    sections.into_iter().filter_map(|(anchor, name, markup)| Some((anchor, name, markup?))).collect()
}

/// Sections of a page on several runs.
pub(super) fn of_several(runs: &[ResultDocument]) -> Vec<Section> {
    vec![
        ("summary", "Runs", several::summary(runs)),
        ("figures", "Figures", compare::figures(runs)),
        ("over-time", "Over time", several::over_time()),
        ("percentiles", "Percentiles", several::percentiles()),
        ("configuration", "Differences in configuration", compare::configuration(runs)),
        ("environment", "Differences in environment", compare::environment(runs)),
    ]
}
