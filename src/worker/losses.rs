//! What ends a run before its time: a signal, a client that died, a worker or a broker that is gone.

use crate::telemetry::Role;

/// What interrupted a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interruption {
    /// SIGINT.
    Interrupt,
    /// SIGTERM or SIGHUP.
    Terminate,
}

impl std::fmt::Display for Interruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM or SIGHUP",
        })
    }
}

/// A worker that is gone, or does not answer any more.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct WorkerLoss {
    /// Address of the worker.
    pub worker: String,
    /// How it ended: exit code or signal.
    pub cause: String,
}

impl std::fmt::Display for WorkerLoss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "worker {} is lost: {}", self.worker, self.cause)
    }
}

/// How a broker was lost in the middle of the load. Times are ns since the load began.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "loss")]
pub enum BrokerLoss {
    /// The process of the embedded broker ended.
    Died {
        /// Process id.
        pid: i32,
        /// How it ended: exit code or signal.
        cause: String,
        /// When it was seen, since the load began.
        at_ns: u64,
    },
    /// No client was answered any more.
    Unreachable {
        /// The moment from which on no client was answered, since the load began.
        since_ns: u64,
        /// How long that was waited out.
        length_ns: u64,
        /// The clients that waited.
        clients: Vec<String>,
        /// The newest error that a client reported; null: none did.
        last_error: Option<String>,
    },
}

impl std::fmt::Display for BrokerLoss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Died { pid, cause, at_ns: 0 } => {
                write!(f, "the embedded broker (pid {pid}) died before the load began: {cause}")
            }
            Self::Died { pid, cause, at_ns } => {
                let at_s = *at_ns as f64 / 1e9;
                write!(f, "the embedded broker (pid {pid}) died at {at_s:.1} s: {cause}")
            }
            Self::Unreachable { since_ns, length_ns, last_error, .. } => {
                let (since_s, length) = (*since_ns as f64 / 1e9, crate::units::format_ns(*length_ns));
                write!(f, "the broker answered nobody from {since_s:.1} s on, for {length}")?;
                last_error.iter().try_for_each(|error| write!(f, " ({error})"))
            }
        }
    }
}

/// A client that ended before it was told to.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClientDeath {
    /// Address of the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Producer or consumer.
    pub role: Role,
    /// Number within the role, over all topics.
    pub index: u32,
    /// Process id.
    pub pid: i32,
    /// CPU that its hot loop was planned on; null: not pinned.
    #[schemars(extend("unit" = "CPU number"))]
    pub cpu: Option<usize>,
    /// How it ended: exit code or signal.
    pub cause: String,
    /// What it wrote before it ended.
    pub last_words: Option<String>,
}

impl std::fmt::Display for ClientDeath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(worker) = &self.worker {
            write!(f, "{worker}: ")?;
        }
        write!(f, "{} {} (pid {}", self.role, self.index, self.pid)?;
        if let Some(cpu) = self.cpu {
            write!(f, ", CPU {cpu}")?;
        }
        write!(f, ") died: {}", self.cause)?;
        if let Some(words) = &self.last_words {
            write!(f, "; its last words: {words}")?;
        }
        Ok(())
    }
}
