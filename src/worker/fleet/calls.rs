//! The same call to several workers at once. A signal, a lost worker or a dead client ends the wait: the calls are then
//! left alone, and what workers are still doing is ended before or with the run.

use super::heartbeat::FleetAlarm;
use super::peer::{self, PeerCallError};
use super::protocol::FleetEnding;
use super::{DistributedWorkers, FleetMember, interruption};
use crate::telemetry::Role;
use crate::worker::http_client::HttpError;
use crate::worker::{SystemError, Wake, WorkerError};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// What becomes of a call when one of the workers is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It fails.
    Fails,
    /// What the others say still counts: they have said it once and will not say it again. The next wait tells of the
    /// loss.
    IsToldLater,
}

/// What is sent to one worker.
#[derive(Debug, Clone)]
pub(super) struct FleetRequest {
    /// Its number.
    pub(super) member: usize,
    /// Body of a POST; None: GET.
    pub(super) body: Option<Arc<[u8]>>,
}

/// What one worker answered.
#[derive(Debug)]
pub(super) struct FleetAnswer<T> {
    /// Its number.
    pub(super) member: usize,
    /// When it was asked, raw ns: about when it looked.
    pub(super) asked_ns: u64,
    /// The answer.
    pub(super) value: T,
}

/// A body of JSON.
pub(super) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, WorkerError> {
    Ok(serde_json::to_vec(value).map_err(SystemError::from)?)
}

impl<P: FleetEnding> DistributedWorkers<P> {
    /// One request for each living member that `which` names; without a body it is a GET.
    pub(super) fn to_each(
        &self,
        which: impl Fn(&FleetMember<P::Known>) -> bool,
        body: Option<Vec<u8>>,
    ) -> Vec<FleetRequest> {
        let body: Option<Arc<[u8]>> = body.map(Arc::from);
        let members = self.members.iter().enumerate();
        let living = members.filter(|(_, one)| !one.lost && which(one));
        living.map(|(member, _)| FleetRequest { member, body: body.clone() }).collect()
    }

    /// POST without a body to every living member with clients of a role.
    pub(super) fn post(&mut self, role: Role, verb: &'static str, limit: Duration) -> Result<(), WorkerError> {
        let requests = self.to_each(|member| member.has(role), Some(Vec::new()));
        self.call_each(requests, verb, limit, Loss::Fails).map(drop)
    }

    /// The same call to several members; what they answer is JSON.
    pub(super) fn ask_each<T: DeserializeOwned>(
        &mut self,
        requests: Vec<FleetRequest>,
        verb: &'static str,
        limit: Duration,
        loss: Loss,
    ) -> Result<Vec<FleetAnswer<T>>, WorkerError> {
        let answers = self.call_each(requests, verb, limit, loss)?;
        answers.iter().map(|answer| self.read(answer, verb)).collect()
    }

    /// An answer of JSON.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        answer: &FleetAnswer<Vec<u8>>,
        verb: &str,
    ) -> Result<FleetAnswer<T>, WorkerError> {
        let FleetAnswer { member, asked_ns, ref value } = *answer;
        match peer::read(value) {
            Ok(value) => Ok(FleetAnswer { member, asked_ns, value }),
            Err(error) => Err(P::failed(&self.members[member].peer.url, verb, error, self.epoch_ns > 0)),
        }
    }

    /// All requests at once; answers in the order of the members.
    pub(super) fn call_each(
        &mut self,
        requests: Vec<FleetRequest>,
        verb: &'static str,
        limit: Duration,
        loss: Loss,
    ) -> Result<Vec<FleetAnswer<Vec<u8>>>, WorkerError> {
        let (answers, answered) = crossbeam_channel::bounded(requests.len());
        let mut waited_for: Vec<usize> = requests.iter().map(|request| request.member).collect();
        let mut all = Vec::with_capacity(requests.len());
        for FleetRequest { member, body } in requests {
            let (peer, answers, clock) = (self.members[member].peer.clone(), answers.clone(), self.clock);
            let call = move || {
                let asked_ns = clock.now_ns();
                let answer = peer.call(verb, body.as_deref(), limit);
                // Whoever asked may have gone on.
                let _ = answers.send((member, answer.map(|value| FleetAnswer { member, asked_ns, value })));
            };
            std::thread::Builder::new()
                .name(format!("pinload-call-{member}"))
                .spawn(call)
                .map_err(SystemError::starting("a thread"))?;
        }
        drop(answers);
        self.under_way = true;
        while !waited_for.is_empty() {
            crossbeam_channel::select! {
                recv(answered) -> answer => match answer {
                    Ok((member, Ok(answer))) => {
                        waited_for.retain(|waiting| *waiting != member);
                        all.push(answer);
                    }
                    Ok((member, Err(error))) => match self.call_failed(member, verb, error) {
                        WorkerError::WorkerLost(lost) if loss == Loss::IsToldLater => {
                            waited_for.retain(|waiting| *waiting != member);
                            self.losses.push_back(lost);
                        }
                        error => return Err(error),
                    },
                    Err(_) => return Err(SystemError::CallEnded { verb }.into()),
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
        all.sort_by_key(|answer: &FleetAnswer<_>| answer.member);
        Ok(all)
    }

    fn call_failed(&mut self, member: usize, verb: &str, error: PeerCallError) -> WorkerError {
        let member = &mut self.members[member];
        if matches!(error, PeerCallError::NoAnswer(_)) {
            member.lost = true;
        }
        P::failed(&member.peer.url, verb, error, self.epoch_ns > 0)
    }

    /// POST without a body to these members, each in a thread of its own, until all have answered or the limit is
    /// reached: nothing ends the wait.
    pub(super) fn post_to_the_end(
        &self,
        which: impl Fn(usize, &FleetMember<P::Known>) -> bool,
        verb: &'static str,
        limit: Duration,
    ) -> Vec<(usize, Result<Vec<u8>, PeerCallError>)> {
        let members = self.members.iter().enumerate();
        let living = members.filter(|(number, member)| member.begun && !member.lost && which(*number, member));
        let calls: Vec<_> = living
            .map(|(number, member)| {
                let peer = member.peer.clone();
                (number, std::thread::spawn(move || peer.call(verb, Some(b""), limit)))
            })
            .collect();
        let panicked = |_| Err(PeerCallError::NoAnswer(HttpError::Panicked));
        calls.into_iter().map(|(number, call)| (number, call.join().unwrap_or_else(panicked))).collect()
    }

    /// Something was heard of a worker; what of it ends a wait.
    pub(super) fn alarmed(&mut self, alarm: FleetAlarm) -> Option<Wake> {
        match alarm {
            FleetAlarm::Lost(member, loss) => {
                let known = std::mem::replace(&mut self.members[member].lost, true);
                (!known).then_some(Wake::WorkerLost(loss))
            }
            FleetAlarm::Death(death) => Some(Wake::ClientDied(death)),
            FleetAlarm::Clocks(comparison) => {
                self.clocks.take(comparison, &self.routes());
                None
            }
            FleetAlarm::Broker(loss) => Some(Wake::BrokerLost(loss)),
        }
    }
}
