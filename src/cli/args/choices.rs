//! Options whose values are words.

use clap::ValueEnum;

/// `--client`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientArg {
    /// Kafka's C client library
    Librdkafka,
    /// Kafka's protocol written by pinload itself
    Wire,
}

/// `--unknown-keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownKeys {
    /// Refuse the file
    Error,
    /// Warn and go on
    Warn,
}

/// `--rate-scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateScopeArg {
    /// Each producer sends at this rate
    PerProducer,
    /// All producers together send at this rate
    Total,
}

/// `--placement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlacementArg {
    /// As spread; without a schedule nobody is pinned to a CPU that others need too
    Auto,
    /// Distinct cores first, nodes in turn
    Spread,
    /// Fill one node before the next
    Compact,
    /// Pin nothing
    None,
}

/// `--console`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsoleForm {
    /// For people
    Rows,
    /// OMB's lines
    Omb,
    /// For programs
    Json,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
