//! What `pinload plan` prints: everything that would happen and why, in aligned lines without colours. Secrets are
//! masked.
//!
//! Over 250 lines: what is printed, in the order in which it is printed.

mod properties;

use super::{ClientPlan, DriverKind, KeyDistributor, MessagePlan, PayloadPlan, Plan, SizePlan};
use crate::telemetry::Role;
use crate::units::{Rate, counted, format_count, format_duration, wrap};
use std::fmt::{Display, Formatter, Result};

/// Width of the first column, which names what a line is about.
const LABEL: usize = 10;
/// Width of what stands beside it: terminals of 100 columns show it whole.
const ROOM: usize = 100 - LABEL - 1;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut page = PlanPage { f, label: "" };
        page.section("plan", format!("{} on {}", self.workload_name, self.target()))?;
        page.section("topics", self.topics_text())?;
        for (name, value) in &self.topics.config {
            page.more(format!("{name}={value}"))?;
        }
        if self.producers() == 0 {
            page.section("rate", "no producers: the run only consumes what its topics hold and what others send")?;
            page.more(ONLY_CONSUMED)?;
        } else {
            page.section("rate", &self.rate)?;
            page.more(&self.rate.scope_reason)?;
            if self.rate.total != Rate::Unlimited {
                page.more(format!("arrivals: {}", self.rate.arrivals))?;
            }
            page.more(format!("late sends: {}", self.rate.late))?;
            page.section("message", self.message_text())?;
            page.more(match &self.message.no_stamp_reason {
                None => "stamped: ns end-to-end latency and exact accounting".to_owned(),
                Some(why) => {
                    format!("not stamped ({why}): end-to-end latency from CreateTime in ms, accounting by counts only")
                }
            })?;
        }
        if let Some(each) = self.each_topic(|plan, topic| plan.producers_of(topic)) {
            page.section("producers", format!("{each} of the topics"))?;
        }
        page.section("consumers", self.consumers_text())?;
        if let Some(processing) = &self.consumer_processing {
            page.more(format!("they process {processing}: end-to-end times end when a message's turn comes"))?;
        }
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
            page.section("warn", &warning.text)?;
        }
        Ok(())
    }
}

/// What a run without producers measures.
const ONLY_CONSUMED: &str = "consumers are held until the load begins; end-to-end latency of messages created after \
                             that, from CreateTime in ms; no backlog, no accounting";

/// Lines under a label that is printed once.
struct PlanPage<'a, 'f> {
    f: &'a mut Formatter<'f>,
    label: &'static str,
}

impl PlanPage<'_, '_> {
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
        let wire = if self.driver.wire_joins_group() {
            ", by the wire driver: what the broker can do; groups by ConsumerGroupHeartbeat (group.protocol=consumer)"
        } else if self.driver.is_wire() {
            ", by the wire driver: what the broker can do; each consumer has its share of the partitions by plan"
        } else {
            ""
        };
        match self.driver.kind {
            DriverKind::Kafka => format!("{name} (Kafka at {}){wire}", self.driver.bootstrap_servers()),
            DriverKind::Embedded => format!("the embedded broker (librdkafka's mock cluster on loopback){wire}"),
            DriverKind::Null => format!("{name} (no messaging system: measures the generator itself)"),
        }
    }

    fn topics_text(&self) -> String {
        let shape = self.topics_shape();
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
        let made = if self.topics.fixed_names() {
            "the same names in every run (randomTopicNames: false), made where they do not exist"
        } else {
            "made for this run"
        };
        format!("{shape}, {copies}; {made}, {after}")
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
            PayloadPlan::Folder { path, files } => {
                format!("{} from {}", counted(*files, "payload"), path.display())
            }
            PayloadPlan::Distribution { sizes, .. } => sizes_text(sizes),
            PayloadPlan::Given { payloads, .. } => format!("{} given", counted(payloads.len(), "payload")),
        };
        let keys = match message.keys {
            KeyDistributor::NoKey => "no key".to_owned(),
            keys => format!("keys {}", keys.name()),
        };
        format!("{}, {payload}, {keys}", self.size_text())
    }

    /// `1,024 B`, or `1,024 B on average (at most 4,096)` where sizes differ.
    pub fn size_text(&self) -> String {
        let MessagePlan { size_bytes, largest_bytes, .. } = self.message;
        let size = format!("{} B", format_count(size_bytes.into()));
        if size_bytes == largest_bytes {
            size
        } else {
            format!("{size} on average (at most {})", format_count(largest_bytes.into()))
        }
    }

    /// `2 topics × 4 partitions`, or each topic's where they differ.
    pub fn topics_shape(&self) -> String {
        let topics = counted(self.topics.count, "topic");
        match self.each_topic(|plan, topic| plan.partitions_of(topic)) {
            Some(each) => format!("{topics} with {each} partitions"),
            None if self.topics.partitions_per_topic == 0 => format!("{topics} with as many partitions as they have"),
            None => format!("{topics} × {}", counted(self.topics.partitions_per_topic, "partition")),
        }
    }

    /// `1 subscription × 2 consumers`, or each topic's where they differ.
    pub fn consumers_text(&self) -> String {
        let consumers = counted(self.consumers_per_subscription, "consumer");
        match self.each_topic(|plan, topic| plan.subscriptions_of(topic)) {
            Some(each) => format!("{each} subscriptions of the topics × {consumers}"),
            None if self.subscriptions_per_topic == 0 => "no subscriptions (the run only produces)".to_owned(),
            None => format!("{} × {consumers}", counted(self.subscriptions_per_topic, "subscription")),
        }
    }

    /// `4, 4, 8` where topics differ in this; only the first and how many more where there are many.
    fn each_topic(&self, of: impl Fn(&Self, u32) -> u32) -> Option<String> {
        /// More numbers than this nobody reads.
        const SHOWN: usize = 8;
        let each: Vec<u32> = (0..self.topics.count).map(|topic| of(self, topic)).collect();
        if each.iter().all(|number| *number == each[0]) {
            return None;
        }
        let shown: Vec<String> = each.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = if each.len() > SHOWN { format!(", … ({} more)", each.len() - SHOWN) } else { String::new() };
        Some(format!("{}{more}", shown.join(", ")))
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
            "connect {} · topics {} · ready {} · flush {} · catch up {}",
            format_duration(limits.connect),
            format_duration(limits.topics),
            format_duration(limits.ready),
            format_duration(limits.flush),
            format_duration(limits.catch_up)
        )
    }

    fn write_clients(&self, page: &mut PlanPage<'_, '_>) -> Result {
        let clients = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        let supervisor = &self.placement.supervisor;
        let cpus = if supervisor.len() == 1 { "CPU" } else { "CPUs" };
        page.section("needs", self.demand().to_string())?;
        page.section("clients", format!("{}, supervisor on {cpus} {supervisor}", counted(clients, "process")))?;
        let rows: Vec<[String; 4]> = self.clients.iter().map(client_row).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2)];
        for [name, place, cpu, rest] in &rows {
            let [w0, w1, w2] = widths;
            page.line(format!("{name:<w0$}  {place:<w1$}  {cpu:<w2$}  {rest}").trim_end())?;
        }
        for note in &self.placement.notes {
            page.more(note)?;
        }
        Ok(())
    }
}

/// `sizes 0–256 (94.2 %), 1,024–4,096 (5.8 %)`, each sent as its end.
fn sizes_text(sizes: &[SizePlan]) -> String {
    let sum: u64 = sizes.iter().map(|size| size.weight).sum();
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let share = |weight: u64| weight as f64 * 100.0 / sum.max(1) as f64;
    let range = |size: &SizePlan| {
        let [lowest, highest] = [size.lowest_bytes, size.highest_bytes].map(|bytes| format_count(bytes.into()));
        format!("{lowest}–{highest} B ({:.1} %)", share(size.weight))
    };
    let ranges: Vec<String> = sizes.iter().map(range).collect();
    format!("sizes {}, each sent at its upper end", ranges.join(", "))
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
    let mut rest = match at.io_thread {
        None => format!("I/O {}", at.io_cpus),
        Some(thread) => format!("I/O thread {}{}", thread.cpu, if thread.shared { " (shared)" } else { "" }),
    };
    if let Some(node) = at.node {
        rest.push_str(&format!("  node {node}"));
    }
    if let Some(policy) = &at.memory_policy {
        rest.push_str(&format!("  memory {policy}"));
    }
    [format!("{role} {}", client.index), place, format!("{cpu}{shared}"), rest]
}
