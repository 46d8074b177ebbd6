//! The few lines that say what is about to run. The whole plan is `pinload plan`'s (or `--verbose`).

use crate::driver::kafka::library;
use crate::plan::resolve::Machine;
use crate::plan::{ClientPlan, DriverKind, PERIOD, PlacementPolicy, Plan, SearchRule};
use crate::units::{counted, format_count, format_duration, format_rate};

/// Clients shown one by one; more are not read by anybody.
const CLIENTS_SHOWN: usize = 16;

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

/// Topics and subscriptions, rate and whose it is, times; then where each client runs, and what there is to say about it.
pub(super) fn plan(plan: &Plan) -> String {
    let broker = match plan.driver.kind {
        DriverKind::Kafka => "",
        DriverKind::Embedded => " · embedded broker, no measure of Kafka",
        DriverKind::Null => " · no broker, the generator alone",
    };
    let mut text = format!(
        "{} · {}{broker}\n{}\n{} · {}",
        plan.topics_shape(),
        plan.consumers_text(),
        if plan.producers() == 0 {
            "no producers: the run only consumes".to_owned()
        } else {
            format!("{} of {} · {}", plan.rate, plan.size_text(), plan.rate.scope_reason)
        },
        if plan.warmup.is_zero() {
            "no warm-up".to_owned()
        } else {
            format!("warm-up {}", format_duration(plan.warmup))
        },
        plan.duration.map_or_else(
            || "measurement until interrupted (Ctrl-C)".to_owned(),
            |time| format!("measurement {}", format_duration(time))
        ),
    );
    for line in course(plan) {
        text.push('\n');
        text.push_str(&line);
    }
    // On workers nobody knows yet.
    let pinned = plan.placement.policy != PlacementPolicy::None;
    for client in plan.clients.iter().filter(|_| pinned).take(CLIENTS_SHOWN) {
        text.push('\n');
        text.push_str(&place(client));
    }
    if pinned && plan.clients.len() > CLIENTS_SHOWN {
        text.push_str(&format!("\nand {} more clients, see pinload plan", plan.clients.len() - CLIENTS_SHOWN));
    }
    for note in &plan.placement.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text
}

/// `producer 0 → CPU 2 (I/O 8-11, node 0)`
fn place(client: &ClientPlan) -> String {
    let ClientPlan { role, index, placement, .. } = client;
    let Some(cpu) = placement.hot_cpu else {
        return format!("{role} {index} → not pinned");
    };
    let node = placement.node.map(|node| format!(", node {node}")).unwrap_or_default();
    let shared = if placement.hot_cpu_shared { ", shared" } else { "" };
    format!("{role} {index} → CPU {cpu} (I/O {}{node}{shared})", placement.io_cpus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_plan_is_told_in_a_few_lines() {
        let mut plan = Plan::for_tests(Duration::ZERO, Some(Duration::from_secs(30)));
        let told = super::plan(&plan);
        assert!(told.starts_with("1 topic × 4 partitions · 1 subscription × 2 consumers\n"), "{told}");
        assert!(told.contains(" of 1,024 B · driverClass is OMB's\nno warm-up · measurement 30 s\n"), "{told}");
        assert!(told.contains("\nproducer 0 → CPU 1 (I/O 0, node 0, shared)\n"), "{told}");
        plan.clients = vec![plan.clients[0].clone(); 40];
        plan.placement.notes.push("all share".to_owned());
        assert!(super::plan(&plan).ends_with("\nand 24 more clients, see pinload plan\nnote: all share"));
    }
}
