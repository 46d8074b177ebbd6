//! Fetch sessions (KIP-227): the broker remembers what was asked of it, and a fetch names only the partitions whose
//! offset has changed since the last one.
//!
//! They pay where a broker leads many of a consumer's partitions and few of them get messages at a time. A partition
//! takes 28 bytes of a request, and a session one of the places that a broker has for them (1,000 by default): with a
//! few partitions there is none.

use crate::driver::wire::codes;
use crate::driver::wire::request::FetchNames;

/// A session is begun with so many partitions.
const FROM_PARTITIONS: usize = 10;
/// What stands for no session.
const NONE: (i32, i32) = (0, -1);

/// With one broker.
#[derive(Debug)]
struct FetchSession {
    broker: i32,
    /// 0: the broker has not given one.
    id: i32,
    /// Of the next fetch; 0: begins anew.
    epoch: i32,
    /// What the broker remembers, by partition.
    named: Vec<(u32, i64)>,
}

/// With all brokers.
#[derive(Debug, Default)]
pub(super) struct FetchSessions(Vec<FetchSession>);

impl FetchSessions {
    /// What a fetch from `broker` names so that these partitions are read from these offsets. Without a session the one
    /// that comes first takes turns; `turn` counts fetches.
    pub(super) fn names(&mut self, broker: i32, mut wanted: Vec<(u32, i64)>, turn: usize) -> FetchNames {
        if let Some(session) = self.of(broker) {
            return session.names(wanted);
        }
        if wanted.len() < FROM_PARTITIONS {
            let first = turn % wanted.len().max(1);
            wanted.rotate_left(first);
            return FetchNames { session: NONE, from: wanted, forgotten: Vec::new() };
        }
        self.0.push(FetchSession { broker, id: 0, epoch: 0, named: Vec::new() });
        self.names(broker, wanted, turn)
    }

    /// The last fetch was answered with this session and error. True: the session was lost, and a new one can be begun
    /// at once.
    pub(super) fn answered(&mut self, broker: i32, id: i32, error: i16) -> bool {
        let Some(session) = self.of(broker) else { return false };
        let was_begun = session.epoch != 0;
        if error != 0 {
            session.epoch = 0;
            if error == codes::FETCH_SESSION_ID_NOT_FOUND {
                session.id = 0;
            }
            return was_begun && codes::ends_fetch_session(error);
        }
        session.id = id;
        // A broker that has no place for another one gives none.
        session.epoch = if id == 0 { 0 } else { session.epoch.checked_add(1).unwrap_or(1) };
        false
    }

    /// Nobody knows what came of the last fetch.
    pub(super) fn lost(&mut self, broker: i32) {
        if let Some(session) = self.of(broker) {
            session.epoch = 0;
        }
    }

    fn of(&mut self, broker: i32) -> Option<&mut FetchSession> {
        self.0.iter_mut().find(|session| session.broker == broker)
    }
}

impl FetchSession {
    fn names(&mut self, mut wanted: Vec<(u32, i64)>) -> FetchNames {
        wanted.sort_unstable();
        let (session, before) = ((self.id, self.epoch), std::mem::replace(&mut self.named, wanted.clone()));
        if self.epoch == 0 {
            return FetchNames { session, from: wanted, forgotten: Vec::new() };
        }
        let is_unwanted = |partition: &u32| wanted.binary_search_by_key(partition, |(wanted, _)| *wanted).is_err();
        let forgotten = before.iter().map(|(partition, _)| *partition).filter(is_unwanted).collect();
        wanted.retain(|named| before.binary_search(named).is_err());
        FetchNames { session, from: wanted, forgotten }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(from: u32, offset: i64) -> Vec<(u32, i64)> {
        (from..from + 12).map(|partition| (partition, offset)).collect()
    }

    #[test]
    fn a_few_partitions_have_no_session_and_take_turns() {
        let mut sessions = FetchSessions::default();
        for (turn, first) in [(0, 1), (1, 2), (2, 3), (3, 1)] {
            let names = sessions.names(7, vec![(1, 0), (2, 0), (3, 0)], turn);
            assert_eq!((names.session, names.from[0].0, names.from.len()), (NONE, first, 3));
        }
        assert!(!sessions.answered(7, 0, 0));
    }

    #[test]
    fn many_are_named_once_and_then_those_that_change() {
        let mut sessions = FetchSessions::default();
        let names = sessions.names(7, many(0, 5), 0);
        assert_eq!((names.session, names.from.len()), ((0, 0), 12));
        assert!(!sessions.answered(7, 99, 0));
        let mut wanted = many(1, 5);
        wanted[3].1 = 8;
        let names = sessions.names(7, wanted.clone(), 1);
        assert_eq!(names, FetchNames { session: (99, 1), from: vec![(4, 8), (12, 5)], forgotten: vec![0] });
        assert!(!sessions.answered(7, 99, 0));
        let names = sessions.names(7, wanted.clone(), 2);
        assert_eq!(names, FetchNames { session: (99, 2), from: vec![], forgotten: vec![] });
        assert_eq!(sessions.names(8, vec![(0, 0)], 0).session, NONE, "another broker has its own");
    }

    #[test]
    fn a_session_that_is_lost_is_begun_anew_with_all() {
        let mut sessions = FetchSessions::default();
        for (error, session) in [(70, (0, 0)), (71, (99, 0)), (56, (99, 0))] {
            sessions.names(7, many(0, 5), 0);
            sessions.answered(7, 99, 0);
            sessions.names(7, many(0, 5), 1);
            assert_eq!(sessions.answered(7, 0, error), error != 56, "{error}");
            let names = sessions.names(7, many(0, 5), 2);
            assert_eq!((names.session, names.from.len()), (session, 12));
            assert!(!sessions.answered(7, 0, error), "again: not at once");
            sessions.answered(7, 99, 0);
            sessions.lost(7);
            assert_eq!(sessions.names(7, many(0, 5), 3).session, (99, 0));
        }
        sessions.answered(7, 0, 0);
        assert_eq!(sessions.names(7, many(0, 5), 4).session, (0, 0), "the broker has given none");
    }
}
