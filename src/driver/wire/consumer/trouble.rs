//! What came up while answers were read, to be told when they are.

use crate::driver::DriverError;
use crate::driver::wire::response::BrokerAt;

/// Errors of fetches that are to be told.
#[derive(Debug)]
pub(super) struct FetchTrouble {
    pub(super) now_ns: u64,
    pub(super) retry_ns: (u64, u64),
    pub(super) errors: Vec<String>,
    /// No errors, but worth telling.
    pub(super) remarks: Vec<String>,
    pub(super) fault: Option<DriverError>,
    pub(super) leaders_moved: bool,
    /// The broker that keeps the group's offsets.
    pub(super) coordinator: Option<BrokerAt>,
    /// The group does not know this member any more.
    pub(super) is_fenced: bool,
}

impl FetchTrouble {
    /// None yet.
    pub(super) fn new(now_ns: u64, retry_ns: (u64, u64)) -> Self {
        Self {
            now_ns,
            retry_ns,
            errors: Vec::new(),
            remarks: Vec::new(),
            fault: None,
            leaders_moved: false,
            coordinator: None,
            is_fenced: false,
        }
    }
}
