//! From arguments as typed to what `plan::resolve` decides with.

use super::args::{ClientArg, PlacementArg, RateScopeArg, RunArgs, UnknownKeys};
use crate::config::ClientLibrary;
use crate::plan::placement::PlacementWishes;
use crate::plan::resolve::varying_load::SearchLimits;
use crate::plan::{PlacementPolicy, RateScope, ResolveOptions, Thresholds};

impl From<&RunArgs> for ResolveOptions {
    fn from(args: &RunArgs) -> Self {
        Self {
            rates_are_tried: false,
            only_shown: false,
            client: args.client.map(ClientLibrary::from),
            embedded: args.embedded,
            duration: args.duration,
            warmup: args.warmup,
            rate: args.rate,
            rate_scope: args.rate_scope.map(RateScope::from),
            late: args.late_policy,
            keep_topics: args.keep_topics,
            existing_topics: args.topics.clone(),
            no_stamp: args.no_stamp,
            unknown_keys_warn: args.unknown_keys == UnknownKeys::Warn,
            connect_timeout: args.connect_timeout,
            topics_timeout: args.topics_timeout,
            ready_timeout: args.ready_timeout,
            unreachable_timeout: args.unreachable_timeout,
            search_limits: search_limits(|name| std::env::var(name).ok()),
            on_workers: !args.workers.is_empty() || args.workers_file.is_some(),
            thresholds: Thresholds::with(&args.threshold),
            goals: args.goal.clone(),
            placement: match args.workers.is_empty() && args.workers_file.is_none() {
                true => args.placement.wishes(),
                // Workers place their clients themselves; what could be said of this machine would mislead.
                false => PlacementWishes { policy: PlacementPolicy::None, ..args.placement.wishes() },
            },
        }
    }
}

/// OMB reads the limits of its rate search from the environment; what is no number there is left at OMB's default, as
/// OMB would fail.
fn search_limits(variable: impl Fn(&str) -> Option<String>) -> SearchLimits {
    let default = SearchLimits::default();
    let count = |name: &str, default: u64| variable(name).and_then(|text| text.trim().parse().ok()).unwrap_or(default);
    let factor = |name: &str, default: f64| {
        let number: Option<f64> = variable(name).and_then(|text| text.trim().parse().ok());
        number.filter(|number| *number > 0.0 && number.is_finite()).unwrap_or(default)
    };
    SearchLimits {
        publish_backlog_limit: count("PUBLISH_BACKLOG_LIMIT", default.publish_backlog_limit),
        receive_backlog_limit: count("RECEIVE_BACKLOG_LIMIT", default.receive_backlog_limit),
        min_ramping_factor: factor("MIN_RAMPING_FACTOR", default.min_ramping_factor),
        max_ramping_factor: factor("MAX_RAMPING_FACTOR", default.max_ramping_factor),
    }
}

impl From<ClientArg> for ClientLibrary {
    fn from(arg: ClientArg) -> Self {
        match arg {
            ClientArg::Librdkafka => Self::Librdkafka,
            ClientArg::Wire => Self::Wire,
        }
    }
}

impl From<RateScopeArg> for RateScope {
    fn from(scope: RateScopeArg) -> Self {
        match scope {
            RateScopeArg::PerProducer => Self::PerProducer,
            RateScopeArg::Total => Self::Total,
        }
    }
}

impl From<PlacementArg> for PlacementPolicy {
    fn from(placement: PlacementArg) -> Self {
        match placement {
            PlacementArg::Auto => Self::Auto,
            PlacementArg::Spread => Self::Spread,
            PlacementArg::Compact => Self::Compact,
            PlacementArg::None => Self::None,
        }
    }
}
