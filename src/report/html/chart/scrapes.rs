//! What brokers and hosts told of themselves: a chart for each metric, the pages on top of each other.

use super::super::reading::ResultDocument;
use super::super::thin::thinned;
use super::ROWS_OF_A_CHART;
use serde_json::{Value, json};

/// Charts that are drawn at most.
pub(in crate::report::html) const CHARTS: usize = 40;
/// Lines of one chart.
const LINES: usize = 16;

/// One chart.
#[derive(Debug)]
pub(in crate::report::html) struct ScrapedChart {
    /// The metric, with its label `name` where it has one.
    pub(in crate::report::html) title: String,
    /// Is its rate drawn?
    pub(in crate::report::html) per_s: bool,
    /// Lines that have no room.
    pub(in crate::report::html) left_out: usize,
    parts: Vec<ChartPart>,
}

/// The lines of one page.
#[derive(Debug)]
struct ChartPart {
    names: Vec<String>,
    at_s: Vec<f64>,
    columns: Vec<Vec<Option<f64>>>,
}

impl ScrapedChart {
    /// The one value that all its lines have all the time, if there is one: nobody needs a picture of it.
    pub(in crate::report::html) fn constant(&self) -> Option<f64> {
        let mut known = self.parts.iter().flat_map(|part| &part.columns).flatten().flatten();
        let first = *known.next()?;
        known.all(|value| *value == first).then_some(first)
    }
}

/// Every metric that was kept, in the order of the pages.
pub(in crate::report::html) fn charts(run: &ResultDocument) -> Vec<ScrapedChart> {
    let mut charts: Vec<ScrapedChart> = Vec::new();
    for page in run.list("/scrapes") {
        let at_s: Vec<f64> = numbers(&page["at_s"]).map(Option::unwrap_or_default).collect();
        let page_name = page["scrape_name"].as_str().unwrap_or("page");
        for one in page["series"].as_array().into_iter().flatten() {
            let (title, rest) = split(one["series_name"].as_str().unwrap_or_default());
            let per_s = one["counts_up"] == true;
            let values: Vec<Option<f64>> = numbers(&one["series_values"]).collect();
            let column = if per_s { rates(&at_s, &values) } else { values };
            if at_s.len() < 2 || column.len() != at_s.len() || column.iter().all(Option::is_none) {
                continue;
            }
            let place = charts.iter().position(|chart| chart.title == title).unwrap_or_else(|| {
                charts.push(ScrapedChart { title, per_s, left_out: 0, parts: Vec::new() });
                charts.len() - 1
            });
            let chart = &mut charts[place];
            if chart.parts.iter().map(|part| part.names.len()).sum::<usize>() == LINES {
                chart.left_out += 1;
                continue;
            }
            let name = if rest.is_empty() { page_name.to_owned() } else { format!("{page_name} {rest}") };
            match chart.parts.last_mut().filter(|part| part.at_s == at_s) {
                Some(part) => {
                    part.names.push(name);
                    part.columns.push(column);
                }
                None => chart.parts.push(ChartPart { names: vec![name], at_s: at_s.clone(), columns: vec![column] }),
            }
        }
    }
    charts
}

/// Those that change.
pub(super) fn of_run(run: &ResultDocument) -> Value {
    charts(run).into_iter().filter(|chart| chart.constant().is_none()).take(CHARTS).map(drawn).collect()
}

fn drawn(chart: ScrapedChart) -> Value {
    let part = |ChartPart { names, at_s, columns }: ChartPart| {
        let few = thinned(at_s, columns, ROWS_OF_A_CHART);
        json!({ "names": names, "at_s": few.at_s, "columns": few.columns, "rows_of_two": few.rows_of_two })
    };
    json!({
        "title": chart.title,
        "per_s": chart.per_s,
        "parts": chart.parts.into_iter().map(part).collect::<Vec<_>>(),
    })
}

fn numbers(list: &Value) -> impl Iterator<Item = Option<f64>> {
    list.as_array().into_iter().flatten().map(Value::as_f64)
}

/// By how much it rose each second since the row before that had it. Where it fell its process began anew: nothing
/// is known of that time.
fn rates(at_s: &[f64], values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut before: Option<(f64, f64)> = None;
    let rate = |(at_s, value): (&f64, &Option<f64>)| {
        let value = (*value)?;
        let (before_s, was) = before.replace((*at_s, value))?;
        (value >= was && *at_s > before_s).then(|| (value - was) / (at_s - before_s))
    };
    at_s.iter().zip(values).map(rate).collect()
}

/// Title and the labels that are left: `metric{name="x",a="b"}` → (`metric x`, `a="b"`).
fn split(series: &str) -> (String, String) {
    let Some((metric, labels)) = series.split_once('{') else { return (series.to_owned(), String::new()) };
    let labels = labels.strip_suffix('}').unwrap_or(labels);
    let Some((before, name)) =
        labels.split_once("name=\"").filter(|(before, _)| before.is_empty() || before.ends_with(','))
    else {
        return (metric.to_owned(), labels.to_owned());
    };
    let (name, behind) = name.split_once('"').unwrap_or((name, ""));
    let rest = format!("{before}{}", behind.trim_start_matches(','));
    (format!("{metric} {name}"), rest.trim_end_matches(',').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_of_two_brokers_is_one_chart_and_counters_are_rates() {
        let page = |name: &str, cpu: [f64; 3]| {
            json!({ "scrape_name": name, "at_s": [0.0, 5.0, 10.0], "series": [
                { "series_name": "cpu_total", "counts_up": true, "series_values": cpu },
                { "series_name": "q{name=\"Size\",p=\"1\"}", "counts_up": false, "series_values": [1.0, null, 3.0] },
            ]})
        };
        let detail = json!({ "scrapes": [page("one", [10.0, 15.0, 2.0]), page("two", [0.0, 1.0, 2.0])] });
        let charts = charts(&ResultDocument { file: String::new(), detail, clients: Vec::new() });
        let titles: Vec<_> = charts.iter().map(|chart| (&*chart.title, chart.per_s)).collect();
        assert_eq!(titles, [("cpu_total", true), ("q Size", false)]);
        assert_eq!(charts[0].parts[0].names, ["one", "two"]);
        assert_eq!(charts[0].parts[0].columns, [[None, Some(1.0), None], [None, Some(0.2), Some(0.2)]]);
        assert_eq!(charts[0].constant(), None);
        assert_eq!(
            (&*charts[1].parts[0].names[1], &charts[1].parts[0].columns[0]),
            ("two p=\"1\"", &vec![Some(1.0), None, Some(3.0)])
        );
    }

    #[test]
    fn the_label_called_name_belongs_to_the_metric() {
        let text = |series| {
            let (title, rest) = split(series);
            format!("{title}|{rest}")
        };
        assert_eq!(text("m"), "m|");
        assert_eq!(text("m{name=\"x\"}"), "m x|");
        assert_eq!(text("m{a=\"1\",name=\"x\",b=\"2\"}"), "m x|a=\"1\",b=\"2\"");
        assert_eq!(text("m{hostname=\"x\"}"), "m|hostname=\"x\"");
    }
}
