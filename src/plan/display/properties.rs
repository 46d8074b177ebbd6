//! Client properties as `pinload plan` prints them: what was written, what librdkafka is given, why; then what is set
//! without being written.

use crate::plan::properties::{PropertyLine, Translated, TranslatedProperties};
use crate::units::wrap;

/// The first column is never wider; a property that is longer has its lines to itself.
const WIDEST: usize = 41;

/// The lines of one client's properties, `width` characters wide where their words allow that.
pub(super) fn lines(properties: &TranslatedProperties, width: usize) -> Vec<String> {
    let is_default = |line: &&PropertyLine| matches!(line.outcome, Translated::Default { .. });
    let (defaults, written): (Vec<&PropertyLine>, Vec<&PropertyLine>) = properties.lines.iter().partition(is_default);
    let parts =
        [("properties as written, and what librdkafka is given", written), ("not written, set by default", defaults)];
    let mut all = Vec::new();
    for (heading, lines) in parts {
        if !lines.is_empty() {
            all.push(heading.to_owned());
            all.extend(rows(&lines, width));
        }
    }
    all
}

fn rows(lines: &[&PropertyLine], width: usize) -> Vec<String> {
    let rows: Vec<(String, Vec<String>)> = lines.iter().map(|line| row(line)).collect();
    let column =
        rows.iter().map(|(name, _)| name.chars().count()).filter(|length| *length <= WIDEST).max().unwrap_or(0);
    let room = width.saturating_sub(column + 4);
    let mut all = Vec::new();
    for (name, remarks) in rows {
        let mut first = name;
        if first.chars().count() > column {
            all.push(format!("  {first}"));
            first = String::new();
        }
        for remark in remarks.iter().flat_map(|remark| wrap(remark, room, 0)) {
            all.push(format!("  {:<column$}  {remark}", std::mem::take(&mut first)));
        }
    }
    all
}

/// The property, and what there is to say of it, each on a line of its own.
fn row(line: &PropertyLine) -> (String, Vec<String>) {
    let given = |to: &[(String, String)]| match to {
        [(name, value)] if *name == line.name && *value == line.value => String::new(),
        _ => {
            let pairs: Vec<_> = to.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("→ {}", pairs.join(", "))
        }
    };
    let mut remarks = match &line.outcome {
        Translated::Passed => vec!["passed on".to_owned()],
        Translated::Ignored { why } => vec![format!("ignored: {why}")],
        Translated::Renamed { to, why } | Translated::Default { to, why } => vec![given(to), why.clone()],
    };
    remarks.retain(|remark| !remark.is_empty());
    (format!("{}={}", line.name, line.value), remarks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::properties::ProducerWays;

    fn line(name: &str, value: &str, outcome: Translated) -> PropertyLine {
        PropertyLine { name: name.to_owned(), value: value.to_owned(), outcome }
    }
    fn to(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn each_outcome_of_a_property_has_its_words() {
        let why = || "for a reason".to_owned();
        let renamed = Translated::Renamed { to: to("queue.kbytes", "65536"), why: why() };
        let properties = TranslatedProperties {
            effective: Vec::new(),
            ways: ProducerWays::default(),
            lines: vec![
                line("acks", "all", Translated::Passed),
                line("buffer.memory", "67108864", renamed),
                line("retries", "3", Translated::Ignored { why: why() }),
                line("check.crcs", "true", Translated::Default { to: to("check.crcs", "true"), why: why() }),
            ],
        };
        assert_eq!(
            lines(&properties, 80),
            [
                "properties as written, and what librdkafka is given",
                "  acks=all                passed on",
                "  buffer.memory=67108864  → queue.kbytes=65536",
                "                          for a reason",
                "  retries=3               ignored: for a reason",
                "not written, set by default",
                "  check.crcs=true  for a reason",
            ]
        );
    }

    #[test]
    fn long_reasons_are_wrapped_and_long_properties_stand_alone() {
        let why = "one two three four five".to_owned();
        let properties = TranslatedProperties {
            effective: Vec::new(),
            ways: ProducerWays::default(),
            lines: vec![
                line("a", "1", Translated::Default { to: to("a", "1"), why }),
                line("b", &"x".repeat(60), Translated::Default { to: Vec::new(), why: String::new() }),
            ],
        };
        let lines = lines(&properties, 20);
        assert_eq!(
            lines[1..5],
            ["  a=1  one two three", "       four five", &format!("  b={}", "x".repeat(60)), "       →"]
        );
    }
}
