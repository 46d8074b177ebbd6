//! What kind of trouble a client gave up for, as it stands in its segment beside the last words.

/// What kind of trouble it is. It decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u64)]
pub enum ErrorClass {
    /// No broker answered.
    Unreachable = 1,
    /// Credentials, certificates or permissions were refused.
    Authentication = 2,
    /// A topic is unknown, exists already, or was refused.
    Topics = 3,
    /// The library refused a setting.
    Configuration = 4,
    /// The machine, the library, or pinload itself failed.
    System = 5,
}

impl ErrorClass {
    /// From its word; None for 0 (the client has not given up) and for what no client of ours writes.
    pub(super) fn from_word(word: u64) -> Option<Self> {
        let all = [Self::Unreachable, Self::Authentication, Self::Topics, Self::Configuration, Self::System];
        all.into_iter().find(|class| *class as u64 == word)
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::Authentication => "authentication",
            Self::Topics => "topics",
            Self::Configuration => "configuration",
            Self::System => "system",
        })
    }
}
