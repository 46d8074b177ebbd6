//! The beginning of a run: who is there, and who gets which clients.

use super::errors::{FleetError, NotAdmitted};
use super::peer::{Peer, PeerCallError};
use super::pinload::PinloadProtocol;
use super::protocol::{FleetEnding, FleetProtocol};
use super::{DistributedWorkers, FleetMember, WorkerReplies, heartbeat, split};
use crate::plan::Plan;
use crate::telemetry::Role;
use crate::worker::WorkerError;

impl<P: FleetEnding> DistributedWorkers<P> {
    /// Every worker must be there, be one that the protocol can drive, and be free, before anything starts anywhere.
    pub(super) fn find_all(&mut self, plan: &Plan) -> Result<(), WorkerError> {
        let WorkerReplies(replies) = self.roll_call.take().unwrap_or_else(|| WorkerReplies::of(&self.settings));
        let shares = split::duties(self.settings.workers.len(), self.settings.extra_consumers);
        let mut wrong = Vec::new();
        for ((url, share), reply) in self.settings.workers.iter().zip(&shares).zip(replies) {
            let url = url.trim_end_matches('/');
            let hello = match reply {
                Ok(hello) => Ok(Some(hello)),
                Err(PeerCallError::Refused { status: 404, .. }) => Ok(None),
                Err(PeerCallError::NoAnswer(source)) => Err(NotAdmitted::NotReached { url: url.to_owned(), source }),
                Err(error) => Err(NotAdmitted::Call(Box::new(PinloadProtocol::failed(url, "hello", error, false)))),
            };
            let admitted = hello.and_then(|hello| {
                // The token is for pinload's workers: OMB's know none, and need not hear it.
                let token = self.settings.token.as_deref().filter(|_| hello.is_some());
                let peer = Peer::new(url, P::PREFIX, token, self.protocol.run());
                P::admits(&peer, hello.as_ref())?;
                match hello.as_ref().and_then(|hello| hello.busy_with()) {
                    Some(what) => Err(NotAdmitted::Busy { url: url.to_owned(), what: what.to_string() }),
                    None => Ok((peer, hello)),
                }
            });
            match admitted {
                Ok((peer, hello)) => self.members.push(FleetMember {
                    peer,
                    hello,
                    clients: split::clients_of(*share, &shares, &plan.clients),
                    begun: false,
                    lost: false,
                    known: P::Known::default(),
                }),
                Err(why) => wrong.push(why),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(FleetError::NotAdmitted(wrong).into()) }
    }

    /// From here on workers may have a run of this plan.
    pub(super) fn take_plan(&mut self, plan: Plan) {
        self.plan = Some(plan);
        self.members.iter_mut().for_each(|member| member.begun = true);
    }

    /// From here on it is noticed when a worker is gone, whatever verb is under way.
    pub(super) fn watch_all(&self) {
        let Some((_, ended)) = &self.beating else { return };
        for (number, member) in self.members.iter().enumerate() {
            heartbeat::watch::<P>(number, member.peer.clone(), self.alarms.0.clone(), ended.clone());
        }
    }

    /// The members that messages can go from and to.
    pub(super) fn routes(&self) -> Vec<(usize, usize)> {
        let of = |role| (0..self.members.len()).filter(move |&number| self.members[number].has(role));
        of(Role::Producer).flat_map(|from| of(Role::Consumer).map(move |to| (from, to))).collect()
    }
}
