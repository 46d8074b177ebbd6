//! How a helper process talks to the supervisor: one JSON document on standard input, one JSON line on standard output.

use crate::driver::{DriverError, ErrorClass};
use std::io::{self, Read, Write};

/// The request on standard input, which the supervisor closes behind it.
pub(super) fn read_request<T: serde::de::DeserializeOwned>() -> Result<T, DriverError> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| DriverError::new(ErrorClass::System, format!("cannot read the request: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| DriverError::new(ErrorClass::System, format!("cannot understand the request: {error}")))
}

/// Writes the answer as one line. Err: the supervisor no longer reads.
pub(super) fn answer<T: serde::Serialize>(answer: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
