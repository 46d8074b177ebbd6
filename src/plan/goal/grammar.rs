//! From text to goals: `FIGURE [LEVEL] SIGN BOUND [in every LENGTH | in N % of LENGTH windows]`.

use super::{Bound, Goal, GoalFigure, GoalLevel, GoalOperator, GoalUnit, GoalWindows};
use crate::stats::Latency;
use crate::units::{Rate, parse_duration, parse_rate, parse_size};

/// What a whole goal looks like.
const EXAMPLE: &str = "end_to_end_intended p99 <= 20ms in 99 % of 10s windows";

/// Less alike than this is no mistyping.
const ALIKE: f64 = 0.8;

pub(super) fn goal(text: &str) -> Result<Goal, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let about = |why: String| format!("goal {text:?}: {why}");
    let (left, comparison, right) = split(&text).ok_or_else(|| {
        about(format!("has no comparison: write a figure, one of <= < >= > ==, and a bound, for example {EXAMPLE}"))
    })?;
    let figure = figure(left).map_err(&about)?;
    let (bound_text, windows_text) = match right.split_once(" in ") {
        Some((bound, windows)) => (bound.trim(), Some(windows.trim())),
        None => (right, None),
    };
    let bound = bound(bound_text, figure).map_err(&about)?;
    if comparison == GoalOperator::Equal && figure.unit() != GoalUnit::Messages {
        return Err(about("== is for counts of messages; write <= or >=".to_owned()));
    }
    let windows = windows_text.map(windows).transpose().map_err(&about)?;
    if windows.is_some() && !figure.has_windows() {
        return Err(about(format!("{left} is known of the whole run only: leave the window out")));
    }
    Ok(Goal { figure, comparison, bound, windows, text })
}

/// The text around the comparison.
fn split(text: &str) -> Option<(&str, GoalOperator, &str)> {
    let at = text.find(['<', '>', '='])?;
    let rest = &text[at..];
    let comparison = GoalOperator::ALL.into_iter().find(|comparison| rest.starts_with(comparison.sign()))?;
    Some((text[..at].trim(), comparison, rest[comparison.sign().len()..].trim()))
}

fn figure(text: &str) -> Result<GoalFigure, String> {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let (first, level, more) = (words.next().unwrap_or(""), words.next(), words.next());
    if let Some(more) = more {
        return Err(format!("{more:?} is too much: a figure is one name, of a latency with a level (p99)"));
    }
    // As in the detail file: `measurement.latencies.end_to_end_actual.p99_ns`.
    let first = ["measurement.", "latencies.", "accounting.total.", "health."]
        .into_iter()
        .fold(first, |name, part| name.strip_prefix(part).unwrap_or(name));
    let (first, level) = match first.split_once('.') {
        Some((family, after)) if level.is_none() => (family, Some(after)),
        _ => (first, level),
    };
    if let Some(family) = Latency::ALL.into_iter().find(|family| family.name() == first) {
        let level =
            level.ok_or_else(|| format!("{first} needs a level: write {first} p99 (or p50, p99.9, mean, max)"))?;
        return Ok(GoalFigure::Latency(family, self::level(level)?));
    }
    let bare = |name: &'static str| name.trim_end_matches("_per_s").trim_end_matches("_messages");
    let Some((_, figure)) = GoalFigure::NAMED.into_iter().find(|(name, _)| *name == first || bare(name) == first)
    else {
        return Err(no_figure(first));
    };
    match level {
        Some(level) => Err(format!("{first} has no {level}: levels are for latencies")),
        None => Ok(figure),
    }
}

fn no_figure(name: &str) -> String {
    let known = || {
        let named = GoalFigure::NAMED.into_iter().map(|(name, _)| name);
        Latency::ALL.into_iter().map(Latency::name).chain(named)
    };
    let likeness = |known: &&str| strsim::jaro_winkler(name, known);
    let nearest = known().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|known| likeness(known) >= ALIKE);
    match nearest {
        Some(nearest) => format!("there is no figure {name:?}; did you mean {nearest}?"),
        None => format!("there is no figure {name:?}; there are {}", known().collect::<Vec<_>>().join(", ")),
    }
}

fn level(text: &str) -> Result<GoalLevel, String> {
    let wrong = || format!("{text:?} is no level: write a percentile (p50, p99, p99.9), mean, min or max");
    let plain = text.strip_suffix("_ns").unwrap_or(text).replace('_', ".");
    match &*plain {
        "min" => Ok(GoalLevel::Min),
        "mean" => Ok(GoalLevel::Mean),
        "max" => Ok(GoalLevel::Max),
        _ => {
            let number: f64 = plain.strip_prefix('p').and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
            if (0.0..=100.0).contains(&number) { Ok(GoalLevel::Percentile(number)) } else { Err(wrong()) }
        }
    }
}

fn bound(text: &str, figure: GoalFigure) -> Result<Bound, String> {
    if let Some(number) = text.strip_suffix("target") {
        if !figure.has_target() {
            return Err("only publish_rate, send_rate and consume_rate have a target".to_owned());
        }
        let number = number.trim().trim_end_matches("of").trim_end_matches('*').trim();
        let wrong = || format!("{text:?} is no part of the target: write 0.99 target or 99 % of target");
        return share(number).map(Bound::OfTarget).ok_or_else(wrong);
    }
    let wrong = |remedy: &str| format!("{text:?} is no bound for it: {remedy}");
    let value = match figure.unit() {
        GoalUnit::Ns => parse_duration(text).map(|time| time.as_nanos() as f64).map_err(|error| error.to_string())?,
        GoalUnit::MessagesPerS if text == "0" => 0.0,
        GoalUnit::MessagesPerS => match parse_rate(text).map_err(|error| error.to_string())? {
            Rate::PerSecond(per_s) => per_s,
            Rate::Unlimited => return Err(wrong("write messages per second, 50k or 0.99 target")),
        },
        GoalUnit::BytesPerS => {
            let plain = text.strip_suffix("/s").unwrap_or(text);
            parse_size(plain).map(f64::from).map_err(|error| error.to_string())?
        }
        GoalUnit::Messages => {
            let number: Option<u64> = text.replace(['_', ','], "").parse().ok();
            number.map(|number| number as f64).ok_or_else(|| wrong("write a number of messages, for example 0"))?
        }
        GoalUnit::Share => share(text).ok_or_else(|| wrong("write a share, for example 0.1 % or 0.001"))?,
    };
    Ok(Bound::Value(value))
}

/// `99 %` or `0.99`.
fn share(text: &str) -> Option<f64> {
    let (number, whole) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number / whole)
}

/// What stands behind `in`: `every 10s`, `99 % of 10s windows`.
fn windows(text: &str) -> Result<GoalWindows, String> {
    let wrong = || format!("\"in {text}\" is no window: write in every 10s, or in 99 % of 10s windows");
    let length = |text: &str| parse_duration(text).ok().filter(|length| !length.is_zero()).ok_or_else(wrong);
    let plain = |text: &str| text.trim_end_matches("windows").trim_end_matches("window").trim().to_owned();
    if let Some(every) = text.strip_prefix("every ") {
        return Ok(GoalWindows { length: length(&plain(every))?, share: 1.0 });
    }
    let (part, of) = text.split_once(" of ").ok_or_else(wrong)?;
    let share = share(part.trim()).filter(|share| *share > 0.0 && *share <= 1.0).ok_or_else(wrong)?;
    Ok(GoalWindows { length: length(&plain(of))?, share })
}
