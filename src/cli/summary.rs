//! The few lines that say what is about to run. The whole plan is `pinload plan`'s (or `--verbose`).

use crate::driver::kafka::library;
use crate::os::affinity::CpuSet;
use crate::plan::resolve::Machine;
use crate::plan::{DriverKind, Inputs, PERIOD, Plan, SearchRule};
use crate::units::{counted, format_count, format_duration, format_rate};

/// `pinload 0.1.0 · librdkafka 2.12.1 · 16 CPUs (12 usable), 2 nodes`
pub(super) fn machine(machine: &Machine) -> String {
    let online = machine.topology.cpus.len();
    let usable = machine.topology.cpus.iter().filter(|cpu| machine.allowed.contains(cpu.id)).count();
    let usable = if usable == online { String::new() } else { format!(" ({usable} usable)") };
    format!(
        "pinload {} · librdkafka {} · {}{usable}, {}",
        env!("CARGO_PKG_VERSION"),
        library().0,
        counted(online, "CPU"),
        counted(machine.topology.nodes.len(), "node"),
    )
}

/// What changes while the load runs.
fn course(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(search) = &plan.search {
        let rule = match search.rule {
            SearchRule::Omb => "OMB's ramp until something falls behind, then closing in",
            SearchRule::Guide => "the guide's steps of a tenth",
        };
        lines.push(format!(
            "rate search: {rule}; behind = more than {} messages",
            format_count(search.receive_backlog_limit)
        ));
    }
    if let Some(backlog) = &plan.backlog {
        let drain_rate =
            backlog.drain_rate_per_s.map_or_else(String::new, |rate| format!(" at {} msg/s", format_rate(rate)));
        lines.push(format!(
            "backlog: {} messages, built within {}, drained{drain_rate} to {} within {}, then the measurement's time",
            format_count(backlog.size_messages),
            format_duration(backlog.build_limit),
            format_count(backlog.drained_at_messages),
            format_duration(backlog.drain_limit),
        ));
    }
    if plan.period != PERIOD {
        lines.push(format!("periods of {}", format_duration(plan.period)));
    }
    lines
}

/// What runs, in a sentence; then times and CPUs, what changes while it runs, and where the settings come from.
pub(super) fn plan(plan: &Plan) -> String {
    let target = match plan.driver.kind {
        DriverKind::Kafka => format!("{} ({})", plan.driver_name, plan.driver.bootstrap_servers()),
        DriverKind::Embedded => "the embedded broker, no measure of Kafka".to_owned(),
        DriverKind::Null => "no broker, the generator alone".to_owned(),
    };
    let load = match plan.producers() {
        0 => "no producers, the run only consumes".to_owned(),
        _ => format!("{} of {}", plan.rate, plan.size_text()),
    };
    let topics = format!("{}, {}", plan.topics_shape(), plan.consumers_text());
    let warmup = match plan.warmup.is_zero() {
        true => "no warm-up".to_owned(),
        false => format!("warm-up {}", format_duration(plan.warmup)),
    };
    let measured = plan.duration.map_or_else(
        || "measured until interrupted (Ctrl-C)".to_owned(),
        |time| format!("measured {}", format_duration(time)),
    );
    let client = if plan.driver.is_wire() { ", by the wire driver" } else { "" };
    let mut lines = vec![
        format!("{} on {target}{client}: {load}, {topics}", plan.workload_name),
        format!("{warmup}, {measured} · {}", places(plan)),
    ];
    lines.extend(course(plan));
    let Inputs { workload, driver, set, files: _ } = &plan.inputs;
    let set = if set.is_empty() { String::new() } else { format!(" with {}", set.join(", ")) };
    lines.push(format!("files {workload}, {driver}{set}"));
    lines.join("\n")
}

/// Where the clients run; on shared CPUs also what is normal there, which is not said again.
fn places(plan: &Plan) -> String {
    let clients = counted(plan.clients.len(), "client");
    let hot: CpuSet = plan.placement.clients.iter().filter_map(|client| client.hot_cpu).collect();
    let cpus = if hot.len() == 1 { "CPU" } else { "CPUs" };
    let placed = if hot.is_empty() { clients } else { format!("{clients} on {cpus} {hot}") };
    if !plan.placement.oversubscribed {
        return placed;
    }
    let share = if hot.is_empty() { " share the CPUs" } else { ", which they share" };
    format!("{placed}{share}: late sends and latencies of some ms are normal here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_plan_is_told_in_a_few_lines() {
        let mut plan = Plan::for_tests(Duration::ZERO, Some(Duration::from_secs(30)));
        plan.inputs.workload = "w.yaml".to_owned();
        plan.inputs.driver = "d.yaml".to_owned();
        plan.placement.oversubscribed = false;
        let told = super::plan(&plan);
        let begins = "test on Kafka (?): 2 producers × 500 = 1,000 msg/s of 1,024 B, 1 topic × 4 partitions, 1 \
                      subscription × 2 consumers\n\
                      no warm-up, measured 30 s · 4 clients on CPU 1\nfiles w.yaml, d.yaml";
        assert_eq!(told, begins);
        plan.placement.oversubscribed = true;
        plan.inputs.set = vec!["topics=1".to_owned(), "acks=1".to_owned()];
        let told = super::plan(&plan);
        assert!(told.contains("4 clients on CPU 1, which they share: late sends"), "{told}");
        assert!(told.ends_with("files w.yaml, d.yaml with topics=1, acks=1"), "{told}");
    }
}
