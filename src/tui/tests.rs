//! The view on a terminal that is none: what stands where, and what keys do.

use super::ViewUpdate;
use super::draw::draw;
use super::state::{KeyAction, ViewState};
use super::theme::Theme;
use crate::stats::{Counter, Counters};
use crate::telemetry::{ClientState, Role};
use crate::worker::{ClientLive, TimelinePoint};
use crate::workload_generator::{LiveTick, Phase};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const S: u64 = 1_000_000_000;

fn client(role: Role, index: u32, cpu_share: u64, p99_ns: u64) -> ClientLive {
    let mut counters = Counters::default();
    counters[Counter::CpuUserNs] = cpu_share * S / 100;
    counters[Counter::MessagesAcknowledged] = 500;
    counters[Counter::MessagesReceived] = 500;
    counters[Counter::LateSends] = 3;
    let second = TimelinePoint {
        at_s: 1.0,
        span_s: 1.0,
        counters,
        latencies_ns: vec![[1_000, p99_ns, p99_ns], [1_000, p99_ns, p99_ns], [1_000, 6_000, 9_000]],
    };
    ClientLive { worker: None, role, index, state: Some(ClientState::Running), cpu: Some(2), second: Some(second) }
}

fn tick(second: u64, sent_per_s: f64) -> ViewUpdate {
    ViewUpdate::Tick(Box::new(LiveTick {
        phase: Phase::Measure,
        elapsed_ns: second * S,
        planned_ns: Some(300 * S),
        sent_per_s,
        received_per_s: sent_per_s,
        acknowledge_p99_ns: Some(2_100_000),
        end_to_end_p99_ns: Some(3_400_000),
        backlog: 12,
        late_sends: 7,
        clients: vec![
            client(Role::Producer, 0, 20, 2_000_000),
            client(Role::Producer, 1, 90, 1_000_000),
            client(Role::Consumer, 0, 50, 3_000_000),
            client(Role::Consumer, 1, 10, 4_000_000),
        ],
    }))
}

fn state() -> ViewState {
    let mut state = ViewState::new("simple-workload on Kafka".to_owned());
    for second in 1..=37 {
        assert!(state.hear(tick(second, 20_000.0)));
    }
    state
}

fn picture(state: &ViewState, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, Theme::Plain)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let line = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
}

fn press(state: &mut ViewState, key: char) -> KeyAction {
    state.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE))
}

#[test]
fn a_terminal_of_80_columns_and_24_lines_shows_everything() {
    let seen = picture(&state(), 80, 24);
    for part in [
        "simple-workload on Kafka",
        "measured 00:37 of 05:00, 4 min 23 s left",
        "sent 20,000/s",
        "received 20,000/s",
        "backlog 12",
        "late 7",
        "acknowledged 2.10 ms",
        "end to end 3.40 ms",
        "failed 0",
        "producer 1        sending",
        "consumer 1        receiving",
        "90 %",
        "6.00 µs",
        "4 clients by client",
        "nothing so far",
        "p pause · s sort",
    ] {
        assert!(seen.contains(part), "{part} is missing in\n{seen}");
    }
}

#[test]
fn goals_are_counted_as_they_stand() {
    let mut state = state();
    assert!(!picture(&state, 80, 24).contains("goals"));
    assert!(state.hear(ViewUpdate::Goals { met: 1, all: 2, missed: true }));
    let seen = picture(&state, 80, 24);
    assert!(seen.contains("end to end 3.40 ms") && seen.contains("goals 1/2"), "{seen}");
}

#[test]
fn a_small_terminal_and_a_large_one_are_drawn_too() {
    for (width, height) in [(20, 5), (1, 1), (40, 12), (80, 24), (160, 50), (300, 100)] {
        picture(&ViewState::new("w".to_owned()), width, height);
        picture(&state(), width, height);
    }
}

#[test]
fn a_paused_view_stands_still_and_misses_nothing() {
    let mut state = state();
    press(&mut state, 'p');
    assert!(!state.hear(tick(38, 77_777.0)));
    let paused = picture(&state, 80, 24);
    assert!(paused.contains("VIEW PAUSED") && paused.contains("sent 20,000/s"), "{paused}");
    press(&mut state, 'p');
    assert!(picture(&state, 80, 24).contains("sent 77,777/s"));
}

#[test]
fn clients_are_sorted_by_the_column_that_is_asked_for() {
    let mut state = state();
    let names = |state: &ViewState| -> Vec<String> {
        state.clients().iter().map(|client| format!("{} {}", client.role, client.index)).collect()
    };
    assert_eq!(names(&state)[0], "producer 0");
    press(&mut state, 's');
    assert_eq!(names(&state)[..2], ["producer 1", "consumer 0"], "by CPU");
    press(&mut state, 'r');
    assert_eq!(names(&state)[0], "consumer 1", "the other way round");
    assert!(picture(&state, 80, 24).contains("4 clients by CPU, reversed"));
}

#[test]
fn leaving_the_view_is_one_key_and_ending_the_run_asks_first() {
    let mut state = state();
    assert_eq!(press(&mut state, 'q'), KeyAction::Leave);
    assert_eq!(press(&mut state, 'e'), KeyAction::Nothing);
    assert!(picture(&state, 80, 24).contains("end the run?"));
    assert_eq!(press(&mut state, 'n'), KeyAction::Nothing);
    assert!(!picture(&state, 80, 24).contains("end the run?"));
    press(&mut state, 'e');
    assert_eq!(press(&mut state, 'y'), KeyAction::EndRun);
    assert!(picture(&state, 80, 24).contains("the run is ending"));
    assert_eq!(state.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), KeyAction::EndRun);
}

#[test]
fn errors_are_shown_as_they_come_and_control_characters_are_not() {
    let mut state = state();
    state.hear(ViewUpdate::Said("error: broker gone\u{1b}[2J".to_owned()));
    let seen = picture(&state, 80, 24);
    assert!(seen.contains("error: broker gone") && !seen.contains('\u{1b}'), "{seen}");
    state.hear(ViewUpdate::Phase(Phase::Flush, Some(std::time::Duration::from_secs(10))));
    assert!(picture(&state, 80, 24).contains("flushing 0 s of at most 10 s"));
}
