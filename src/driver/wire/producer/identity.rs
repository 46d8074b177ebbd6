//! An idempotent producer's id and epoch, which any broker gives.

use super::WireProducer;
use crate::driver::wire::cluster::{RequestEvent, back_off_ns};
use crate::driver::wire::codes;
use crate::driver::wire::request::{self, WireRequest};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass, Time};
use std::time::Duration;

/// The longest time between two looks.
const LOOK_NS: u64 = 5_000_000;

impl WireProducer {
    /// Asks until it is told, for as long as `--connect-timeout` says.
    pub(super) fn ask_for_identity(&mut self, limit: Duration, time: &impl Time) -> Result<(i64, i16), DriverError> {
        let deadline_ns = time.now_ns() + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let (mut asked, mut tries, mut not_before_ns, mut why) = (false, 0, 0, "no answer".to_owned());
        loop {
            let cluster = &mut self.cluster;
            let now_ns = cluster.begin_look(time);
            cluster.refresh(now_ns);
            if let (false, Some(at)) = (asked || now_ns < not_before_ns, cluster.anybody(now_ns)) {
                cluster.ask(at, WireRequest::ProducerId, request::producer_id(&cluster.manners.client_id), now_ns);
                asked = true;
            }
            let mut told = None;
            for at in 0..cluster.len() {
                cluster.step(at, time, |event, _| match event {
                    RequestEvent::Answer(_, inbox, range) => {
                        let (throttle_ms, identity) = response::producer_id(inbox.bytes(range))?;
                        told = Some(identity);
                        Some(throttle_ms)
                    }
                    RequestEvent::Lost(_) | RequestEvent::Written(_) => {
                        asked = false;
                        Some(0)
                    }
                });
            }
            match told {
                Some(Ok(identity)) => return Ok(identity),
                Some(Err(code)) => {
                    why = codes::describe(code.into());
                    if !codes::is_retriable(code) {
                        let text = format!("no producer id (enable.idempotence=true): {why}");
                        return Err(DriverError::new(codes::class(code.into()), text));
                    }
                    (asked, not_before_ns) = (false, now_ns + back_off_ns(cluster.manners.retry_ns, tries));
                    tries += 1;
                }
                None => {}
            }
            if let Some(fault) = cluster.fault() {
                return Err(fault);
            }
            if now_ns >= deadline_ns {
                let why = cluster.error_log.last().unwrap_or(&why);
                let text = format!("no broker has given a producer id (enable.idempotence=true): {why}");
                return Err(DriverError::new(ErrorClass::Unreachable, text));
            }
            cluster.wait(now_ns + LOOK_NS, time);
        }
    }
}
