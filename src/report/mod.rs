//! Results → documents: OMB's result file, the detail file, console rows, the closing screen, JSON lines. Pure but for
//! `write.rs` (files) and `origin.rs` (which machine this is).

pub mod campaign;
pub mod caveats;
pub mod closing;
pub mod console;
pub mod csv;
pub mod detail;
pub mod findings;
pub mod floor;
pub mod health;
pub mod hlog;
pub mod html;
pub mod java_json;
pub mod json_lines;
pub mod junit;
pub mod names;
mod offline_page;
pub mod omb;
pub mod omb_figures;
pub mod origin;
pub(crate) mod plain_table;
pub mod quantile_map;
pub mod raw;
pub mod rows;
pub mod spread;
pub mod write;
pub mod write_error;

pub use console::{omb_aggregated_line, omb_period_line, omb_prefix};
pub use names::{detail_found_beside, is_detail};
pub use write::ResultFiles;
pub use write_error::WriteError;

#[cfg(test)]
mod tests;
