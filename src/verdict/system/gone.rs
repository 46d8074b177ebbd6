//! Topics that are there no more although the run did not delete them: what nobody was answered about then is no
//! stall of a broker.

use super::event::{SystemEvent, SystemEventKind};
use crate::units::first_few;
use crate::workload_generator::RunResult;

/// Tells of them, from the silence on that lasted to the end of the load, if there was one: it takes the place of that.
pub(super) fn tell(result: &RunResult<'_>, events: &mut Vec<SystemEvent>) {
    let gone: &[String] = result.end.as_ref().map_or(&[], |end| &end.topics_gone);
    if gone.is_empty() {
        return;
    }
    let load_s = result.periods.last().map(|period| period.end_ns.saturating_sub(result.epoch_ns) as f64 / 1e9);
    let to_the_end = |event: &SystemEvent| {
        let end_s = event.begin_s.zip(event.length_s).map(|(begin_s, length_s)| begin_s + length_s);
        event.kind == SystemEventKind::BrokerStall && end_s.zip(load_s).is_some_and(|(end_s, load_s)| end_s >= load_s)
    };
    let silence = events.iter().position(to_the_end).map(|at| events.remove(at));
    let begin_s = silence.as_ref().and_then(|silence| silence.begin_s);
    let length_s = begin_s.zip(load_s).map(|(begin_s, load_s)| load_s - begin_s);
    let noun = if gone.len() == 1 { "topic" } else { "topics" };
    let mut text = format!("{noun} {} deleted by somebody else", first_few(gone, ", "));
    if let Some(begin_s) = begin_s {
        text.push_str(&format!(" at {begin_s:.1} s"));
    }
    let who = silence.map_or_else(Vec::new, |silence| silence.who);
    events.push(SystemEvent { kind: SystemEventKind::TopicGone, begin_s, length_s, amount_messages: None, who, text });
}
