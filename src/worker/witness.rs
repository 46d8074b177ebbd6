//! What clients saw of the brokers and of themselves, as it comes to whoever judges it. Times are ns since the load
//! began, so that those of all hosts lie on one line.

use crate::telemetry::Role;
use crate::telemetry::witness::MomentKind;

/// A span in which something did not go on for a client.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClientMoment {
    /// Role of the client.
    pub role: Role,
    /// Its number.
    pub index: u32,
    /// What.
    #[serde(flatten)]
    pub kind: MomentKind,
    /// From …
    pub begin_ns: u64,
    /// … to.
    pub end_ns: u64,
    /// Time for which others or a limit kept its library's threads from a CPU, ns: measured over the moment itself;
    /// where nobody could, what others all the time or a limit took in the period in which it ended.
    pub starved_ns: u64,
}

/// One distinct error of a client.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClientTrouble {
    /// In the words of whoever told it.
    pub text: String,
    /// How often.
    pub count: u64,
    /// First time; negative: before the load.
    pub first_ns: i64,
    /// Last time.
    pub last_ns: i64,
}
