//! What the run was to reach, and what became of it.

use super::super::reading::ResultDocument;
use super::super::words::{ns, number, percent};
use super::table::{Cell, table};
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn goals(run: &ResultDocument) -> Option<Markup> {
    let goals = run.list("/goals");
    if goals.is_empty() {
        return None;
    }
    let met = goals.iter().filter(|goal| goal["goal_outcome"] == "met").count();
    Some(html! {
        p { (met) " of " (goals.len()) " met." }
        ul.goals { @for goal in goals {
            @let (class, mark, word) = shown(goal);
            li {
                span.(class) { span aria-hidden="true" { (mark) " " } (word) }
                ": " code { (text(goal, "goal")) } " — " (text(goal, "text"))
            }
        } }
        details { summary { "The figures" } (as_table(goals)) }
    })
}

fn text<'a>(goal: &'a Value, name: &str) -> &'a str {
    goal[name].as_str().unwrap_or_default()
}

/// Class of the style, mark for those who don't see colours, word.
fn shown(goal: &Value) -> (&'static str, &'static str, &'static str) {
    match goal["goal_outcome"].as_str() {
        Some("met") => ("good", "✓", "met"),
        Some("missed") => ("bad", "✗", "missed"),
        _ => ("none", "?", "not decided"),
    }
}

fn as_table(goals: &[Value]) -> Markup {
    let row = |goal: &Value| {
        let unit = text(goal, "unit");
        let figure = |name: &str| {
            Cell::of(goal.get(name), |value| match unit {
                "ns" => ns(value),
                "share" => percent(value),
                "" => number(value),
                unit => format!("{} {unit}", number(value)),
            })
        };
        vec![
            Cell::text(text(goal, "goal")),
            Cell::text(shown(goal).2),
            figure("goal_value"),
            figure("goal_bound"),
            Cell::number(goal.get("windows_held")),
            Cell::number(goal.get("windows")),
            Cell::of(goal.get("worst_window_begin_s"), |seconds| format!("{} s", number(seconds))),
        ]
    };
    let rows: Vec<Vec<Cell>> = goals.iter().map(row).collect();
    let columns = [
        ("goal", "goal"),
        ("outcome", "goal_outcome"),
        ("figure", "goal_value"),
        ("bound", "goal_bound"),
        ("windows held", "windows_held"),
        ("windows", "windows"),
        ("worst window from", "worst_window_begin_s"),
    ];
    table("goals", "Goals", &columns, &rows)
}
