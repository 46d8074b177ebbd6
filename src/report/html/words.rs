//! Figures as people read them, and words that say on hover what they mean.

use crate::report::detail::evidence::{definitions_of, evidence_of};
use crate::report::detail::fields::Definition;
use crate::units::{format_count, format_ns};
use maud::{Markup, html};

/// Latency families in the order in which the page shows them: name in the files, name on the page.
pub(super) const FAMILIES: [(&str, &str); 5] = [
    ("acknowledge_actual", "acknowledged"),
    ("acknowledge_intended", "acknowledged, from the intended time"),
    ("end_to_end_actual", "end to end"),
    ("end_to_end_intended", "end to end, from the intended time"),
    ("publish_delay", "pacing error"),
];

/// A label that tells on hover and on focus what `pinload explain` says of the field. Fields that nobody defines are
/// plain.
pub(super) fn defined(label: &str, field: &str) -> Markup {
    match definition(field) {
        Some(text) => html! { span.def tabindex="0" data-tip=(text) aria-description=(text) { (label) } },
        None => html! { (label) },
    }
}

/// What `pinload explain` says of a field, in a sentence or three.
pub(super) fn definition(field: &str) -> Option<String> {
    let name = field.rsplit(['.', '/']).next().unwrap_or(field);
    let Definition { unit, meaning, .. } = definitions_of(field).into_iter().chain(definitions_of(name)).next()?;
    let unit = if unit.is_empty() { String::new() } else { format!(" [{unit}]") };
    let error = evidence_of(name).map_or(String::new(), |evidence| format!(". Error: {}", evidence.error));
    Some(format!("{meaning}{unit}{error}"))
}

/// A time in ns, `12.3 ms`.
pub(super) fn ns(value: f64) -> String {
    format_ns(whole(value))
}

/// A count, `1,234,567`; small fractions keep three digits.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let sign = if value < 0.0 { "−" } else { "" };
    let size = value.abs();
    if size >= 100.0 || size.fract() == 0.0 {
        format!("{sign}{}", format_count(whole(size)))
    } else {
        format!("{sign}{}", digits(size))
    }
}

fn digits(size: f64) -> String {
    match size {
        10.0.. => format!("{size:.1}"),
        1.0.. => format!("{size:.2}"),
        _ => format!("{size:.3}"),
    }
}

/// Bytes in decimal units, `20.5 MB`.
pub(super) fn bytes(value: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    match units.into_iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{} {unit}", digits(value / size)),
        None => format!("{} B", number(value.round())),
    }
}

/// A share as per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number((share * 1e4).round() / 100.0))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates: 0 and u64::MAX")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// The command as a shell takes it.
pub(super) fn shell(words: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%^".contains(c);
    let quoted = |word: &&str| match !word.is_empty() && word.chars().all(plain) {
        true => (*word).to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_units_and_commands_can_be_pasted() {
        assert_eq!([bytes(20_480_000.0), bytes(12.0), bytes(1_500.0)], ["20.5 MB", "12 B", "1.50 KB"]);
        assert_eq!(
            [number(1_234_567.4), number(0.5), number(-3.0), percent(0.1234)],
            ["1,234,567", "0.500", "−3", "12.3 %"]
        );
        assert_eq!(shell(&["pinload", "run", "it's here", ""]), r"pinload run 'it'\''s here' ''");
        assert!(definition("p99_ns").unwrap().starts_with("99 % [ns]. Error: "));
    }
}
