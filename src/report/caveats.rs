//! What a reader must know before believing a result: a typed list, printed and stored with every result.
//!
//! Left out: how the run ended (that is `Outcome`), what makes the figures wrong or the generator's own (that is the
//! `verdict`), and what others warned of in words (plan, script, worker).
//!
//! Over 250 lines: a table, a row for each caveat.

use crate::load::accounting::Balance;
use crate::os::clock::ClockSource;
use crate::plan::processing::ProcessingManner;
use crate::plan::{DriverKind, LatePolicy, MeasuredBy, Plan};
use crate::stats::Counter;
use crate::units::{Rate, counted, format_count, format_ns, format_rate};
use crate::verdict::BlockedTime;
use crate::verdict::system::asked_rate;
use crate::workload_generator::totals::{MeasuredRun, measured, received_balance, totals};
use crate::workload_generator::{RunOutcome, RunResult};

/// A rate that misses its target by more than this share is told.
const RATE_TOLERANCE: f64 = 0.01;
/// Producers that were blocked for more of the time by the broker are told.
const HELD_UP_TOLERANCE: f64 = 0.001;

/// One thing to know.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "caveat")]
pub enum Caveat {
    /// The broker was librdkafka's mock cluster.
    Embedded,
    /// Clients were the wire driver's.
    WireDriver {
        /// Did the brokers assign the partitions, or the plan?
        joins_group: bool,
    },
    /// There was no broker at all.
    NullDriver,
    /// Late sends are left out or shift the schedule, or there is none and messages wait for answers.
    NotOpenLoop {
        /// The late policy, or `closed-loop`.
        policy: &'static str,
        /// Of a closed loop: messages on their way, of each producer.
        #[serde(skip_serializing_if = "Option::is_none")]
        outstanding_messages: Option<u32>,
    },
    /// Unlimited rate.
    NoSchedule,
    /// Consumers work on each message, as asked.
    ConsumersProcess {
        /// Mean time of a message.
        processing_mean_ns: u64,
        /// On the CPU, which is in the generator's CPU time.
        spun: bool,
    },
    /// acks=0.
    LocalAcknowledgement,
    /// Some or all received messages had no stamp.
    EndToEndFromCreateTime {
        /// Received without a stamp.
        unstamped_messages: u64,
        /// Of all end-to-end times those of 0 or below.
        end_to_end_not_positive_share: f64,
    },
    /// A worker spoke OMB's protocol only.
    MeasuredByOmb,
    /// Hot loops share CPUs.
    SharedCpus,
    /// The acknowledged rate is not the target.
    RateMissed {
        /// Messages per second.
        target_per_s: f64,
        /// Messages per second.
        reached_per_s: f64,
    },
    /// Producers waited on full queues for the broker.
    HeldUpByBroker {
        /// How many producers.
        producers: u64,
        /// Of the worst one's time.
        worst_share: f64,
        /// Sends that were late for it.
        late_messages: u64,
    },
    /// Delivery failed.
    Failed {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// Neither acknowledged nor failed at the end.
    Unknown {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// Acknowledged and never received.
    Lost {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// Received again.
    Duplicated {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// Damaged on the way.
    Corrupt {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// The checksums do not prove the balances.
    NotProven,
    /// Topics that are consumed and not produced to.
    FedByOthers {
        /// Topics that are consumed only.
        topics_without_producers: u32,
        /// All topics of the run.
        of_topics: u32,
    },
    /// Messages without a stamp on a topic with the broker's times.
    LogAppendTime {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// Messages that came without an end-to-end time.
    Untimed {
        /// Messages that this holds for, all clients together.
        messages: u64,
    },
    /// No stamp: nothing is balanced.
    NotBalanced,
    /// Latencies above the histogram's range.
    LatenciesClipped {
        /// Values recorded at the top of the range.
        values: u64,
    },
    /// Clients wrote every sample to disk.
    RawRecorded {
        /// Samples, all clients together.
        samples: u64,
    },
    /// Raw samples that could not be written.
    RawSamplesLost {
        /// Samples, all clients together.
        samples: u64,
    },
    /// Commits that failed.
    CommitsFailed {
        /// Commits that failed, all consumers together.
        commits: u64,
    },
    /// Errors that clients reported.
    ClientErrors {
        /// Errors, all clients together.
        errors: u64,
    },
    /// The TSC could not be used.
    ClockFallback,
}

impl std::fmt::Display for Caveat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = format_count;
        match *self {
            Self::Embedded => f.write_str("embedded broker (librdkafka's mock cluster): not the speed of a real Kafka"),
            Self::WireDriver { joins_group } => {
                let shared = if joins_group { "in a group of the broker's" } else { "by plan" };
                write!(
                    f,
                    "wire driver: what the broker can do, not what a client library would have made of it; consumers \
                     shared the partitions {shared}"
                )
            }
            Self::NullDriver => f.write_str("no broker: the generator measured itself"),
            Self::NotOpenLoop { policy, outstanding_messages: None } => {
                write!(
                    f,
                    "not open-loop: late policy {policy} leaves out or moves late sends, so stalls are under-counted"
                )
            }
            Self::NotOpenLoop { outstanding_messages: Some(outstanding_messages), .. } => write!(
                f,
                "not open-loop: a closed loop with {} outstanding of each producer, who sends the next when one has come back: a stall \
                 stops the load with it, and intended times are actual times",
                counted(outstanding_messages, "message")
            ),
            Self::NoSchedule => f.write_str("unlimited rate: without a schedule, intended times are actual times"),
            Self::ConsumersProcess { processing_mean_ns, spun } => write!(
                f,
                "consumers were busy {} with each message, as asked: end-to-end times contain the work on the messages before{}",
                format_ns(processing_mean_ns),
                if spun { ", CPU times the work itself" } else { "" }
            ),
            Self::LocalAcknowledgement => {
                f.write_str("acks=0: acknowledgement latency is local to the client, no broker took part in it")
            }
            Self::EndToEndFromCreateTime { unstamped_messages, end_to_end_not_positive_share } => write!(
                f,
                "{} messages came without a stamp: their end-to-end latency is from the record's CreateTime, in whole ms; {:.1} % of \
                 the times are 0",
                n(unstamped_messages),
                end_to_end_not_positive_share * 100.0
            ),
            Self::MeasuredByOmb => f.write_str(
                "driven by OMB's protocol: no figures from the intended time, producers started when each had the call, clocks not compared \
                 (end-to-end times of 0 ms and below are left out by Java)",
            ),
            Self::SharedCpus => f.write_str("clients share CPUs: latencies include waiting for each other"),
            Self::RateMissed { target_per_s, reached_per_s } => write!(
                f,
                "the target was {}, acknowledged were {}",
                format_rate(target_per_s),
                format_rate(reached_per_s)
            ),
            Self::HeldUpByBroker { producers, worst_share, late_messages } => write!(
                f,
                "the broker held up {} (up to {:.1} % of the time, {} late sends): its limit, not the generator's",
                counted(usize::try_from(producers).unwrap_or(usize::MAX), "producer"),
                worst_share * 100.0,
                n(late_messages)
            ),
            Self::Failed { messages } => write!(f, "{} messages failed", n(messages)),
            Self::Unknown { messages } => {
                write!(f, "{} messages were neither acknowledged nor failed when the run ended", n(messages))
            }
            Self::Lost { messages } => write!(f, "{} acknowledged messages were never received", n(messages)),
            Self::Duplicated { messages } => write!(f, "{} messages were received again", n(messages)),
            Self::Corrupt { messages } => write!(f, "{} received messages are damaged", n(messages)),
            Self::NotProven => {
                f.write_str("the balance is the smallest explanation of the counts: checksums do not prove it")
            }
            Self::FedByOthers { topics_without_producers, of_topics } if topics_without_producers == of_topics => f.write_str(
                "no producers: publish figures, backlog and accounting do not apply (OMB's file has 0 in their place)",
            ),
            Self::FedByOthers { topics_without_producers, of_topics } => write!(
                f,
                "{topics_without_producers} of {of_topics} topics are fed by others: what comes from them has no backlog and no accounting"
            ),
            Self::Untimed { messages } => write!(
                f,
                "{} messages were created before the load began (or carry no time): they have no end-to-end latency",
                n(messages)
            ),
            Self::LogAppendTime { messages } => write!(
                f,
                "{} messages have no stamp, and the broker's time in place of their sender's (message.timestamp.type=LogAppendTime): \
                 they have no end-to-end latency",
                n(messages)
            ),
            Self::NotBalanced => f.write_str("no stamps: lost, duplicated and reordered messages were not counted"),
            Self::LatenciesClipped { values } => {
                write!(f, "{} latencies above the histogram's range were clipped to its top", n(values))
            }
            Self::RawRecorded { samples } => write!(
                f,
                "{} raw samples were written to disk by the clients' own loops, which disturbs what they measure",
                n(samples)
            ),
            Self::RawSamplesLost { samples } => {
                write!(f, "{} raw samples could not be written: the files lack them, the figures do not", n(samples))
            }
            Self::CommitsFailed { commits } => write!(f, "{} offset commits failed", n(commits)),
            Self::ClientErrors { errors } => write!(f, "the clients reported {} errors", n(errors)),
            Self::ClockFallback => f.write_str(
                "the TSC is not used: time is read with clock_gettime (clock.reason in the detail file says why)",
            ),
        }
    }
}

/// A number that ought to be 0, and the caveat that it raises when it is not.
type CountedCaveat = (u64, fn(u64) -> Caveat);

/// Every caveat about this series, in the order in which a reader should meet them.
pub fn caveats(series: &RunResult<'_>) -> Vec<Caveat> {
    let mut caveats = of_plan(series.plan);
    let totals = totals(series);
    let MeasuredRun { span_s: measured_s, rates, .. } = measured(series);
    if totals[Counter::MessagesUnstamped] > 0 {
        let unstamped_messages = totals[Counter::MessagesUnstamped];
        // Where one has no stamp, none has.
        let share = totals[Counter::EndToEndNotPositive] as f64 / unstamped_messages as f64;
        let end_to_end_not_positive_share = share.min(1.0);
        caveats.push(Caveat::EndToEndFromCreateTime { unstamped_messages, end_to_end_not_positive_share });
    }
    let of_brokers_time = totals[Counter::MessagesLogAppendTime];
    if of_brokers_time > 0 {
        caveats.push(Caveat::LogAppendTime { messages: of_brokers_time });
    }
    if totals[Counter::MessagesUntimed] > of_brokers_time {
        caveats.push(Caveat::Untimed { messages: totals[Counter::MessagesUntimed] - of_brokers_time });
    }
    if let (Rate::PerSecond(target_per_s), true, RunOutcome::Completed) =
        (asked_rate(series, measured_s), measured_s > 0.0 && series.plan.producers() > 0, &series.outcome)
    {
        let reached_per_s = rates.acknowledged_per_s;
        let asked = target_per_s * measured_s;
        let by_chance = series.plan.rate.arrivals.short_by_chance(asked) / asked;
        if (reached_per_s / target_per_s - 1.0).abs() > RATE_TOLERANCE + by_chance {
            caveats.push(Caveat::RateMissed { target_per_s, reached_per_s });
        }
    }
    caveats.extend(held_up(series));
    let balance = received_balance(series);
    let balanced = |pick: fn(&Balance) -> u64| balance.as_ref().map_or(0, pick);
    let counted: [CountedCaveat; 10] = [
        (totals[Counter::MessagesFailed], |messages| Caveat::Failed { messages }),
        (totals[Counter::MessagesUnknown], |messages| Caveat::Unknown { messages }),
        (balanced(|balance| balance.lost), |messages| Caveat::Lost { messages }),
        (balanced(|balance| balance.duplicated), |messages| Caveat::Duplicated { messages }),
        (totals[Counter::MessagesCorrupt], |messages| Caveat::Corrupt { messages }),
        (totals[Counter::LatenciesClipped], |values| Caveat::LatenciesClipped { values }),
        (totals[Counter::RawSamplesRecorded] + totals[Counter::RawSamplesLost], |samples| Caveat::RawRecorded {
            samples,
        }),
        (totals[Counter::RawSamplesLost], |samples| Caveat::RawSamplesLost { samples }),
        (totals[Counter::CommitsFailed], |commits| Caveat::CommitsFailed { commits }),
        (totals[Counter::ClientErrors], |errors| Caveat::ClientErrors { errors }),
    ];
    caveats.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, caveat)| caveat(count)));
    if balance.is_some_and(|balance| !balance.proven) {
        caveats.push(Caveat::NotProven);
    }
    caveats.extend(of_end(series));
    caveats
}

fn of_plan(plan: &Plan) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    match plan.driver.kind {
        DriverKind::Kafka => {}
        DriverKind::Embedded => caveats.push(Caveat::Embedded),
        DriverKind::Null => caveats.push(Caveat::NullDriver),
    }
    if plan.driver.is_wire() {
        caveats.push(Caveat::WireDriver { joins_group: plan.driver.wire_joins_group() });
    }
    match plan.rate.late {
        LatePolicy::Bounded { .. } | LatePolicy::CatchUp => {}
        LatePolicy::Skip => caveats.push(Caveat::NotOpenLoop { policy: "skip", outstanding_messages: None }),
        LatePolicy::Shift => caveats.push(Caveat::NotOpenLoop { policy: "shift", outstanding_messages: None }),
    }
    match plan.rate.outstanding_messages {
        Some(_) => caveats
            .push(Caveat::NotOpenLoop { policy: "closed-loop", outstanding_messages: plan.rate.outstanding_messages }),
        None if plan.rate.total == Rate::Unlimited => caveats.push(Caveat::NoSchedule),
        None => {}
    }
    if let Some(processing) = plan.consumer_processing {
        caveats.push(Caveat::ConsumersProcess {
            processing_mean_ns: processing.processing_mean_ns,
            spun: processing.processing_manner == ProcessingManner::Spin,
        });
    }
    if plan.driver.acknowledgement_is_local {
        caveats.push(Caveat::LocalAcknowledgement);
    }
    if plan.measured_by == MeasuredBy::Omb {
        caveats.push(Caveat::MeasuredByOmb);
    }
    if plan.placement.oversubscribed {
        caveats.push(Caveat::SharedCpus);
    }
    let fed_by_others = plan.topics_fed_by_others();
    if fed_by_others > 0 {
        caveats.push(Caveat::FedByOthers { topics_without_producers: fed_by_others, of_topics: plan.topics.count });
    }
    if !plan.message.stamp && plan.producers() > 0 {
        caveats.push(Caveat::NotBalanced);
    }
    caveats
}

/// Producers that the broker kept waiting: what is late for it is no fault of the generator.
fn held_up(series: &RunResult<'_>) -> Option<Caveat> {
    let clients = &series.periods.last()?.clients;
    let held_up = clients.iter().map(|client| (BlockedTime::of_client(&client.measured, series.plan), client));
    let held_up: Vec<_> = held_up
        .map(|(held_up, client)| (held_up.by_broker_ns as f64 / client.measured.span_ns.max(1) as f64, client))
        .filter(|(share, _)| *share > HELD_UP_TOLERANCE)
        .collect();
    let worst_share = held_up.iter().map(|(share, _)| *share).reduce(f64::max)?;
    let late = held_up.iter().map(|(_, client)| client.measured.counters[Counter::LateSendsBehindQueue]).sum();
    Some(Caveat::HeldUpByBroker { producers: held_up.len() as u64, worst_share, late_messages: late })
}

fn of_end(series: &RunResult<'_>) -> Vec<Caveat> {
    let Some(end) = &series.end else { return Vec::new() };
    let mut caveats = Vec::new();
    if end.hosts.iter().any(|host| host.hot_cpus_shared == Some(true)) {
        caveats.push(Caveat::SharedCpus);
    }
    if end.clock.source == ClockSource::Vdso {
        caveats.push(Caveat::ClockFallback);
    }
    caveats
}
