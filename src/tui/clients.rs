//! The table of clients: one row each, with CPU, pacing error and state of its newest second.

use super::theme::Theme;
use crate::stats::{Counter, Latency};
use crate::telemetry::{ClientState, Role};
use crate::units::{format_count, format_ns};
use crate::worker::{ClientLive, TimelinePoint};
use ratatui::layout::{Alignment, Constraint};
use ratatui::text::Text;
use ratatui::widgets::{Cell, Row, Table};

/// What the table is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortOrder {
    Client,
    Cpu,
    Rate,
    P99,
    Pacing,
}

impl SortOrder {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Client => Self::Cpu,
            Self::Cpu => Self::Rate,
            Self::Rate => Self::P99,
            Self::P99 => Self::Pacing,
            Self::Pacing => Self::Client,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Cpu => "CPU",
            Self::Rate => "msg/s",
            Self::P99 => "p99",
            Self::Pacing => "pacing",
        }
    }
}

/// By number as they are; by a figure the highest first, clients without one last.
pub(super) fn sorted(clients: &[ClientLive], order: SortOrder, reversed: bool) -> Vec<&ClientLive> {
    let mut sorted: Vec<&ClientLive> = clients.iter().collect();
    let figure = |client: &ClientLive| -> f64 {
        let figure = match order {
            SortOrder::Client => None,
            SortOrder::Cpu => client.second.as_ref().map(cpu_share),
            SortOrder::Rate => Some(rate(client)),
            SortOrder::P99 => latency(client, 0).map(|ns| ns as f64),
            SortOrder::Pacing => pacing(client).map(|ns| ns as f64),
        };
        figure.unwrap_or(-1.0)
    };
    sorted.sort_by(|a, b| figure(b).total_cmp(&figure(a)));
    if reversed {
        sorted.reverse();
    }
    sorted
}

fn per_second(second: &TimelinePoint, counter: Counter) -> f64 {
    if second.span_s > 0.0 { second.counters[counter] as f64 / second.span_s } else { 0.0 }
}

fn rate(client: &ClientLive) -> f64 {
    let counter = match client.role {
        Role::Producer => Counter::MessagesAcknowledged,
        Role::Consumer => Counter::MessagesReceived,
    };
    client.second.as_ref().map_or(0.0, |second| per_second(second, counter))
}

/// CPU time of the process in a second, in CPUs.
fn cpu_share(second: &TimelinePoint) -> f64 {
    (per_second(second, Counter::CpuUserNs) + per_second(second, Counter::CpuSystemNs)) / 1e9
}

/// p99 of the role's own latency: acknowledgement, or end to end.
fn latency(client: &ClientLive, family: usize) -> Option<u64> {
    let second = client.second.as_ref()?;
    second.latencies_ns.get(family).map(|[_, p99, _]| *p99).filter(|ns| *ns > 0)
}

fn pacing(client: &ClientLive) -> Option<u64> {
    let family = Latency::PRODUCER.iter().position(|family| *family == Latency::PublishDelay)?;
    (client.role == Role::Producer).then(|| latency(client, family)).flatten()
}

fn state(client: &ClientLive) -> &'static str {
    match client.state {
        None => "starting",
        Some(ClientState::Attached) => "connecting",
        Some(ClientState::Ready) if client.role == Role::Producer => "ready",
        Some(ClientState::Ready | ClientState::Running) => match client.role {
            Role::Producer => "sending",
            Role::Consumer => "receiving",
        },
        Some(ClientState::Quiet) => "flushed",
        Some(ClientState::Done) => "done",
        Some(ClientState::Failed) => "failed",
    }
}

const TITLES: [&str; 8] = ["client", "state", "on", "CPU", "msg/s", "p99", "pacing p99", "late"];
const WIDTHS: [Constraint; 8] = [
    Constraint::Min(12),
    Constraint::Length(10),
    Constraint::Length(4),
    Constraint::Length(6),
    Constraint::Length(10),
    Constraint::Length(8),
    Constraint::Length(10),
    Constraint::Length(8),
];

pub(super) fn table(clients: &[&ClientLive], theme: Theme) -> Table<'static> {
    let right = |text: String| Cell::from(Text::from(text).alignment(Alignment::Right));
    let head = TITLES.iter().enumerate().map(|(column, title)| match column {
        0 | 1 => Cell::from(*title),
        _ => right((*title).to_owned()),
    });
    let rows = clients.iter().map(|client| {
        let worker = client.worker.as_ref().map(|worker| format!("{worker} ")).unwrap_or_default();
        let ns = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), format_ns);
        let second = client.second.as_ref();
        let late = second.filter(|_| client.role == Role::Producer);
        let state = state(client);
        let cells = [
            Cell::from(format!("{worker}{} {}", client.role, client.index)),
            Cell::from(state).style(if state == "failed" { theme.alarm() } else { theme.quiet() }),
            right(client.cpu.map_or_else(|| "–".to_owned(), |cpu| cpu.to_string())),
            right(second.map_or_else(|| "–".to_owned(), |second| format!("{:.0} %", cpu_share(second) * 100.0))),
            right(format_count(super::draw::whole(rate(client)))),
            right(ns(latency(client, 0))),
            right(ns(pacing(client))),
            right(late.map_or_else(|| "–".to_owned(), |second| format_count(second.counters[Counter::LateSends]))),
        ];
        Row::new(cells)
    });
    Table::new(rows, WIDTHS).header(Row::new(head).style(theme.title())).column_spacing(1)
}
