//! The telemetry between clients and supervisor.

use super::Cause;
use super::context::Context;
use super::gather::FoundCause;
use crate::units::format_count;
use crate::worker::ClientFacts;

pub(super) fn findings(facts: &ClientFacts, context: &Context<'_>) -> Vec<FoundCause> {
    let lost = context.above(Cause::SlotsLost, facts, facts.slots_lost as f64, || {
        format!(
            "{} were overwritten before they were read: seconds are missing in the timeline, nothing in the totals",
            format_count(facts.slots_lost)
        )
    });
    let late = context.above(Cause::LateReports, facts, facts.late_reports as f64, || {
        format!(
            "{} periods ended without its report in time: its part stands in the next period, after the last one in \
             none",
            format_count(facts.late_reports)
        )
    });
    [lost, late].into_iter().flatten().collect()
}
