//! What the documents say about hand-made results, read back by types that the tests declare themselves.

mod charts;
mod console_lines;
pub(in crate::report) mod detail_document;
mod evidence;
mod files;
mod floor;
mod hlog;
mod long_runs;
mod omb_format;
mod schema;
mod table;
