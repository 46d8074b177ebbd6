//! How messages come at their rate.

use super::context::ResolveContext;
use super::varying_load::is_search;
use crate::config::workload::{ArrivalShape, Spacing};
use crate::plan::{Arrivals, RatePlan};
use crate::units::Rate;

/// Of every run that says nothing else: the same times again are what makes runs comparable.
const DEFAULT_SEED: u32 = 1;

/// Are a second's messages as many as the rate says?
fn drawn_evenly(arrivals: Arrivals) -> bool {
    arrivals.short_by_chance(1.0) <= 1.0
}

/// Decides it for a rate that is decided.
pub(super) fn decide(context: &mut ResolveContext<'_>, rate: &RatePlan) -> Arrivals {
    let Spacing { arrivals, arrival_seed, burst_messages, .. } = context.workload.spacing;
    let shape = arrivals.unwrap_or(ArrivalShape::Uniform);
    let drawn = matches!(shape, ArrivalShape::Poisson | ArrivalShape::Dithered);
    for (key, unused, of) in [
        ("arrivalSeed", arrival_seed.is_some() && !drawn, "poisson"),
        ("burstMessages", burst_messages.is_some() && shape != ArrivalShape::Burst, "burst"),
    ] {
        if unused && !context.written_wrongly("arrivals") {
            context.warn(key, format!("is not used: it goes with arrivals: {of}"));
        }
    }
    let arrival_seed = arrival_seed.unwrap_or(DEFAULT_SEED);
    let arrivals = match shape {
        ArrivalShape::Uniform => return Arrivals::Uniform,
        ArrivalShape::Dithered => Arrivals::Dithered { arrival_seed },
        ArrivalShape::Poisson => Arrivals::Poisson { arrival_seed },
        ArrivalShape::Burst => match context.at_least_one("burstMessages", burst_messages, "100") {
            Some(burst_messages) => Arrivals::Burst { burst_messages },
            None => return Arrivals::Uniform,
        },
    };
    if rate.total == Rate::Unlimited {
        context.warn("arrivals", "is not used: without a rate messages follow each other as fast as they can");
        return Arrivals::Uniform;
    }
    if !drawn_evenly(arrivals) && is_search(context) && !context.options.rates_are_tried {
        context.refuse(
            "arrivals",
            "does not go with a search for the rate, which compares what was sent with what was due to within 1,000 \
             messages: give a rate (producerRate: 10000), or search with pinload capacity",
        );
    }
    arrivals
}
