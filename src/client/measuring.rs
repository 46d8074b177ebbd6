//! Which parts of their measuring the loops are compiled with: a client's loop with all of them, the floor's
//! (`floor.rs`) with any.
//!
//! A part is left out when compiling, so no loop asks per message what it is to measure, and what a part costs is the
//! difference between two programs that otherwise are one.

/// The parts, chosen by type.
pub(super) trait Measuring: std::fmt::Debug + 'static {
    /// Times and sequence number in every message, and reading them back.
    const STAMP: bool;
    /// Histograms of latencies from the actual time.
    const ACTUAL: bool;
    /// Histograms of latencies from the intended time, and of the difference between the two.
    const INTENDED: bool;
    /// Accounting by sequence number.
    const LEDGER: bool;
    /// Publishing counters, rows and slots.
    const TELEMETRY: bool;
    /// Looking at each delivery report; without it they are only counted.
    const REPORTS: bool;
}

/// The parts whose bits are set in `PARTS`.
#[derive(Debug)]
pub(super) struct With<const PARTS: u8>;

/// What a client measures.
pub(super) type MeasureAll = With<ALL>;

/// Bit of `Measuring::REPORTS`.
pub(super) const REPORTS: u8 = 1;
/// Bit of `Measuring::STAMP`.
pub(super) const STAMP: u8 = 2;
/// Bit of `Measuring::ACTUAL`.
pub(super) const ACTUAL: u8 = 4;
/// Bit of `Measuring::INTENDED`.
pub(super) const INTENDED: u8 = 8;
/// Bit of `Measuring::LEDGER`.
pub(super) const LEDGER: u8 = 16;
/// Bit of `Measuring::TELEMETRY`.
pub(super) const TELEMETRY: u8 = 32;
/// All bits.
pub(super) const ALL: u8 = REPORTS | STAMP | ACTUAL | INTENDED | LEDGER | TELEMETRY;

impl<const PARTS: u8> Measuring for With<PARTS> {
    const STAMP: bool = PARTS & STAMP != 0;
    const ACTUAL: bool = PARTS & ACTUAL != 0;
    const INTENDED: bool = PARTS & INTENDED != 0;
    const LEDGER: bool = PARTS & LEDGER != 0;
    const TELEMETRY: bool = PARTS & TELEMETRY != 0;
    const REPORTS: bool = PARTS & REPORTS != 0;
}
