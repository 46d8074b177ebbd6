//! Whose stall was it? The broker's, when all its clients that could look waited for it; a client's own, when its loop
//! stood still.
//!
//! A client that stood still, or whose library's threads waited for a CPU, through most of a silence has seen nothing
//! of it: it neither bears witness nor contradicts, and what it heard nothing for is told as the generator's.
//! Consumers wait for producers as well as for the broker, so where there are producers these must have seen the
//! silence; consumers are named beside them. Where several brokers lead partitions a producer need not have sent to
//! each of them all the time: then half of the topic's producers are enough.
//!
//! Over 250 lines: one algorithm, from moments to whose stall it was.

#[cfg(test)]
mod tests;

use super::event::{SystemEvent, SystemEventKind};
use crate::plan::{Plan, Threshold};
use crate::telemetry::Role;
use crate::telemetry::witness::MomentKind;
use crate::units::{NS_PER_S, Rate, format_ns};
use crate::worker::ClientMoment;
use std::collections::BTreeMap;

/// A client that could look at less than this share of a stall neither bears witness nor contradicts.
const SEEN_SHARE: f64 = 0.5;
/// What a client saw of a silence before or after it stood still itself counts from this length on.
const SEEN_NS: u64 = 150_000_000;
/// Stands of several clients whose begins and ends are no further apart are told as one.
const TOGETHER_NS: u64 = 200_000_000;

type ClientId = (Role, u32);

/// A span of time, ns since the load began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StallSpan {
    begin_ns: u64,
    end_ns: u64,
}

impl StallSpan {
    fn length_ns(self) -> u64 {
        self.end_ns.saturating_sub(self.begin_ns)
    }

    fn overlap_ns(self, other: Self) -> u64 {
        self.end_ns.min(other.end_ns).saturating_sub(self.begin_ns.max(other.begin_ns))
    }

    /// What of this silence somebody saw who stood still through `other`: the longer end. One who had seen a good
    /// deal of it before, and found it going on after, knows that nothing came meanwhile: it would have been picked
    /// up then.
    fn without(self, other: Self) -> Self {
        let before_ns = other.begin_ns.saturating_sub(self.begin_ns);
        let after_ns = self.end_ns.saturating_sub(other.end_ns);
        if self.overlap_ns(other) == 0 || (before_ns > SEEN_NS && after_ns > SEEN_NS) {
            return self;
        }
        let before = Self { end_ns: other.begin_ns.clamp(self.begin_ns, self.end_ns), ..self };
        let after = Self { begin_ns: other.end_ns.clamp(self.begin_ns, self.end_ns), ..self };
        if before.length_ns() >= after.length_ns() { before } else { after }
    }
}

/// One client's silence, as far as it could look.
#[derive(Debug, Clone, Copy)]
struct ClientSilence {
    who: ClientId,
    broker: Option<i32>,
    span: StallSpan,
    /// Nothing of it had to be left out.
    whole: bool,
}

/// Stalls of the broker and of the generator among these moments, from `StallS` on, by their begin.
pub(super) fn events(moments: &[ClientMoment], plan: &Plan) -> Vec<SystemEvent> {
    let (limit_ns, stood) = (limit_ns(plan), stood_still(moments));
    let (starved, silences): (Vec<_>, Vec<_>) =
        silences(moments, &stood, judging(plan)).partition(|(_, starved)| *starved);
    let [starved, silences] = [starved, silences].map(|all| all.into_iter().map(|(seen, _)| seen).collect::<Vec<_>>());
    let mut events: Vec<SystemEvent> = of_brokers(silences, &stood, plan, limit_ns);
    let stands = stood.iter().flat_map(|(who, spans)| spans.iter().map(|span| (*who, *span)));
    events.extend(of_generator(stands, limit_ns, |names, when| format!("{names} stood still for {when}")));
    events.extend(of_generator(asked_for(&starved, judging(plan)), limit_ns, |names, when| {
        format!("librdkafka's threads of {names} waited for a CPU for most of {when}")
    }));
    events
}

/// A consumer hears nothing either while nothing comes: where a producer's library was starved at the same time, that
/// one tells when.
fn asked_for(starved: &[ClientSilence], judging: Role) -> impl Iterator<Item = (ClientId, StallSpan)> {
    starved.iter().map(move |seen| {
        let of_judges = starved.iter().filter(|judge| judge.who.0 == judging).map(|judge| judge.span);
        let span = if seen.who.0 == judging { None } else { of_judges.max_by_key(|span| span.overlap_ns(seen.span)) };
        (seen.who, span.filter(|span| span.overlap_ns(seen.span) > 0).unwrap_or(seen.span))
    })
}

/// Whose silences tell of the broker.
fn judging(plan: &Plan) -> Role {
    if plan.producers() > 0 { Role::Producer } else { Role::Consumer }
}

fn limit_ns(plan: &Plan) -> u64 {
    crate::units::whole_ns(plan.thresholds[Threshold::StallS] * NS_PER_S as f64)
}

fn stood_still(moments: &[ClientMoment]) -> BTreeMap<ClientId, Vec<StallSpan>> {
    let mut stood: BTreeMap<ClientId, Vec<StallSpan>> = BTreeMap::new();
    for moment in moments.iter().filter(|moment| moment.kind == MomentKind::StoodStill) {
        stood.entry((moment.role, moment.index)).or_default().push(span(moment));
    }
    stood
}

fn span(moment: &ClientMoment) -> StallSpan {
    StallSpan { begin_ns: moment.begin_ns, end_ns: moment.end_ns }
}

/// Silences without what their clients stood still of them, and whether others kept the library from its CPU for most
/// of one; those of which too little is left are left out.
fn silences<'a>(
    moments: &'a [ClientMoment],
    stood: &'a BTreeMap<ClientId, Vec<StallSpan>>,
    judging: Role,
) -> impl Iterator<Item = (ClientSilence, bool)> + 'a {
    moments.iter().filter_map(move |moment| {
        let MomentKind::Silence { broker } = moment.kind else { return None };
        let (who, all) = ((moment.role, moment.index), span(moment));
        let mut left = stood.get(&who).into_iter().flatten().fold(all, |left, stood| left.without(*stood));
        let starved = moment.starved_ns as f64 > all.length_ns() as f64 * SEEN_SHARE;
        if starved && moment.role != judging {
            // Its silence began with its last message; what it was starved for is the end, before the next one.
            left.begin_ns = left.begin_ns.max(all.end_ns.saturating_sub(moment.starved_ns));
        }
        (left.length_ns() >= SEEN_NS)
            .then_some((ClientSilence { who, broker, span: left, whole: left == all }, starved))
    })
}

fn of_brokers(
    mut left: Vec<ClientSilence>,
    stood: &BTreeMap<ClientId, Vec<StallSpan>>,
    plan: &Plan,
    limit_ns: u64,
) -> Vec<SystemEvent> {
    left.sort_by_key(|seen| seen.span.begin_ns);
    let brokers: std::collections::BTreeSet<i32> = left.iter().filter_map(|seen| seen.broker).collect();
    let judging = judging(plan);
    let mut events = Vec::new();
    while let Some(first) = left.iter().position(|seen| seen.who.0 == judging) {
        let first = left.swap_remove(first);
        let (together, others) = left.into_iter().partition(|seen| {
            let same = seen.broker.is_none() || first.broker.is_none() || seen.broker == first.broker;
            let shorter_ns = seen.span.length_ns().min(first.span.length_ns());
            same && seen.span.overlap_ns(first.span) as f64 >= shorter_ns as f64 * SEEN_SHARE
        });
        left = others;
        left.sort_by_key(|seen| seen.span.begin_ns);
        let mut together: Vec<ClientSilence> = together;
        together.push(first);
        let stall = common(&together, judging);
        if stall.length_ns() >= limit_ns && all_saw(&together, stall, stood, plan, judging, brokers.len()) {
            events.push(stalled(&together, stall, brokers.len()));
        }
    }
    events
}

/// From the earliest begin to the earliest end: who asked later, or stood still at the end, saw less of it, and nobody
/// saw more. Those count that could look all the time, if there are such.
fn common(together: &[ClientSilence], judging: Role) -> StallSpan {
    let of = |whole: bool| together.iter().filter(move |seen| seen.who.0 == judging && (seen.whole || !whole));
    let whole = of(true).next().is_some();
    let earliest = |pick: fn(&ClientSilence) -> u64| of(whole).map(pick).min().unwrap_or(0);
    StallSpan { begin_ns: earliest(|seen| seen.span.begin_ns), end_ns: earliest(|seen| seen.span.end_ns) }
}

/// Has every client of the topics concerned seen it that could, and had something to wait for?
fn all_saw(
    together: &[ClientSilence],
    stall: StallSpan,
    stood: &BTreeMap<ClientId, Vec<StallSpan>>,
    plan: &Plan,
    judging: Role,
    brokers: usize,
) -> bool {
    let saw = |who: ClientId| together.iter().any(|seen| seen.who == who);
    let topic_of =
        |who: ClientId| plan.clients.iter().find(|client| (client.role, client.index) == who).map(|c| c.topic);
    let topics: Vec<u32> = together.iter().filter_map(|seen| topic_of(seen.who)).collect();
    let could_look = |who: ClientId| {
        let stood_ns: u64 = stood.get(&who).into_iter().flatten().map(|span| span.overlap_ns(stall)).sum();
        (stood_ns as f64) < stall.length_ns() as f64 * SEEN_SHARE
    };
    if rarely_sends(plan, stall) {
        return true;
    }
    let concerned: Vec<ClientId> = plan
        .clients
        .iter()
        .filter(|client| client.role == judging && topics.contains(&client.topic))
        .map(|client| (client.role, client.index))
        .filter(|who| could_look(*who) || saw(*who))
        .collect();
    let seen = concerned.iter().filter(|who| saw(**who)).count();
    if brokers > 1 { seen * 2 >= concerned.len() } else { seen == concerned.len() }
}

/// Is a producer's next message so far away that it may have had nothing on its way through the stall?
fn rarely_sends(plan: &Plan, stall: StallSpan) -> bool {
    match plan.rate.per_producer {
        Rate::PerSecond(per_s) if per_s > 0.0 => {
            let gap_ns = plan.rate.arrivals.longest_gap_intervals() * NS_PER_S as f64 / per_s;
            gap_ns > stall.length_ns() as f64 / 2.0
        }
        Rate::PerSecond(_) | Rate::Unlimited => false,
    }
}

fn stalled(together: &[ClientSilence], stall: StallSpan, brokers: usize) -> SystemEvent {
    let broker = together.iter().find_map(|seen| seen.broker).filter(|_| brokers > 1);
    let it = broker.map_or_else(|| "it".to_owned(), |id| format!("broker {id}"));
    let text = format!("{it} answered nobody for {}", when(stall));
    event(SystemEventKind::BrokerStall, stall, together.iter().map(|seen| seen.who).collect(), text)
}

/// Spans in which clients could not go on, those together that were together.
fn of_generator(
    spans: impl Iterator<Item = (ClientId, StallSpan)>,
    limit_ns: u64,
    words: fn(&str, &str) -> String,
) -> Vec<SystemEvent> {
    let mut groups: Vec<(StallSpan, Vec<ClientId>)> = Vec::new();
    for (who, span) in spans.filter(|(_, span)| span.length_ns() >= limit_ns) {
        let near = |group: &&mut (StallSpan, Vec<ClientId>)| {
            let other = group.0;
            span.begin_ns.abs_diff(other.begin_ns) <= TOGETHER_NS && span.end_ns.abs_diff(other.end_ns) <= TOGETHER_NS
        };
        match groups.iter_mut().find(near) {
            Some((_, all)) => all.push(who),
            None => groups.push((span, vec![who])),
        }
    }
    let told = |(span, who): (StallSpan, Vec<ClientId>)| {
        let names = who.iter().map(named).collect::<Vec<_>>().join(", ");
        let text = words(&names, &when(span));
        event(SystemEventKind::GeneratorStall, span, who, text)
    };
    groups.into_iter().map(told).collect()
}

fn named(who: &ClientId) -> String {
    format!("{} {}", who.0, who.1)
}

/// `2.01 s at 12.3 s`.
fn when(span: StallSpan) -> String {
    format!("{} at {:.1} s", format_ns(span.length_ns()), span.begin_ns as f64 / 1e9)
}

fn event(kind: SystemEventKind, span: StallSpan, mut who: Vec<ClientId>, text: String) -> SystemEvent {
    who.sort_unstable();
    who.dedup();
    SystemEvent {
        kind,
        begin_s: Some(span.begin_ns as f64 / 1e9),
        length_s: Some(span.length_ns() as f64 / 1e9),
        amount_messages: None,
        who: who.iter().map(named).collect(),
        text,
    }
}
