//! Columns of the terminals that is printed on, and lines broken to fit them.

use crate::units::wrap;
use std::io;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TerminalColumns {
    pub(super) results: Option<usize>,
    pub(super) others: Option<usize>,
}

impl TerminalColumns {
    pub(super) fn of_terminals() -> Self {
        let columns =
            |size: Option<(terminal_size::Width, terminal_size::Height)>| size.map(|(width, _)| usize::from(width.0));
        Self {
            results: columns(terminal_size::terminal_size_of(io::stdout())),
            others: columns(terminal_size::terminal_size_of(io::stderr())),
        }
    }
}

/// Breaks lines so that they fit beside `margin` columns; those that go on begin `hang` columns further in.
pub(super) fn fit(text: &str, columns: Option<usize>, margin: usize, hang: usize) -> String {
    let Some(room) = columns.and_then(|columns| columns.checked_sub(margin)) else { return text.to_owned() };
    text.lines().flat_map(|line| wrap(line, room, hang)).collect::<Vec<_>>().join("\n")
}
