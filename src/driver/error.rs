//! Why a driver cannot do what it was asked: a class that decides the exit code, and the text for people.

pub use crate::telemetry::ErrorClass;

/// A driver's error. Printed as "class: text".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{class}: {text}")]
pub struct DriverError {
    /// What kind.
    pub class: ErrorClass,
    /// What happened, in words.
    pub text: String,
}

impl DriverError {
    /// An error of this class.
    pub fn new(class: ErrorClass, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }
}
