//! `--fail-if 'worse than 5 % in p99'`.

use super::run::FIGURES;
use super::{FigureVerdict, FigureWord};

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct FailIf {
    /// As written.
    pub text: String,
    /// So much worse and more (a fraction); 0: any difference that is shown.
    pub worse_than_share: f64,
    /// Which figures: all of this name, or whose name ends so; None: every figure.
    pub figure: Option<String>,
}

impl FailIf {
    /// Reads `worse [than N %] [in FIGURE]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wrong = |why: &str| format!("{plain:?}: {why}: write for example 'worse than 5 % in p99' or 'worse'");
        let rest = plain.strip_prefix("worse").ok_or_else(|| wrong("does not begin with worse"))?.trim();
        let (amount, figure) = match rest.strip_prefix("in ") {
            Some(figure) => ("", Some(figure)),
            None => rest.split_once(" in ").map_or((rest, None), |(amount, figure)| (amount, Some(figure))),
        };
        let worse_than_share = if amount.is_empty() {
            0.0
        } else {
            let number = amount.strip_prefix("than ").and_then(|amount| amount.strip_suffix('%'));
            let number = number.and_then(|number| number.trim().parse::<f64>().ok());
            let number = number.filter(|number| number.is_finite() && *number >= 0.0);
            number.ok_or_else(|| wrong("has no amount in %"))? / 100.0
        };
        let figure = figure.map(|figure| figure.trim().to_owned());
        if let Some(named) = &figure
            && !FIGURES.iter().any(|known| is_meant(named, known.name))
        {
            let known = FIGURES.map(|figure| figure.name).join(", ");
            return Err(wrong(&format!("there is no figure {named:?} (there are p50, p99, p99.9, {known})")));
        }
        Ok(Self { worse_than_share, figure, text: plain })
    }

    /// The figures for which it holds.
    pub fn holds<'a>(&self, verdicts: &'a [FigureVerdict]) -> Vec<&'a FigureVerdict> {
        let meant =
            |verdict: &&FigureVerdict| self.figure.as_ref().is_none_or(|figure| is_meant(figure, verdict.figure));
        let worse = |verdict: &&FigureVerdict| {
            verdict.word == FigureWord::Worse && verdict.worse_share() > self.worse_than_share
        };
        verdicts.iter().filter(meant).filter(worse).collect()
    }

    /// Is there any figure that it could be asked of?
    pub fn can_be_asked(&self, verdicts: &[FigureVerdict]) -> bool {
        verdicts.iter().any(|verdict| {
            let meant = self.figure.as_ref().is_none_or(|figure| is_meant(figure, verdict.figure));
            meant && verdict.word != FigureWord::TooFew
        })
    }
}

/// `p99` means the p99 of each latency, `publish_rate` the rate.
fn is_meant(named: &str, figure: &str) -> bool {
    named == figure || figure.strip_suffix("_per_s") == Some(named) || figure.split(' ').any(|word| word == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_or_refused_with_a_remedy() {
        let read = |text: &str| FailIf::parse(text).map(|read| (read.worse_than_share, read.figure));
        assert_eq!(read("worse than 5 % in p99"), Ok((0.05, Some("p99".to_owned()))));
        assert_eq!(
            read("worse than 2.5% in end_to_end_actual p99"),
            Ok((0.025, Some("end_to_end_actual p99".to_owned())))
        );
        assert_eq!(read("worse"), Ok((0.0, None)));
        assert_eq!(read("worse in publish_rate"), Ok((0.0, Some("publish_rate".to_owned()))));
        for (text, part) in [
            ("slower", "does not begin with worse"),
            ("worse than much", "has no amount in %"),
            ("worse than 5 % in p98", "there is no figure \"p98\""),
        ] {
            let why = FailIf::parse(text).unwrap_err();
            assert!(why.contains(part) && why.contains("write for example"), "{why}");
        }
    }

    #[test]
    fn a_level_means_that_of_every_latency() {
        assert!(is_meant("p99", "acknowledge_actual p99") && !is_meant("p99", "acknowledge_actual p99.9"));
        assert!(is_meant("publish_rate", "publish_rate_per_s"));
    }
}
