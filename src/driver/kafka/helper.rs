//! How a helper process talks to the supervisor: one JSON document on standard input; on standard output JSON lines of
//! what it is doing, and as the last one its answer.

use crate::driver::{DriverError, ErrorClass};
use std::io::{self, Read, Write};

/// A line before the answer: what is being done, for people.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Doing {
    doing: String,
}

/// The request on standard input, which the supervisor closes behind it.
pub(super) fn read_request<T: serde::de::DeserializeOwned>() -> Result<T, DriverError> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| DriverError::new(ErrorClass::System, format!("cannot read the request: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| DriverError::new(ErrorClass::System, format!("cannot understand the request: {error}")))
}

/// Says what is being done. A supervisor that no longer reads is noticed when the answer is written.
pub(super) fn tell(doing: &str) {
    let _unread = answer(&Doing { doing: doing.to_owned() });
}

/// What a line says is being done; None: it is the answer.
pub fn doing(line: &str) -> Option<String> {
    serde_json::from_str(line).ok().map(|Doing { doing }| doing)
}

/// Writes the answer as one line. Err: the supervisor no longer reads.
pub(super) fn answer<T: serde::Serialize>(answer: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
