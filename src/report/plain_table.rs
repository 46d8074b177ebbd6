//! Tables of figures as plain text: no frame, two blanks between columns.

use comfy_table::{CellAlignment, Table, presets};

/// A table to fill.
pub(crate) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Its lines. `is_figure`: which columns, counted from 0, stand right.
pub(crate) fn table_lines(mut table: Table, is_figure: impl Fn(usize) -> bool) -> Vec<String> {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if is_figure(column.index) { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}
