//! What the documents say about hand-made series, read back by types that the tests declare themselves.

mod charts;
mod clocks;
mod console_lines;
mod detail_document;
mod evidence;
mod files;
pub(super) mod fixture;
mod floor;
mod hlog;
mod omb_format;
mod schema;
mod table;
