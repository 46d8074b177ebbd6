//! The picture: what runs and how long still, the key figures, three charts, clients, what was said, keys. It fits
//! 80×24.

use super::chart::{Curve, chart};
use super::clients::table;
use super::state::{ChartPoint, ShownState, ViewState};
use super::theme::Theme;
use crate::report::rows::clock;
use crate::units::{format_count, format_duration, format_ns, format_rate};
use crate::workload_generator::Phase;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use std::collections::VecDeque;
use std::time::Duration;

/// Fewer lines than this show no charts.
const LEAST_FOR_CHARTS: u16 = 20;

pub(super) fn draw(frame: &mut Frame<'_>, state: &ViewState, theme: Theme) {
    let area = frame.area();
    let charts = if area.height >= LEAST_FOR_CHARTS { (area.height - 11) / 2 } else { 0 };
    let clients = u16::try_from(state.clients().len()).unwrap_or(u16::MAX).saturating_add(2);
    let [head, figures, drawn, table, said, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(charts),
        Constraint::Length(clients.min(area.height.saturating_sub(8 + charts)).max(3)),
        Constraint::Min(2),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(heading(state, theme, area.width)), head);
    frame.render_widget(Paragraph::new(key_figures(state.shown(), theme)), figures);
    if charts > 0 {
        draw_charts(frame, drawn, state.shown(), theme);
    }
    draw_clients(frame, table, state, theme);
    draw_said(frame, said, state, theme);
    frame.render_widget(Paragraph::new(keys_line(state, theme)), keys);
}

/// `simple-workload on Kafka   measured 00:37 of 05:00, 4 min 23 s left`
fn heading(state: &ViewState, theme: Theme, width: u16) -> Line<'static> {
    let shown = state.shown();
    let mut right = match (&shown.waiting, &shown.tick) {
        (Some((phase, limit, since)), _) => {
            let limit = limit.map(|limit| format!(" of at most {}", format_duration(limit))).unwrap_or_default();
            format!("{} {} s{limit}", doing(*phase), since.elapsed().as_secs())
        }
        (None, Some(tick)) => {
            let elapsed = Duration::from_nanos(tick.elapsed_ns);
            let left = tick.planned_ns.map(|planned| {
                let left = Duration::from_nanos(planned).saturating_sub(elapsed).as_secs();
                format!(" of {}, {} left", clock(planned), format_duration(Duration::from_secs(left)))
            });
            format!("{} {}{}", doing(tick.phase), clock(tick.elapsed_ns), left.unwrap_or_default())
        }
        (None, None) => "starting".to_owned(),
    };
    if state.is_paused() {
        right = format!("VIEW PAUSED · {right}");
    }
    let room = usize::from(width).saturating_sub(right.chars().count() + 2);
    let title: String = state.title.chars().take(room).collect();
    let gap = usize::from(width).saturating_sub(title.chars().count() + right.chars().count());
    Line::from(vec![Span::styled(title, theme.title()), Span::raw(" ".repeat(gap)), Span::raw(right)])
}

fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Start => "starting",
        Phase::Ready => "waiting for assignments and probes",
        Phase::WarmUp => "warm-up",
        Phase::Measure => "measured",
        Phase::Flush => "flushing",
        Phase::CatchUp => "letting consumers catch up",
        Phase::Close => "closing",
    }
}

fn key_figures(shown: &ShownState, theme: Theme) -> Vec<Line<'static>> {
    let Some(tick) = &shown.tick else { return Vec::new() };
    let latency = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), format_ns);
    let failed = if shown.failed > 0 { theme.alarm() } else { theme.quiet() };
    vec![
        Line::from(vec![
            Span::styled(format!("sent {:<12}", format_rate(tick.sent_per_s)), theme.first()),
            Span::styled(format!("received {:<12}", format_rate(tick.received_per_s)), theme.second()),
            Span::raw(format!("backlog {:<10}", format_count(tick.backlog))),
            Span::raw(format!("late {:<7}", format_count(tick.late_sends))),
            Span::styled(format!("failed {}", format_count(shown.failed)), failed),
        ]),
        Line::from(vec![
            Span::raw("p99 of the last second   "),
            Span::styled(format!("acknowledged {:<12}", latency(tick.acknowledge_p99_ns)), theme.first()),
            Span::styled(format!("end to end {:<9}", latency(tick.end_to_end_p99_ns)), theme.second()),
            goals_so_far(shown, theme),
        ]),
    ]
}

/// `goals 1/2`: met so far, of how many.
fn goals_so_far(shown: &ShownState, theme: Theme) -> Span<'static> {
    let Some((met, all, missed)) = shown.goals else { return Span::raw("") };
    let style = if missed { theme.alarm() } else { theme.quiet() };
    Span::styled(format!("goals {met}/{all}"), style)
}

fn draw_charts(frame: &mut Frame<'_>, area: Rect, shown: &ShownState, theme: Theme) {
    let [rates, backlog, latencies] = Layout::horizontal([Constraint::Ratio(1, 3); 3]).spacing(1).areas(area);
    let of = |name, style, value: &dyn Fn(&ChartPoint) -> Option<f64>| Curve {
        name,
        points: curve(&shown.points, area.width, value),
        style,
    };
    let rate = [
        of("sent", theme.first(), &|point| Some(point.sent_per_s)),
        of("received", theme.second(), &|point| Some(point.received_per_s)),
    ];
    chart(frame, rates, "msg/s ", &rate, short, theme);
    let waiting = [of("", theme.first(), &|point| Some(point.backlog))];
    chart(frame, backlog, "backlog, messages", &waiting, short, theme);
    let latency = [
        of("ack", theme.first(), &|point| point.acknowledged_ms),
        of("end to end", theme.second(), &|point| point.end_to_end_ms),
    ];
    chart(frame, latencies, "p99", &latency, |ms| format_ns(whole(ms * 1e6)), theme);
}

/// The newest seconds that have room, as seconds before now.
fn curve(points: &VecDeque<ChartPoint>, width: u16, value: &dyn Fn(&ChartPoint) -> Option<f64>) -> Vec<(f64, f64)> {
    let seconds = usize::from(width).min(points.len());
    let newest = points.iter().skip(points.len() - seconds).enumerate();
    newest.filter_map(|(at, point)| Some((at as f64 + 1.0 - seconds as f64, value(point)?))).collect()
}

/// `20 k`, `1.5 M`: a label has little room.
fn short(value: f64) -> String {
    match value {
        _ if value >= 1e6 => format!("{} M", value / 1e6),
        _ if value >= 1e4 => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    }
}

fn draw_clients(frame: &mut Frame<'_>, area: Rect, state: &ViewState, theme: Theme) {
    let clients = state.clients();
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    // The last ones fill the table.
    let from = state.scroll.min(clients.len().saturating_sub(room));
    let seen = &clients[from..clients.len().min(from + room)];
    let more = clients.len() - seen.len();
    let more = if more > 0 { format!(", {more} more: ↑ ↓") } else { String::new() };
    let turned = if state.reversed { ", reversed" } else { "" };
    let title = format!("{} clients by {}{turned}{more}", clients.len(), state.order.name());
    let block =
        Block::new().borders(Borders::TOP).border_style(theme.quiet()).title(Span::styled(title, theme.title()));
    frame.render_widget(table(seen, theme).block(block), area);
}

fn draw_said(frame: &mut Frame<'_>, area: Rect, state: &ViewState, theme: Theme) {
    let said = &state.shown().said;
    let room = usize::from(area.height.saturating_sub(1));
    let newest = said.iter().skip(said.len().saturating_sub(room));
    let lines: Vec<Line<'static>> = match said.is_empty() {
        true => vec![Line::styled("nothing so far", theme.quiet())],
        false => newest.map(|line| Line::raw(line.clone())).collect(),
    };
    let title = Span::styled("errors and warnings", theme.title());
    let block = Block::new().borders(Borders::TOP).border_style(theme.quiet()).title(title);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn keys_line(state: &ViewState, theme: Theme) -> Line<'static> {
    if state.asks {
        return Line::styled("end the run? y: yes, any other key: no", theme.alarm());
    }
    if state.ending {
        return Line::styled("the run is ending · Ctrl-C: end at once · q: leave the view", theme.alarm());
    }
    let pause = if state.is_paused() { "p go on" } else { "p pause" };
    let keys = format!("{pause} · s sort · r reverse · ↑ ↓ scroll · q leave the view · e end the run");
    Line::styled(keys, theme.quiet())
}

/// A figure without its fraction.
pub(super) fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and nothing here is negative"
    )]
    let whole = value.round() as u64;
    whole
}
