//! What a client has left in its segment beside its figures, on the time line of the load.

use super::Client;
use crate::driver::DriverError;
use crate::worker::{ClientFacts, ClientMoment, ClientTrouble};

/// Where nobody looked at the time itself: a thread that was ready to run and waited for more of its period than this
/// has been kept from its CPU.
const STARVED_SHARE: f64 = 0.9;

impl Client {
    /// Its last words, behind the kind of trouble that it gave up for.
    pub(super) fn last_words(&self) -> Option<String> {
        let words = self.end.last_words()?;
        Some(match self.end.gave_up_for() {
            Some(class) => DriverError::new(class, words).to_string(),
            None => words,
        })
    }

    /// Its moments since the last call, that began in the load. `period`: what the kernel told of it meanwhile.
    pub(super) fn tell_moments(&mut self, epoch_ns: u64, period: Option<&ClientFacts>) -> Vec<ClientMoment> {
        let kernel = period.map(|facts| facts.kernel).unwrap_or_default();
        // A thread that gets its CPU now and then still looks; one that waits all the time does not.
        let all_the_time = |wait_ns: &u64| *wait_ns as f64 > kernel.span_ns as f64 * STARVED_SHARE;
        let starved =
            [kernel.hot_wait_ns.filter(all_the_time), kernel.io_wait_ns.filter(all_the_time), kernel.throttled_ns];
        let starved_ns = starved.into_iter().flatten().max().unwrap_or(0);
        let moments = std::mem::take(&mut self.moments).into_iter();
        let of_the_load = moments.filter(|moment| epoch_ns > 0 && moment.begin_ns >= epoch_ns);
        let (role, index) = (self.plan.role, self.plan.index);
        of_the_load
            .map(|moment| ClientMoment {
                role,
                index,
                kind: moment.kind,
                begin_ns: moment.begin_ns - epoch_ns,
                end_ns: moment.end_ns.saturating_sub(epoch_ns),
                starved_ns: moment.starved_ns.unwrap_or(starved_ns),
            })
            .collect()
    }

    /// Its last distinct errors.
    pub(super) fn troubles(&self, epoch_ns: u64) -> Vec<ClientTrouble> {
        let since = |at_ns: u64| at_ns.cast_signed() - epoch_ns.cast_signed();
        let told = self.end.troubles().into_iter();
        told.map(|trouble| ClientTrouble {
            text: trouble.text,
            // A line of log alone is not counted as an error by whoever wrote it.
            count: trouble.count.max(1),
            first_ns: since(trouble.first_ns),
            last_ns: since(trouble.last_ns),
        })
        .collect()
    }
}
