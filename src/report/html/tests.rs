//! The page as a text: what stands in it, and that nothing can break out of it. Browsers look at it in
//! tests/embedded/page.rs.

use super::page;
use super::reading::ResultDocument;
use crate::report::csv::read::NotAResult;
use crate::report::tests::detail_document::document;
use crate::workload_generator::for_tests::{completed_result, plan};

fn reading() -> ResultDocument {
    let plan = plan();
    ResultDocument::parse("r.detail", &document(&completed_result(&plan)).to_string()).unwrap()
}

#[test]
fn a_page_has_every_section_and_loads_nothing() {
    let html = page(&[reading()]);
    for section in ["summary", "latencies", "over-time", "heat", "percentiles", "distribution", "clients", "health"]
        .into_iter()
        .chain(["accounting", "configuration", "placement", "environment", "periods", "partitions", "brokers"])
    {
        assert!(html.contains(&format!("<section id=\"{section}\"")), "no section {section}");
    }
    for load in ["<link rel=\"stylesheet\"", "<script src", "@import", "<img src=\"http"] {
        assert!(!html.contains(load), "{load}");
    }
    assert!(html.contains("default-src 'none'"));
    assert!(html.len() < 5_000_000 / 10, "{} bytes without data worth mentioning", html.len());
}

#[test]
fn figures_stand_beside_the_plain_value_and_say_what_they_mean() {
    let run = reading();
    let html = page(std::slice::from_ref(&run));
    let p99_ns = run.number("/measurement/latencies/acknowledge_actual/p99_ns").unwrap();
    assert!(
        html.contains(&format!(
            "data-path=\"/measurement/latencies/acknowledge_actual/p99_ns\" data-value=\"{p99_ns}\""
        ))
    );
    assert!(html.contains("99 % [ns]. Error: "));
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let mut run = reading();
    let evil = "</script><script>alert(1)</script>";
    run.detail["plan"]["workload_name"] = evil.into();
    run.detail["command_line"] = serde_json::json!(["pinload", evil]);
    let html = page(&[run]);
    assert!(!html.contains("<script>alert"), "a name became markup");
}

#[test]
fn several_runs_show_what_differs() {
    let (first, mut second) = (reading(), reading());
    second.detail["measurement"]["publish_rate_per_s"] = 40_000.0.into();
    second.detail["effective_configuration"]["producer"]["linger.ms"] = "77".into();
    let html = page(&[first, second]);
    assert!(html.contains("40,000 (+100.0 %)"), "no difference of the rate");
    assert!(html.contains("effective_configuration.producer.linger.ms"));
    assert!(html.contains("No difference in environment."));
}

#[test]
fn what_is_no_result_is_told_why() {
    assert!(ResultDocument::parse("x", "").unwrap_err().to_string().contains("empty"));
    assert!(ResultDocument::parse("x", "{").unwrap_err().to_string().contains("line 1"));
    let lacks = NotAResult::Lacks(vec!["topics"]).to_string();
    assert!(ResultDocument::parse("x", "{}").unwrap_err().to_string().starts_with(&lacks));
}
