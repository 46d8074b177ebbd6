//! The hidden roles of the program: what the supervisor starts it as. They are not in the help; they read what they are
//! to do from standard input.

use std::ffi::OsString;
use std::process::ExitCode;

/// A process that the supervisor starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessRole {
    /// `pinload producer INDEX`
    Producer,
    /// `pinload consumer INDEX`
    Consumer,
    /// `pinload admin`
    Admin,
    /// `pinload embedded-broker`
    EmbeddedBroker,
}

impl ProcessRole {
    /// The role a command line asks for. The index is there to be seen in `ps`; the process is told it again.
    pub(super) fn of(argv: &[OsString]) -> Option<Self> {
        let words: Vec<_> = argv.iter().skip(1).map(|arg| arg.to_str()).collect();
        let is_index = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match words[..] {
            [Some("producer"), Some(index)] if is_index(index) => Some(Self::Producer),
            [Some("consumer"), Some(index)] if is_index(index) => Some(Self::Consumer),
            [Some("admin")] => Some(Self::Admin),
            [Some("embedded-broker")] => Some(Self::EmbeddedBroker),
            _ => None,
        }
    }

    /// Is that process, to its end.
    pub(super) fn play(self) -> ExitCode {
        match self {
            Self::Producer => crate::client::producer_main(),
            Self::Consumer => crate::client::consumer_main(),
            Self::Admin => crate::driver::kafka::admin::admin_main(),
            Self::EmbeddedBroker => crate::driver::kafka::embedded::broker_main(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_command_lines_are_roles() {
        for (line, role) in [
            ("pinload producer 3", Some(ProcessRole::Producer)),
            ("pinload consumer 12", Some(ProcessRole::Consumer)),
            ("pinload admin", Some(ProcessRole::Admin)),
            ("pinload embedded-broker", Some(ProcessRole::EmbeddedBroker)),
            ("pinload producer", None),
            ("pinload producer three", None),
            ("pinload producer 3 4", None),
            ("pinload run -d admin producer", None),
            ("pinload", None),
        ] {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(ProcessRole::of(&argv), role, "{line}");
        }
    }
}
