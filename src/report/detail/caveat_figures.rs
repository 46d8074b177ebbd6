//! The figures that caveats of a run carry beside their text. They are written as a map (`Caveat::with`); these are the
//! names it may have.

/// Names, types and meanings, for the schema. Which of them a caveat has depends on its name.
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "caveats hold a map; this is what the schema says of it")]
pub struct CaveatFigures {
    /// Received without a stamp.
    unstamped_messages: u64,
    /// End-to-end times of 0 or below, of all: what OMB drops. Where messages have no stamp, times are whole ms.
    #[schemars(extend("unit" = "share"))]
    end_to_end_not_positive_share: f64,
    /// Late policy, placement policy.
    policy: String,
    /// The rate asked for.
    target_per_s: f64,
    /// The rate acknowledged.
    reached_per_s: f64,
    /// Of the time of the client that it concerns most.
    worst_share: f64,
    /// Late sends for this reason.
    late_messages: u64,
    /// How many it concerns.
    #[schemars(extend("unit" = "clients"))]
    producers: u64,
    /// True: the brokers assigned the partitions to members of a group; false: the plan did.
    joins_group: bool,
    /// True: each producer of the wire driver had a thread for its socket work; false: their loops did it.
    io_threads: bool,
    /// Mean time that a consumer works on a message.
    processing_mean_ns: u64,
    /// True: that work was spun away, and is in the CPU times.
    spun: bool,
    /// A closed loop: so many are on their way of each producer.
    outstanding_messages: u64,
    /// Topics that are consumed and not produced to.
    #[schemars(extend("unit" = "topics"))]
    topics_without_producers: u64,
    /// Of how many.
    #[schemars(extend("unit" = "topics"))]
    of_topics: u64,
    /// How many messages it concerns.
    #[schemars(extend("unit" = "messages"))]
    messages: u64,
    /// How many values.
    #[schemars(extend("unit" = "values"))]
    values: u64,
    /// How many slots.
    #[schemars(extend("unit" = "slots"))]
    slots: u64,
    /// How many raw samples.
    #[schemars(extend("unit" = "samples"))]
    samples: u64,
    /// How many commits.
    #[schemars(extend("unit" = "commits"))]
    commits: u64,
    /// How many errors.
    #[schemars(extend("unit" = "errors"))]
    errors: u64,
}
