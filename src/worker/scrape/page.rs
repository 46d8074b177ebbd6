//! Prometheus' text format (version 0.0.4), strictly: a page that has a line of another form is refused whole, with
//! the line's number.

use std::collections::BTreeSet;

/// What a page says.
#[derive(Debug, Default)]
pub(super) struct ScrapedPage {
    pub(super) samples: Vec<PageSample>,
    /// Names of metrics that the page calls counters.
    counters: BTreeSet<String>,
}

/// One series now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PageSample {
    /// `name{label="value"}` as the page has it, without blanks.
    pub(super) series: String,
    /// Length of its name.
    name_bytes: usize,
    pub(super) value: f64,
}

impl PageSample {
    pub(super) fn name(&self) -> &str {
        &self.series[..self.name_bytes]
    }
}

impl ScrapedPage {
    /// Reads a page. Error: its first line that is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            page.take(line.trim()).map_err(|why| format!("line {number} of the page is no metric: {why}"))?;
        }
        Ok(page)
    }

    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.split_whitespace();
            if let (Some("TYPE"), Some(name), Some("counter")) = (words.next(), words.next(), words.next()) {
                self.counters.insert(name.to_owned());
            }
        } else if !line.is_empty() {
            self.samples.push(sample(line)?);
        }
        Ok(())
    }

    /// Does this series count up? Then its rate is what tells. Exporters that don't know the type end such names as
    /// Prometheus wants it.
    pub(super) fn counts_up(&self, sample: &PageSample) -> bool {
        let name = sample.name();
        // OpenMetrics tells the type of a counter without its ending.
        let told = |name: &str| self.counters.contains(name);
        let lower = name.to_ascii_lowercase();
        let ends = ["_total", "_count", "_sum", "_bucket"].iter().any(|ending| lower.ends_with(ending));
        told(name) || name.strip_suffix("_total").is_some_and(told) || ends
    }
}

fn sample(line: &str) -> Result<PageSample, &'static str> {
    let name_bytes = word_bytes(line, true);
    if name_bytes == 0 {
        return Err("it does not begin with a name");
    }
    let (name, rest) = line.split_at(name_bytes);
    let mut series = name.to_owned();
    let mut rest = rest.trim_start();
    if let Some(labels) = rest.strip_prefix('{') {
        rest = take_labels(labels, &mut series)?;
    }
    let mut words = rest.split_whitespace();
    let value = words.next().ok_or("it has no value")?;
    // Rust reads NaN and infinities in all the forms that Prometheus writes.
    let value: f64 = value.parse().map_err(|_| "its value is no number")?;
    match (words.next().map(str::parse::<i64>), words.next()) {
        (None | Some(Ok(_)), None) => Ok(PageSample { series, name_bytes, value }),
        _ => Err("something else than a time stands behind its value"),
    }
}

/// Appends `{a="b",…}` to `series` and returns what stands behind it. `text` begins behind the opening brace.
fn take_labels<'a>(text: &'a str, series: &mut String) -> Result<&'a str, &'static str> {
    let mut rest = text.trim_start();
    let mut opened = false;
    while !rest.starts_with('}') {
        let (label, behind) = rest.split_at(word_bytes(rest, false));
        let value = behind.trim_start().strip_prefix('=').map(str::trim_start).and_then(|text| text.strip_prefix('"'));
        let Some(value) = value.filter(|_| !label.is_empty()) else {
            return Err("a label is not of the form name=\"value\"");
        };
        let end = quoted_bytes(value).ok_or("the value of a label does not end")?;
        series.push(if opened { ',' } else { '{' });
        opened = true;
        series.push_str(&format!("{label}=\"{}\"", &value[..end]));
        rest = value[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if rest.starts_with('}') => {}
            None => return Err("there is no comma between two labels"),
        }
    }
    if opened {
        series.push('}');
    }
    Ok(&rest[1..])
}

/// Bytes of the name that `text` begins with; names of metrics may hold colons.
fn word_bytes(text: &str, colons: bool) -> usize {
    let of_name = |(at, c): (usize, char)| {
        c.is_ascii_alphabetic() || c == '_' || (colons && c == ':') || (at > 0 && c.is_ascii_digit())
    };
    text.char_indices().find(|at| !of_name(*at)).map_or(text.len(), |(at, _)| at)
}

/// Bytes up to the closing quote.
fn quoted_bytes(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn series_are_read_with_their_labels_values_and_types() {
        let page = ScrapedPage::parse(
            "# HELP up whether\n# TYPE seen counter\nseen 3\nplain:name 1.5e3 1700000000000\n\
             a_count{ topic = \"x\\\"y\", p=\"}\", } +Inf\n\nempty{} NaN\r\n",
        )
        .unwrap();
        let read: Vec<_> = page.samples.iter().map(|one| (one.series.as_str(), one.name())).collect();
        assert_eq!(
            read,
            [
                ("seen", "seen"),
                ("plain:name", "plain:name"),
                ("a_count{topic=\"x\\\"y\",p=\"}\"}", "a_count"),
                ("empty", "empty")
            ]
        );
        assert_eq!((page.samples[1].value, page.samples[2].value), (1_500.0, f64::INFINITY));
        assert!(page.samples[3].value.is_nan());
        let up: Vec<bool> = page.samples.iter().map(|one| page.counts_up(one)).collect();
        assert_eq!(up, [true, false, true, false]);
    }

    #[test]
    fn what_is_no_metric_is_refused_with_its_line() {
        for (line, why) in [
            ("<html>", "begin with a name"),
            ("a", "no value"),
            ("a b", "no number"),
            ("a 1 2 3", "behind its value"),
            ("a{b} 1", "name=\"value\""),
            ("a{b=\"c} 1", "does not end"),
            ("a{b=\"c\" d=\"e\"} 1", "no comma"),
            ("a{b=\"c\"", "no comma"),
        ] {
            let refused = ScrapedPage::parse(&format!("ok 1\n{line}\n")).unwrap_err();
            assert!(refused.starts_with("line 2 ") && refused.contains(why), "{line}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "[a-z{}=\",\\\\0-9 .#\n]{0,200}") {
            let _ = ScrapedPage::parse(&text);
        }

        #[test]
        fn pinloads_own_page_could_be_read(value in any::<f64>(), label in "[a-z\\\\ ]{0,8}") {
            let label = label.replace('\\', "\\\\");
            let page = ScrapedPage::parse(&format!("pinload_x{{topic=\"{label}\"}} {value}")).unwrap();
            let read = page.samples[0].value;
            prop_assert!(read.total_cmp(&value).is_eq() || (read.is_nan() && value.is_nan()));
        }
    }
}
