//! A chart over the newest seconds: one or two lines, with the highest value and the span at its edges.

use super::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType};

/// One line of a chart: its name, its points (second, value), how it is drawn.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) style: Style,
}

/// Draws it; `label` prints a value at the left edge.
pub(super) fn chart(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &'static str,
    curves: &[Curve],
    label: impl Fn(f64) -> String,
    theme: Theme,
) {
    let values = || curves.iter().flat_map(|curve| curve.points.iter());
    let highest = values().map(|(_, value)| *value).fold(0.0, f64::max);
    let top = round_up(highest);
    let first = values().map(|(second, _)| *second).fold(f64::INFINITY, f64::min).min(0.0);
    let mut head = vec![Span::styled(title, theme.title())];
    for curve in curves.iter().filter(|curve| !curve.name.is_empty()) {
        head.push(Span::raw(" "));
        head.push(Span::styled(format!("— {}", curve.name), curve.style));
    }
    let datasets = curves
        .iter()
        .map(|curve| {
            Dataset::default()
                .marker(Marker::Braille)
                .graph_type(GraphType::Line)
                .style(curve.style)
                .data(&curve.points)
        })
        .collect();
    let edge = theme.quiet();
    let x = Axis::default().bounds([first, 0.0]).style(edge).labels([format!("{:.0} s", -first), "now".to_owned()]);
    let y = Axis::default().bounds([0.0, top]).style(edge).labels(["0".to_owned(), label(top)]);
    let block = Block::new().borders(Borders::TOP).border_style(edge).title(Line::from(head));
    frame.render_widget(Chart::new(datasets).block(block).x_axis(x).y_axis(y).legend_position(None), area);
}

/// 1, 2 or 5 times a power of ten, at least the value: the scale then seldom changes.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= value).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn the_scale_ends_at_a_round_number_above_the_highest_value() {
        for (value, top) in [(0.0, 1.0), (0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (4_900.0, 5_000.0), (5_100.0, 10_000.0)] {
            assert!((round_up(value) - top).abs() < 1e-9, "{value}: {}", round_up(value));
        }
        assert!((round_up(f64::NAN) - 1.0).abs() < 1e-9);
    }
}
