//! What the documents say about hand-made series, read back by types that the tests declare themselves.

mod charts;
mod console_lines;
mod detail_document;
mod evidence;
mod files;
mod floor;
mod hlog;
mod long_runs;
mod omb_format;
mod schema;
mod table;
