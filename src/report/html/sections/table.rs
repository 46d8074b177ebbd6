//! Tables: read by people and by screen readers, and downloaded with the plain figures of the result file.

use super::super::words::{self, defined};
use maud::{Markup, html};
use serde_json::Value;

/// One cell: what is read, and what a download holds.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    raw: Value,
}

impl Cell {
    /// A value as `show` puts it; a dash where there is none.
    pub(super) fn of(raw: Option<&Value>, show: impl Fn(f64) -> String) -> Self {
        let raw = raw.cloned().unwrap_or(Value::Null);
        let text = match &raw {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            other => other.as_f64().map_or_else(|| other.to_string(), show),
        };
        Self { text, raw }
    }

    /// A time in ns.
    pub(super) fn ns(raw: Option<&Value>) -> Self {
        Self::of(raw, words::ns)
    }

    /// A number.
    pub(super) fn number(raw: Option<&Value>) -> Self {
        Self::of(raw, words::number)
    }

    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { raw: Value::from(text.clone()), text }
    }

    /// A figure that was made here.
    pub(super) fn made(value: Option<f64>, show: impl Fn(f64) -> String) -> Self {
        Self::of(value.map(Value::from).as_ref(), show)
    }
}

/// A column: heading, field of the detail file ("" for none).
pub(super) type Column<'a> = (&'a str, &'a str);

/// A table; the first cell of a row names it. `name` is that of a downloaded file.
pub(super) fn table(name: &str, caption: &str, columns: &[Column<'_>], rows: &[Vec<Cell>]) -> Markup {
    html! {
        div.table {
            table data-name=(name) {
                caption { (caption) }
                thead { tr {
                    @for (at, (label, field)) in columns.iter().enumerate() {
                        @let number = rows.iter().any(|row| row.get(at).is_some_and(|cell| cell.raw.is_number()));
                        @let named = if field.is_empty() { label } else { field };
                        th.number[number] scope="col" data-field=(named) { (defined(label, field)) }
                    }
                } }
                tbody { @for row in rows { tr {
                    @for (at, cell) in row.iter().enumerate() {
                        @let raw = plain(&cell.raw);
                        @if at == 0 {
                            th scope="row" data-value=(raw) { (cell.text) }
                        } @else {
                            td.number[cell.raw.is_number()] data-value=(raw) { (cell.text) }
                        }
                    }
                } } }
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
