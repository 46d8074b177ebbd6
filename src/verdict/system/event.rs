//! One thing that happened to the load, or to who made it: what, when, for how long, how much, who saw it.

/// What happened. The order is that in which events of one moment are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemEventKind {
    /// The process of the embedded broker ended.
    BrokerDied,
    /// No client was answered any more, until the run gave up.
    Unreachable,
    /// A topic of the run was there no more when the load was over.
    TopicGone,
    /// All clients of a broker (or of the leader of their partitions) waited for it, and had their CPUs meanwhile.
    BrokerStall,
    /// A client's own loop stood still, or others kept its library's threads from their CPU: the generator's, never
    /// the broker's.
    GeneratorStall,
    /// Deliveries failed.
    Failed,
    /// Neither acknowledged nor failed when the run ended.
    Unknown,
    /// Acknowledged, and never received.
    Lost,
    /// Received again.
    Duplicated,
    /// Damaged on the way.
    Corrupt,
    /// Less was acknowledged than was to be.
    BelowTarget,
    /// Consumers were left behind.
    BacklogGrew,
}

impl SystemEventKind {
    /// The system failed where this happened.
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::BrokerDied
                | Self::Unreachable
                | Self::TopicGone
                | Self::Failed
                | Self::Unknown
                | Self::Lost
                | Self::Duplicated
                | Self::Corrupt
        )
    }

    /// The system did not hold the load where this happened.
    pub const fn is_shortfall(self) -> bool {
        matches!(self, Self::BrokerStall | Self::BelowTarget | Self::BacklogGrew)
    }
}

/// Something that happened to the load or to who made it.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize)]
pub struct SystemEvent {
    /// `broker_died`, unreachable, broker_stall (all its clients waited and had their CPUs), generator_stall (a
    /// client's loop stood still), failed, unknown, lost, duplicated, corrupt, below_target, backlog_grew, topic_gone.
    #[serde(rename = "event")]
    pub kind: SystemEventKind,
    /// When it began, since the load began; null: it has no one moment.
    pub begin_s: Option<f64>,
    /// How long it took; null likewise.
    pub length_s: Option<f64>,
    /// How many messages it is about; null: none in particular.
    pub amount_messages: Option<u64>,
    /// The clients that saw it; empty: the counts of the run.
    pub who: Vec<String>,
    /// The event in words.
    pub text: String,
}

impl SystemEvent {
    /// Found in the counts of the run.
    pub(super) fn counted(kind: SystemEventKind, messages: u64, text: String) -> Self {
        Self { kind, begin_s: None, length_s: None, amount_messages: Some(messages), who: Vec::new(), text }
    }
}
