//! What `pinload plan` prints: everything that would happen and why, in aligned lines without colours. Secrets are masked.

mod properties;

use super::{ClientPlan, DriverKind, KeyDistributor, PayloadPlan, Plan};
use crate::telemetry::Role;
use crate::units::{counted, format_count, format_duration, wrap};
use std::fmt::{Display, Formatter, Result};

/// Width of the first column, which names what a line is about.
const LABEL: usize = 10;
/// Width of what stands beside it: terminals of 100 columns show it whole.
const ROOM: usize = 100 - LABEL - 1;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut page = Page { f, label: "" };
        page.section("plan", format!("{} on {}", self.workload_name, self.target()))?;
        page.section("topics", self.topics_text())?;
        for (name, value) in &self.topics.config {
            page.more(format!("{name}={value}"))?;
        }
        page.section("rate", &self.rate)?;
        page.more(&self.rate.scope_reason)?;
        page.more(format!("late sends: {}", self.rate.late))?;
        page.section("message", self.message_text())?;
        page.more(match &self.message.no_stamp_reason {
            None => "stamped: ns end-to-end latency and exact accounting".to_owned(),
            Some(why) => {
                format!("not stamped ({why}): end-to-end latency from CreateTime in ms, accounting by counts only")
            }
        })?;
        page.section("consumers", self.consumers_text())?;
        page.section("time", self.time_text())?;
        page.section("limits", self.limits_text())?;
        self.write_clients(&mut page)?;
        for (label, properties) in
            [("admin", &self.driver.admin), ("producer", &self.driver.producer), ("consumer", &self.driver.consumer)]
        {
            page.label = label;
            for line in properties::lines(properties, ROOM) {
                page.line(line)?;
            }
        }
        for warning in &self.warnings {
            page.section("warn", warning)?;
        }
        Ok(())
    }
}

/// Lines under a label that is printed once.
struct Page<'a, 'f> {
    f: &'a mut Formatter<'f>,
    label: &'static str,
}

impl Page<'_, '_> {
    fn section(&mut self, label: &'static str, text: impl Display) -> Result {
        self.label = label;
        self.more(text)
    }
    fn more(&mut self, text: impl Display) -> Result {
        wrap(&text.to_string(), ROOM, 2).iter().try_for_each(|line| self.line(line))
    }
    fn line(&mut self, line: impl Display) -> Result {
        let label = std::mem::take(&mut self.label);
        writeln!(self.f, "{label:<LABEL$} {line}")
    }
}

impl Plan {
    fn target(&self) -> String {
        let name = &self.driver_name;
        match self.driver.kind {
            DriverKind::Kafka => format!("{name} (Kafka at {})", self.driver.bootstrap_servers()),
            DriverKind::Embedded => "the embedded broker (librdkafka's mock cluster on loopback)".to_owned(),
            DriverKind::Null => format!("{name} (no messaging system: measures the generator itself)"),
        }
    }

    fn topics_text(&self) -> String {
        let shape = format!(
            "{} × {}",
            counted(self.topics.count, "topic"),
            counted(self.topics.partitions_per_topic, "partition")
        );
        if !self.topics.existing.is_empty() {
            return format!("{shape}; existing, kept: {}", self.topics.existing.join(", "));
        }
        let copies = match self.topics.replication_factor {
            -1 => "copies as the broker's default".to_owned(),
            factor => format!("replication factor {factor}"),
        };
        let after = match (self.driver.kind, self.delete_topics) {
            (DriverKind::Embedded, _) => "gone with the broker",
            (_, true) => "deleted at the end",
            (_, false) => "kept",
        };
        format!("{shape}, {copies}; made for this run, {after}")
    }

    fn message_text(&self) -> String {
        let message = &self.message;
        let payload = match &message.payload {
            PayloadPlan::Randomized { random_bytes: 0, .. } => "all zeros".to_owned(),
            PayloadPlan::Randomized { pool, random_bytes, .. } => format!(
                "{} of {} random bytes, then zeros",
                counted(*pool, "payload"),
                format_count(u64::from(*random_bytes))
            ),
            PayloadPlan::File { path } => format!("payload from {}", path.display()),
        };
        let keys = match message.keys {
            KeyDistributor::NoKey => "no key".to_owned(),
            keys => format!("keys {}", keys.name()),
        };
        format!("{} B, {payload}, {keys}", format_count(message.size_bytes.into()))
    }

    fn consumers_text(&self) -> String {
        match self.subscriptions_per_topic {
            0 => "no subscriptions (the run only produces)".to_owned(),
            subscriptions => format!(
                "{} × {}",
                counted(subscriptions, "subscription"),
                counted(self.consumers_per_subscription, "consumer")
            ),
        }
    }

    fn time_text(&self) -> String {
        let warmup = if self.warmup.is_zero() {
            "no warm-up".to_owned()
        } else {
            format!("{} warm-up", format_duration(self.warmup))
        };
        match self.duration {
            Some(duration) => format!("{warmup}, {} measurement", format_duration(duration)),
            None => format!("{warmup}, then measurement until interrupted (Ctrl-C)"),
        }
    }

    fn limits_text(&self) -> String {
        let limits = &self.limits;
        format!(
            "connect {} · ready {} · flush {} · catch up {}",
            format_duration(limits.connect),
            format_duration(limits.ready),
            format_duration(limits.flush),
            format_duration(limits.catch_up)
        )
    }

    fn write_clients(&self, page: &mut Page<'_, '_>) -> Result {
        let clients = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        let supervisor = &self.placement.supervisor;
        let cpus = if supervisor.len() == 1 { "CPU" } else { "CPUs" };
        page.section("clients", format!("{}, supervisor on {cpus} {supervisor}", counted(clients, "process")))?;
        let rows: Vec<[String; 4]> = self.clients.iter().map(client_row).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2)];
        for [name, place, cpu, rest] in &rows {
            let [w0, w1, w2] = widths;
            page.line(format!("{name:<w0$}  {place:<w1$}  {cpu:<w2$}  {rest}").trim_end())?;
        }
        for note in &self.placement.notes {
            page.more(format!("note: {note}"))?;
        }
        Ok(())
    }
}

/// Name, place among topics, hot CPU, the rest.
fn client_row(client: &ClientPlan) -> [String; 4] {
    let role = match client.role {
        Role::Producer => "producer",
        Role::Consumer => "consumer",
    };
    let place = match client.subscription {
        None => format!("topic {}", client.topic),
        Some(subscription) => format!("topic {} · subscription {subscription}", client.topic),
    };
    let at = &client.placement;
    let cpu = at.hot_cpu.map_or_else(|| "not pinned".to_owned(), |cpu| format!("CPU {cpu}"));
    let shared = if at.hot_cpu_shared { " (shared)" } else { "" };
    let mut rest = format!("I/O {}", at.io_cpus);
    if let Some(node) = at.node {
        rest.push_str(&format!("  node {node}"));
    }
    if let Some(policy) = &at.memory_policy {
        rest.push_str(&format!("  memory {policy}"));
    }
    [format!("{role} {}", client.index), place, format!("{cpu}{shared}"), rest]
}
