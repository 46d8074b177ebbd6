//! Why a driver cannot do what it was asked: a class that decides the exit code, and the text for people.

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No broker answered.
    Unreachable,
    /// Credentials, certificates or permissions were refused.
    Authentication,
    /// A topic is unknown, exists already, or was refused.
    Topics,
    /// The library refused a setting.
    Configuration,
    /// The machine, the library, or pinload itself failed.
    System,
}

impl ErrorClass {
    const WORDS: [(Self, &'static str); 5] = [
        (Self::Unreachable, "unreachable"),
        (Self::Authentication, "authentication"),
        (Self::Topics, "topics"),
        (Self::Configuration, "configuration"),
        (Self::System, "system"),
    ];
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = Self::WORDS.iter().find(|(class, _)| class == self).map_or("system", |(_, word)| word);
        f.write_str(word)
    }
}

/// A driver's error. Printed as "class: text", which is also how a client leaves it in its last words.
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

    /// Reads "class: text" back; None when the text does not begin with a class.
    pub fn from_last_words(words: &str) -> Option<Self> {
        let (word, text) = words.split_once(": ")?;
        let (class, _) = ErrorClass::WORDS.iter().find(|(_, known)| *known == word)?;
        Some(Self::new(*class, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_read_back_from_last_words() {
        for (class, _) in ErrorClass::WORDS {
            let error = DriverError::new(class, "no route: 10.0.0.1:9092");
            assert_eq!(DriverError::from_last_words(&error.to_string()), Some(error));
        }
    }

    #[test]
    fn other_last_words_have_no_class() {
        assert_eq!(DriverError::from_last_words("panicked at src/client: index"), None);
        assert_eq!(DriverError::from_last_words(""), None);
    }
}
