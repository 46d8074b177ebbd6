//! What a client sees of its brokers: for how long each of them left it without an answer although it waited for one.
//!
//! An answer is a delivery report of the broker's, or a message. A silence begins with the last answer of that broker,
//! or, when nothing was on its way then, with the sending of what was answered at last; so no silence is told where
//! nothing was asked. It is exact to the time between two messages.
//!
//! Whose silence it was is known by who answered at last for the same partition, before: so a change of leaders is
//! followed with the first answer of the new one, and what the partition waited until then is told of the old one.
//!
//! Over 250 lines: its tests stand in it.

use super::starved::Starved;
use crate::telemetry::ClientEnd;
use crate::telemetry::witness::{MomentKind, StallMoment};
use std::path::Path;

/// Silences from this on are noted. A linger, a fetch's wait, or the pause of a collector is shorter.
const SILENCE_NS: u64 = 150_000_000;
/// From this on it may become one: the library's threads are looked at.
const SHOWS_NS: u64 = 75_000_000;
/// Who has not looked for longer than this stood still, and has waited for nobody meanwhile. A loop that hardly
/// anything happens to looks eight times a second.
const STOOD_NS: u64 = 300_000_000;
/// Kept until the next tick; more than this are not told.
const KEPT: usize = 32;

/// The brokers of one client, and since when each has been silent.
#[derive(Debug)]
pub(super) struct SilenceWatch {
    /// Position in `brokers`, by partition; a partition that is not there is the first broker's.
    leads: Vec<usize>,
    /// Id, and when it answered last (raw ns; 0: not yet).
    brokers: Vec<(Option<i32>, u64)>,
    noted: Vec<StallMoment>,
    /// What had been answered at the last look.
    answered: u64,
    looked_ns: u64,
    waiting_since_ns: u64,
    starved: Starved,
    published_ns: u64,
}

impl SilenceWatch {
    /// Of the partitions' leaders; none: all answers are of one broker.
    pub(super) fn new(leaders: &[i32]) -> Self {
        let mut ids: Vec<i32> = leaders.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let leads = leaders.iter().map(|leader| ids.binary_search(leader).unwrap_or(0)).collect();
        let mut brokers: Vec<(Option<i32>, u64)> = ids.into_iter().map(|id| (Some(id), 0)).collect();
        if brokers.is_empty() {
            brokers.push((None, 0));
        }
        Self {
            leads,
            brokers,
            noted: Vec::new(),
            answered: 0,
            looked_ns: 0,
            waiting_since_ns: 0,
            starved: Starved::new(Path::new("/")),
            published_ns: 0,
        }
    }

    /// An answer about `partition` at `at_ns` on what was sent at `sent_ns`. `broker`: whose it is; negative: of
    /// whoever leads the partition.
    #[inline]
    pub(super) fn heard(&mut self, partition: usize, broker: i32, at_ns: u64, sent_ns: u64) {
        let at = self.leads.get(partition).copied().unwrap_or(0);
        let (id, heard_ns) = &mut self.brokers[at];
        let since_ns = (*heard_ns).max(sent_ns);
        // Wraps below 0 for a clock that differs.
        let silent = at_ns > since_ns + SILENCE_NS;
        let led = *id;
        if broker < 0 || led.is_none_or(|led| led == broker) {
            *heard_ns = at_ns;
        } else {
            self.now_leads(partition, broker, at_ns);
        }
        if silent {
            self.silent(led, since_ns, at_ns);
        }
    }

    #[cold]
    fn now_leads(&mut self, partition: usize, broker: i32, at_ns: u64) {
        let known = self.brokers.iter().position(|(id, _)| *id == Some(broker));
        let at = known.unwrap_or_else(|| {
            self.brokers.push((Some(broker), 0));
            self.brokers.len() - 1
        });
        self.brokers[at].1 = at_ns;
        if let Some(leads) = self.leads.get_mut(partition) {
            *leads = at;
        }
    }

    #[cold]
    fn silent(&mut self, broker: Option<i32>, begin_ns: u64, end_ns: u64) {
        if self.noted.len() < KEPT {
            let (kind, starved_ns) = (MomentKind::Silence { broker }, self.starved.waited_ns());
            self.noted.push(StallMoment { kind, begin_ns, end_ns, starved_ns });
        }
    }

    /// A look from time to time: `answered` is how much has been answered by anybody so far; does it wait for more?
    #[inline]
    pub(super) fn look(&mut self, now_ns: u64, answered: u64, waits: bool) {
        let away_ns = now_ns.saturating_sub(self.looked_ns);
        self.looked_ns = now_ns;
        if answered != self.answered || !waits {
            if self.waiting_since_ns != 0 {
                self.waiting_since_ns = 0;
                self.starved.forget();
            }
            self.answered = answered;
        } else if self.waiting_since_ns == 0 {
            self.waiting_since_ns = now_ns;
        } else if away_ns > STOOD_NS {
            self.waiting_since_ns = (self.waiting_since_ns + away_ns).min(now_ns);
        } else if now_ns - self.waiting_since_ns > SHOWS_NS {
            self.starved.watch();
        }
    }

    /// The same for who cannot know whether anything is to come.
    pub(super) fn listen(&mut self, now_ns: u64) {
        let heard_ns = self.brokers.iter().map(|(_, heard_ns)| *heard_ns).max().unwrap_or(0);
        if heard_ns != 0 && now_ns > heard_ns + SHOWS_NS {
            self.starved.watch();
        } else {
            self.starved.forget();
        }
    }

    /// Nothing is waited for any more although something was: that was a silence to the end.
    pub(super) fn give_up(&mut self, now_ns: u64) {
        let begin_ns = self.waiting_since_ns;
        if begin_ns != 0 && now_ns > begin_ns + SILENCE_NS {
            let broker = if let [(one, _)] = self.brokers[..] { one } else { None };
            self.silent(broker, begin_ns, now_ns);
        }
        self.waiting_since_ns = 0;
    }

    /// Tells the supervisor what is new.
    pub(super) fn publish(&mut self, end: &mut ClientEnd) {
        for moment in self.noted.drain(..) {
            end.note_moment(moment);
        }
        if self.published_ns != self.waiting_since_ns {
            self.published_ns = self.waiting_since_ns;
            end.set_waiting_since(self.waiting_since_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn noted(witness: &SilenceWatch) -> Vec<(Option<i32>, u64, u64)> {
        let told = |moment: &StallMoment| match moment.kind {
            MomentKind::Silence { broker } => (broker, moment.begin_ns / MS, moment.end_ns / MS),
            MomentKind::StoodStill => unreachable!("a witness tells of brokers"),
        };
        witness.noted.iter().map(told).collect()
    }

    #[test]
    fn a_silence_begins_with_the_last_answer_or_the_first_question() {
        let mut witness = SilenceWatch::new(&[]);
        for i in 0..100 {
            witness.heard(0, -1, (i * 10 + 5) * MS, i * 10 * MS);
        }
        assert_eq!(noted(&witness), []);
        // In flight when it began: the last answer counts.
        witness.heard(0, -1, 3_000 * MS, 990 * MS);
        // Nothing was asked for two seconds.
        witness.heard(0, -1, 5_005 * MS, 5_000 * MS);
        // Asked, and answered late.
        witness.heard(0, -1, 7_000 * MS, 6_000 * MS);
        assert_eq!(noted(&witness), [(None, 995, 3_000), (None, 6_000, 7_000)]);
    }

    #[test]
    fn answers_that_are_slow_and_keep_coming_are_no_silence() {
        let mut witness = SilenceWatch::new(&[]);
        (0..200).for_each(|i| witness.heard(0, -1, (2_000 + i * 20) * MS, i * 20 * MS));
        assert_eq!(noted(&witness).len(), 1, "the first one alone: before it nothing was heard");
    }

    #[test]
    fn each_broker_is_silent_by_itself() {
        let mut witness = SilenceWatch::new(&[7, 9, 7]);
        for i in 0..300 {
            let sent_ns = i * 10 * MS;
            witness.heard(1, -1, sent_ns + MS, sent_ns);
            if !(100..250).contains(&i) {
                witness.heard(if i % 2 == 0 { 0 } else { 2 }, -1, sent_ns + MS, sent_ns);
            }
        }
        assert_eq!(noted(&witness), []);
        witness.heard(0, -1, 4_000 * MS, 2_991 * MS);
        assert_eq!(noted(&witness), [(Some(7), 2_991, 4_000)]);
    }

    #[test]
    fn what_a_partition_waited_for_its_new_leader_is_told_of_the_old_one() {
        let mut witness = SilenceWatch::new(&[7, 9]);
        (0..100).for_each(|i| {
            witness.heard(0, 7, (i * 10 + 1) * MS, i * 10 * MS);
            witness.heard(1, 9, (i * 10 + 1) * MS, i * 10 * MS);
        });
        // Broker 7 dies, and 9 takes its partition over after two seconds.
        (100..300).for_each(|i| witness.heard(1, 9, (i * 10 + 1) * MS, i * 10 * MS));
        witness.heard(0, 9, 3_000 * MS, 1_000 * MS);
        assert_eq!(noted(&witness), [(Some(7), 1_000, 3_000)]);
        // From now on it is the silence of 9; a third one comes into the cluster.
        witness.heard(0, 9, 4_000 * MS, 3_000 * MS);
        witness.heard(0, 11, 5_000 * MS, 4_500 * MS);
        witness.heard(0, 11, 6_000 * MS, 5_500 * MS);
        let expected = [(Some(9), 3_000, 4_000), (Some(9), 4_500, 5_000), (Some(11), 5_500, 6_000)];
        assert_eq!(noted(&witness)[1..], expected);
    }

    #[test]
    fn who_stood_still_waited_for_nobody_meanwhile() {
        let mut witness = SilenceWatch::new(&[]);
        (0..10).for_each(|i| witness.look((1_000 + i * 5) * MS, 1, true));
        assert_eq!(witness.waiting_since_ns, 1_005 * MS);
        // Stopped for a minute.
        witness.look(61_045 * MS, 1, true);
        assert_eq!(witness.waiting_since_ns, 61_005 * MS);
    }

    #[test]
    fn it_waits_from_the_first_look_without_an_answer_on() {
        let mut witness = SilenceWatch::new(&[]);
        witness.look(10, 1, true);
        assert_eq!(witness.waiting_since_ns, 0);
        witness.look(20, 1, true);
        witness.look(30, 1, true);
        assert_eq!(witness.waiting_since_ns, 20);
        witness.look(40, 2, true);
        assert_eq!(witness.waiting_since_ns, 0);
        witness.look(50, 2, false);
        assert_eq!(witness.waiting_since_ns, 0);
        witness.look(60, 2, true);
        witness.give_up(60 + 200 * MS);
        assert_eq!((noted(&witness), witness.waiting_since_ns), (vec![(None, 0, 200)], 0));
    }
}
