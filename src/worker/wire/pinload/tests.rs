//! What travels, and what of it stays secret elsewhere.

use super::*;
use crate::worker::WorkerError;
use std::time::Duration;

#[test]
fn a_plan_travels_with_its_secrets_which_no_other_form_of_it_shows() {
    let mut plan = Plan::for_tests(Duration::ZERO, None);
    plan.driver.producer.effective = vec![("sasl.password".to_owned(), "hunter2".to_owned())];
    plan.driver.producer.ways.requests_per_partition = Some(5);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    let text = serde_json::to_string(&PlanOnWire::from(plan.clone())).unwrap();
    let back = Plan::from(serde_json::from_str::<PlanOnWire>(&text).unwrap());
    assert_eq!(format!("{back:?}"), format!("{plan:?}"));
    assert_eq!(back.driver.producer.effective, plan.driver.producer.effective);
    assert_eq!(back.driver.producer.ways, plan.driver.producer.ways);
}

#[test]
fn failures_keep_their_kind_and_name_the_worker() {
    let failure = Failure::from(WorkerError::Authentication("wrong password".to_owned()));
    let text = serde_json::to_string(&failure).unwrap();
    assert_eq!(text, r#"{"kind":"authentication","why":"wrong password"}"#);
    let error = serde_json::from_str::<Failure>(&text).unwrap().at("http://a:8080");
    assert!(matches!(&error, WorkerError::Authentication(why) if why == "http://a:8080: wrong password"), "{error}");
}
