//! The same call to several workers at once. A signal, a lost worker or a dead client ends the wait: the calls are then
//! left alone, and what workers are still doing is aborted before the next one.

use super::peer::PeerCallError;
use super::{DistributedWorkers, FleetMember, interruption};
use crate::worker::{Wake, WorkerError};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// What is sent to each.
enum RequestBodies {
    None,
    Same(Vec<u8>),
    Each(Vec<(usize, Vec<u8>)>),
}

/// What becomes of a call when one of the workers is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) enum Loss {
    /// It fails.
    Fails,
    /// What the others say still counts: they have said it once and will not say it again. The next wait tells of the
    /// loss.
    IsToldLater,
}

impl DistributedWorkers {
    /// GET from every living member that `which` names; answers with the member's number.
    pub(super) fn get_each<T: DeserializeOwned + Send + 'static>(
        &mut self,
        which: impl Fn(&FleetMember) -> bool,
        verb: &'static str,
        limit: Duration,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let members = self.living(which);
        self.call_each(&members, verb, &RequestBodies::None, limit, Loss::Fails)
    }

    /// The same, and what the others say counts when one is lost.
    pub(super) fn get_of_living<T: DeserializeOwned + Send + 'static>(
        &mut self,
        verb: &'static str,
        limit: Duration,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let members = self.living(|member| !member.clients.is_empty());
        self.call_each(&members, verb, &RequestBodies::None, limit, Loss::IsToldLater)
    }

    /// POST of one body to every living member with clients; what the others say counts when one is lost.
    pub(super) fn post_to_living<T: DeserializeOwned + Send + 'static>(
        &mut self,
        verb: &'static str,
        body: &impl serde::Serialize,
        limit: Duration,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let members = self.living(|member| !member.clients.is_empty());
        let body = serde_json::to_vec(body).map_err(|error| WorkerError::System(error.to_string()))?;
        self.call_each(&members, verb, &RequestBodies::Same(body), limit, Loss::IsToldLater)
    }

    /// POST of one body to every living member that `which` names.
    pub(super) fn post_each<T: DeserializeOwned + Send + 'static>(
        &mut self,
        which: impl Fn(&FleetMember) -> bool,
        verb: &'static str,
        body: &impl serde::Serialize,
        limit: Duration,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let members = self.living(which);
        let body = serde_json::to_vec(body).map_err(|error| WorkerError::System(error.to_string()))?;
        self.call_each(&members, verb, &RequestBodies::Same(body), limit, Loss::Fails)
    }

    /// POST of its own body to each member.
    pub(super) fn post_own<T: DeserializeOwned + Send + 'static>(
        &mut self,
        bodies: Vec<(usize, Vec<u8>)>,
        verb: &'static str,
        limit: Duration,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let members: Vec<usize> = bodies.iter().map(|(member, _)| *member).collect();
        self.call_each(&members, verb, &RequestBodies::Each(bodies), limit, Loss::Fails)
    }

    fn living(&self, which: impl Fn(&FleetMember) -> bool) -> Vec<usize> {
        let members = self.members.iter().enumerate();
        members.filter(|(_, member)| !member.lost && which(member)).map(|(number, _)| number).collect()
    }

    fn call_each<T: DeserializeOwned + Send + 'static>(
        &mut self,
        members: &[usize],
        verb: &'static str,
        bodies: &RequestBodies,
        limit: Duration,
        loss: Loss,
    ) -> Result<Vec<(usize, T)>, WorkerError> {
        let (answers, answered) = crossbeam_channel::bounded::<(usize, Result<T, PeerCallError>)>(members.len());
        for &member in members {
            let (peer, answers) = (self.members[member].peer.clone(), answers.clone());
            let body = match bodies {
                RequestBodies::None => None,
                RequestBodies::Same(body) => Some(body.clone()),
                RequestBodies::Each(each) => each.iter().find(|(of, _)| *of == member).map(|(_, body)| body.clone()),
            };
            let call = move || {
                let answer = match body {
                    None => peer.get(verb, limit),
                    Some(body) => peer.post(verb, &body, limit),
                };
                // Whoever asked may have gone on.
                let _ = answers.send((member, answer));
            };
            let name = format!("pinload-call-{member}");
            std::thread::Builder::new()
                .name(name)
                .spawn(call)
                .map_err(|error| WorkerError::System(format!("cannot start a thread: {error}")))?;
        }
        drop(answers);
        let mut all = Vec::with_capacity(members.len());
        let mut waited_for = members.to_vec();
        self.under_way = true;
        while !waited_for.is_empty() {
            crossbeam_channel::select! {
                recv(answered) -> answer => match answer {
                    Ok((member, Ok(answer))) => {
                        waited_for.retain(|waiting| *waiting != member);
                        all.push((member, answer));
                    }
                    Ok((member, Err(error))) => match self.failed(member, error) {
                        WorkerError::WorkerLost(lost) if loss == Loss::IsToldLater => {
                            waited_for.retain(|waiting| *waiting != member);
                            self.losses.push_back(lost);
                        }
                        error => return Err(error),
                    },
                    Err(_) => return Err(WorkerError::System(format!("{verb}: a call ended without an answer"))),
                },
                recv(self.signals) -> signal => match signal.map(interruption) {
                    Ok(Some(by)) => {
                        self.interrupts += 1;
                        return Err(WorkerError::Interrupted(by));
                    }
                    Ok(None) => {}
                    Err(_) => self.signals = crossbeam_channel::never(),
                },
                recv(self.alarms.1) -> alarm => {
                    let wake = alarm.ok().and_then(|alarm| self.alarmed(alarm));
                    match wake {
                        Some(Wake::WorkerLost(lost)) if loss == Loss::IsToldLater => {
                            waited_for.retain(|waiting| !self.members[*waiting].lost);
                            self.losses.push_back(lost);
                        }
                        Some(Wake::WorkerLost(loss)) => return Err(WorkerError::WorkerLost(loss)),
                        // Where the run is being ended anyway it need not be told.
                        Some(Wake::BrokerLost(broker)) if loss != Loss::IsToldLater => {
                            return Err(WorkerError::BrokerLost(broker));
                        }
                        Some(Wake::ClientDied(death)) => return Err(WorkerError::ClientDied(death)),
                        _ => {}
                    }
                },
            }
        }
        self.under_way = false;
        all.sort_by_key(|(member, _)| *member);
        Ok(all)
    }

    fn failed(&mut self, member: usize, error: PeerCallError) -> WorkerError {
        let member = &mut self.members[member];
        if matches!(error, PeerCallError::NoAnswer(_)) {
            member.lost = true;
        }
        error.at(&member.peer.url)
    }

    /// Ends what workers are still doing for a call that nobody waits for any more.
    pub(super) fn abort(&mut self) {
        if std::mem::take(&mut self.under_way) {
            let calls: Vec<_> = self
                .members
                .iter()
                .filter(|member| !member.lost && member.begun)
                .map(|member| {
                    let peer = member.peer.clone();
                    std::thread::spawn(move || peer.post::<serde::de::IgnoredAny>("abort", b"", super::CALL_LIMIT))
                })
                .collect();
            for call in calls {
                // An empty answer is no JSON: all that matters is that it was heard.
                let _ = call.join();
            }
        }
    }
}
