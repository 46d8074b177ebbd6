//! Result files of many runs → one CSV: OMB's 13 columns, or all there is to say about each run in a line.
//!
//! Reads what OMB, its Redpanda and AutoMQ forks and pinload wrote (`read`), thins rates as OMB's tool does (`rates`),
//! writes numbers as Java's `DecimalFormat` does (`number`). Pure: texts in, text out.

pub mod number;
pub mod rates;
pub mod read;
pub mod table;

pub use read::{CsvRun, RunTrust};
pub use table::{CsvColumns, table};

#[cfg(test)]
mod tests;
