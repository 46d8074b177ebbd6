//! Colours that colour-blind people can tell apart (of Okabe and Ito), or none.

use ratatui::style::{Color, Modifier, Style};

/// How the view is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// In colour.
    Colors,
    /// With bold and dim alone (`NO_COLOR`, `--color never`).
    Plain,
}

impl Theme {
    fn color(self, color: Color) -> Style {
        match self {
            Self::Colors => Style::new().fg(color),
            Self::Plain => Style::new(),
        }
    }

    /// What is sent, and acknowledgements.
    pub(super) fn first(self) -> Style {
        self.color(Color::Blue)
    }

    /// What is received, and end to end.
    pub(super) fn second(self) -> Style {
        self.color(Color::Yellow)
    }

    /// What needs to be looked at.
    pub(super) fn alarm(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Titles.
    pub(super) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is there when it is looked for.
    pub(super) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }
}
