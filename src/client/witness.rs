//! What a client sees of its brokers: for how long each of them left it without an answer although it waited for one.
//!
//! An answer is a delivery report of the broker's, or a message. A silence begins with the last answer of that broker, or, when nothing was on
//! its way then, with the sending of what was answered at last; so no silence is told where nothing was asked. It is exact to the time
//! between two messages.

use crate::telemetry::ClientEnd;
use crate::telemetry::witness::{Moment, MomentKind};

/// Silences from this on are noted. A linger, a fetch's wait, or the pause of a collector is shorter.
const SILENCE_NS: u64 = 150_000_000;
/// Kept until the next tick; more than this are not told.
const KEPT: usize = 32;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Witness {
    /// Position in `brokers`, by partition; a partition that is not there is the first broker's.
    leads: Vec<usize>,
    /// Id, and when it answered last (raw ns; 0: not yet).
    brokers: Vec<(Option<i32>, u64)>,
    noted: Vec<Moment>,
    /// What had been answered at the last look.
    answered: u64,
    waiting_since_ns: u64,
    published_ns: u64,
}

impl Witness {
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
        Self { leads, brokers, noted: Vec::new(), answered: 0, waiting_since_ns: 0, published_ns: 0 }
    }

    /// The leader of `partition` answered at `at_ns` about what was sent at `sent_ns`.
    #[inline]
    pub(super) fn heard(&mut self, partition: usize, at_ns: u64, sent_ns: u64) {
        let at = self.leads.get(partition).copied().unwrap_or(0);
        let broker = &mut self.brokers[at];
        let since_ns = broker.1.max(sent_ns);
        broker.1 = at_ns;
        // Wraps below 0 for a clock that differs.
        if at_ns > since_ns + SILENCE_NS {
            let broker = broker.0;
            self.note(Moment { kind: MomentKind::Silence { broker }, begin_ns: since_ns, end_ns: at_ns });
        }
    }

    #[cold]
    fn note(&mut self, moment: Moment) {
        if self.noted.len() < KEPT {
            self.noted.push(moment);
        }
    }

    /// A look from time to time: `answered` is how much has been answered by anybody so far; does it wait for more?
    #[inline]
    pub(super) fn look(&mut self, now_ns: u64, answered: u64, waits: bool) {
        if answered != self.answered || !waits {
            self.answered = answered;
            self.waiting_since_ns = 0;
        } else if self.waiting_since_ns == 0 {
            self.waiting_since_ns = now_ns;
        }
    }

    /// Nothing is waited for any more although something was: that was a silence to the end.
    pub(super) fn give_up(&mut self, now_ns: u64) {
        let begin_ns = self.waiting_since_ns;
        if begin_ns != 0 && now_ns > begin_ns + SILENCE_NS {
            let broker = if let [(one, _)] = self.brokers[..] { one } else { None };
            self.note(Moment { kind: MomentKind::Silence { broker }, begin_ns, end_ns: now_ns });
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

    fn noted(witness: &Witness) -> Vec<(Option<i32>, u64, u64)> {
        let told = |moment: &Moment| match moment.kind {
            MomentKind::Silence { broker } => (broker, moment.begin_ns / MS, moment.end_ns / MS),
            MomentKind::StoodStill => unreachable!("a witness tells of brokers"),
        };
        witness.noted.iter().map(told).collect()
    }

    #[test]
    fn a_silence_begins_with_the_last_answer_or_the_first_question() {
        let mut witness = Witness::new(&[]);
        for i in 0..100 {
            witness.heard(0, (i * 10 + 5) * MS, i * 10 * MS);
        }
        assert_eq!(noted(&witness), []);
        // In flight when it began: the last answer counts.
        witness.heard(0, 3_000 * MS, 990 * MS);
        // Nothing was asked for two seconds.
        witness.heard(0, 5_005 * MS, 5_000 * MS);
        // Asked, and answered late.
        witness.heard(0, 7_000 * MS, 6_000 * MS);
        assert_eq!(noted(&witness), [(None, 995, 3_000), (None, 6_000, 7_000)]);
    }

    #[test]
    fn answers_that_are_slow_and_keep_coming_are_no_silence() {
        let mut witness = Witness::new(&[]);
        (0..200).for_each(|i| witness.heard(0, (2_000 + i * 20) * MS, i * 20 * MS));
        assert_eq!(noted(&witness).len(), 1, "the first one alone: before it nothing was heard");
    }

    #[test]
    fn each_broker_is_silent_by_itself() {
        let mut witness = Witness::new(&[7, 9, 7]);
        for i in 0..300 {
            let sent_ns = i * 10 * MS;
            witness.heard(1, sent_ns + MS, sent_ns);
            if !(100..250).contains(&i) {
                witness.heard(if i % 2 == 0 { 0 } else { 2 }, sent_ns + MS, sent_ns);
            }
        }
        assert_eq!(noted(&witness), []);
        witness.heard(0, 4_000 * MS, 2_991 * MS);
        assert_eq!(noted(&witness), [(Some(7), 2_991, 4_000)]);
    }

    #[test]
    fn it_waits_from_the_first_look_without_an_answer_on() {
        let mut witness = Witness::new(&[]);
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
