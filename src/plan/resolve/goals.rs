//! Goals: those of the workload file, then those of the command line.

use super::context::ResolveContext;
use crate::plan::RatePlan;
use crate::plan::goal::Goal;
use crate::units::Rate;
use std::time::Duration;

/// The goals that can be judged; the others are refused.
pub(super) fn decide(context: &mut ResolveContext<'_>, rate: Option<&RatePlan>, period: Duration) -> Vec<Goal> {
    let has_target =
        rate.is_none_or(|rate| matches!(rate.total, Rate::PerSecond(_))) && !super::varying_load::is_search(context);
    let mut goals = Vec::new();
    for text in context.workload.goals.clone().unwrap_or_default() {
        let read = Goal::parse(&text).and_then(|goal| goal.unfit(period, has_target).map_or(Ok(goal), Err));
        match read {
            Ok(goal) => goals.push(goal),
            Err(why) => context.refuse("goals", why),
        }
    }
    for goal in &context.options.goals {
        match goal.unfit(period, has_target) {
            None => goals.push(goal.clone()),
            Some(why) => context.refuse_option(Some("--goal"), why),
        }
    }
    goals
}
