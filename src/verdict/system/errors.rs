//! The last distinct errors of all clients: the same words of several clients are one.

use crate::caveat::{Caveat, Severity, Subject};
use crate::units::format_count;
use crate::workload_generator::RunResult;

/// One distinct error.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct ErrorTally {
    /// In the words of the client library or the broker.
    #[serde(rename = "text")]
    pub words: String,
    /// How often it came.
    #[schemars(extend("unit" = "errors"))]
    pub count: u64,
    /// When it came first, since the load began; negative: before it.
    pub first_s: f64,
    /// When it came last.
    pub last_s: f64,
    /// The clients that told it.
    pub who: Vec<String>,
}

impl std::fmt::Display for ErrorTally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { words, count, first_s, last_s, .. } = self;
        if *count == 1 {
            return write!(f, "{words} (once, at {first_s:.1} s)");
        }
        write!(f, "{words} ({} times, {first_s:.1} to {last_s:.1} s)", format_count(*count))
    }
}

impl From<&ErrorTally> for Caveat {
    fn from(tally: &ErrorTally) -> Self {
        Self::new("client_error", Severity::Severe, Subject::Clients, tally.to_string()).with("count", tally.count)
    }
}

/// By the last time, the newest first.
pub(super) fn tallies(result: &RunResult<'_>) -> Vec<ErrorTally> {
    let mut all: Vec<ErrorTally> = Vec::new();
    for client in result.end.iter().flat_map(|end| &end.clients) {
        for trouble in &client.troubles {
            let (first_s, last_s) = (trouble.first_ns as f64 / 1e9, trouble.last_ns as f64 / 1e9);
            let who = format!("{} {}", client.role, client.index);
            match all.iter_mut().find(|tally| tally.words == trouble.text) {
                Some(known) => {
                    known.count += trouble.count;
                    known.first_s = known.first_s.min(first_s);
                    known.last_s = known.last_s.max(last_s);
                    known.who.push(who);
                }
                None => all.push(ErrorTally {
                    words: trouble.text.clone(),
                    count: trouble.count,
                    first_s,
                    last_s,
                    who: vec![who],
                }),
            }
        }
    }
    all.sort_by(|a, b| b.last_s.total_cmp(&a.last_s));
    all
}
