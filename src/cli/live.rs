//! The live line: one line on a terminal's standard error, rewritten every second.

use crate::report::rows::clock;
use crate::units::{format_count, format_duration, format_ns, format_rate};
use crate::workload_generator::{LiveTick, Phase};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// How often the line moves by itself while nothing is measured.
const MOVE_EVERY: Duration = Duration::from_secs(1);

/// The line on the terminal. Without a terminal there is none: see `Live::on_terminal`.
#[derive(Debug)]
pub(super) struct LiveLine {
    bar: ProgressBar,
}

impl LiveLine {
    /// A line, if standard error is a terminal.
    pub(super) fn on_terminal() -> Option<Self> {
        let live = Self { bar: ProgressBar::no_length() };
        // Until there is something to show; the library's own style would draw an empty bar.
        live.style("{msg}");
        (!live.bar.is_hidden()).then_some(live)
    }

    /// Shows figures; the next ones come in a second.
    pub(super) fn show(&self, text: String) {
        self.bar.disable_steady_tick();
        self.style("{spinner} {wide_msg}");
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Shows what is waited for, and for how long it has been.
    pub(super) fn wait(&self, text: String) {
        self.style("{spinner} {msg} {elapsed}");
        self.bar.reset_elapsed();
        self.bar.set_message(text);
        self.bar.enable_steady_tick(MOVE_EVERY);
    }

    /// The parts are known to the library; a style that it refuses would only look plainer.
    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Takes the line away while something else is printed.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the line away for good.
    pub(super) fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

/// Columns that the spinner takes.
const SPINNER: usize = 2;

/// `measure 00:37/05:00  sent 19,998/s  received 20,003/s  backlog 12  ack p99 2.10 ms  e2e p99 3.40 ms  late 0`, as
/// much of it as `columns` hold.
pub(super) fn figures(tick: &LiveTick, columns: usize) -> String {
    let elapsed = clock(tick.elapsed_ns);
    let time = tick.planned_ns.map_or_else(|| elapsed.clone(), |planned| format!("{elapsed}/{}", clock(planned)));
    let latency = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), format_ns);
    let phase = match tick.phase {
        Phase::WarmUp => "warm-up",
        _ => "measure",
    };
    let mut line = format!("{phase} {time}");
    for part in [
        format!("sent {}", format_rate(tick.sent_per_s)),
        format!("received {}", format_rate(tick.received_per_s)),
        format!("backlog {}", format_count(tick.backlog)),
        format!("ack p99 {}", latency(tick.acknowledge_p99_ns)),
        format!("e2e p99 {}", latency(tick.end_to_end_p99_ns)),
        format!("late {}", format_count(tick.late_sends)),
    ] {
        if SPINNER + line.chars().count() + 2 + part.chars().count() > columns {
            break;
        }
        line.push_str("  ");
        line.push_str(&part);
    }
    line
}

/// `letting consumers catch up (at most 30 s):`, to be followed by the time it has taken.
pub(super) fn waiting(phase: Phase, limit: Option<Duration>) -> String {
    let what = match phase {
        Phase::Start => "starting",
        Phase::Ready => "waiting for assignments and probes",
        Phase::WarmUp => "warming up",
        Phase::Measure => "measuring",
        Phase::Flush => "flushing",
        Phase::CatchUp => "letting consumers catch up",
        Phase::Close => "closing",
    };
    let limit = limit.map_or_else(String::new, |limit| format!(" (at most {})", format_duration(limit)));
    format!("{what}{limit}:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::NS_PER_S;

    fn tick(phase: Phase, planned_s: Option<u64>) -> LiveTick {
        LiveTick {
            phase,
            elapsed_ns: 37 * NS_PER_S + 400_000_000,
            planned_ns: planned_s.map(|s| s * NS_PER_S),
            sent_per_s: 19_998.2,
            received_per_s: 20_003.0,
            acknowledge_p99_ns: Some(2_100_000),
            end_to_end_p99_ns: None,
            backlog: 1_012,
            late_sends: 0,
            clients: Vec::new(),
        }
    }

    #[test]
    fn the_line_says_phase_time_rates_backlog_latencies_and_lateness() {
        assert_eq!(
            figures(&tick(Phase::Measure, Some(300)), 200),
            "measure 00:37/05:00  sent 19,998/s  received 20,003/s  backlog 1,012  ack p99 2.10 ms  e2e p99 –  late 0"
        );
        assert!(figures(&tick(Phase::WarmUp, None), 200).starts_with("warm-up 00:37  sent"));
    }

    #[test]
    fn a_narrow_terminal_shows_whole_figures_only() {
        let narrow = figures(&tick(Phase::Measure, Some(300)), 80);
        assert_eq!(narrow, "measure 00:37/05:00  sent 19,998/s  received 20,003/s  backlog 1,012");
        assert_eq!(figures(&tick(Phase::Measure, Some(300)), 10), "measure 00:37/05:00");
    }

    #[test]
    fn a_wait_says_what_for_and_its_limit() {
        assert_eq!(
            waiting(Phase::Ready, Some(Duration::from_secs(60))),
            "waiting for assignments and probes (at most 1 min):"
        );
        assert_eq!(waiting(Phase::Close, None), "closing:");
    }

    #[test]
    fn long_phases_show_hours() {
        assert_eq!(clock(3_599 * NS_PER_S), "59:59");
        assert_eq!(clock(3_661 * NS_PER_S), "1:01:01");
    }
}
