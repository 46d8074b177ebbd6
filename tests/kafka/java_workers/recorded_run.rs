//! A recorded run of OMB's, driven again: the same calls, the same result.

use super::*;
use base64::Engine as _;

/// What OMB's coordinator did: counters as often as it liked, `stop-all` several times at the end.
fn essence(calls: impl Iterator<Item = (String, String, String)>) -> Vec<(String, String, String)> {
    let often = ["/counters-stats", "/pinload/v1/hello", "/adjust-publish-rate"];
    let mut essence: Vec<(String, String, String)> = Vec::new();
    for call in calls.filter(|(_, path, _)| !often.contains(&&**path)) {
        let again = essence
            .last()
            .is_some_and(|last| last.1 == call.1 && ["/stop-all", "/probe-producers"].contains(&&*call.1));
        if !again {
            essence.push(call);
        }
    }
    essence
}

/// Java's body and ours, field by field. What is drawn by lot has the same form: group names and payloads.
fn assert_same_body(path: &str, java: &str, ours: &str) {
    if java.is_empty() || path == "/initialize-driver" {
        assert_eq!(ours, java, "{path}");
        return;
    }
    let [mut java, mut ours] = [java, ours].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    match path {
        "/create-consumers" => {
            for body in [&mut java, &mut ours] {
                let group = body["topicsSubscriptions"][0]["subscription"].take();
                let group = group.as_str().expect("a group");
                assert!(group.starts_with("sub-000-") && group.len() == "sub-000-2XVY-2M".len(), "{group}");
            }
        }
        "/start-load" => {
            for body in [&mut java, &mut ours] {
                let payloads = body["payloadData"].take();
                let payloads = payloads.as_array().expect("a list");
                assert_eq!(payloads.len(), 100);
                for payload in payloads {
                    let text = payload.as_str().expect("a text");
                    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
                    assert_eq!(bytes.len(), 1024);
                    assert!(bytes[..512].iter().any(|byte| *byte != 0) && bytes[512..].iter().all(|byte| *byte == 0));
                }
            }
        }
        _ => {}
    }
    assert_eq!(ours, java, "{path}");
}

/// Equal, numbers within 10⁻⁹ of each other.
fn assert_same(name: &str, java: &Value, ours: &Value) {
    match (java, ours) {
        (Value::Array(java), Value::Array(ours)) => {
            assert_eq!(java.len(), ours.len(), "{name}");
            java.iter().zip(ours).for_each(|(java, ours)| assert_same(name, java, ours));
        }
        (Value::Object(java), Value::Object(ours)) => {
            assert_eq!(java.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{name}");
            java.iter().for_each(|(key, value)| assert_same(&format!("{name} {key}"), value, &ours[key]));
        }
        (Value::Number(java), Value::Number(ours)) => {
            let [java, ours] = [java, ours].map(|number| number.as_f64().unwrap_or(f64::NAN));
            assert!((java - ours).abs() <= 1e-9 * java.abs(), "{name}: Java {java}, ours {ours}");
        }
        (java, ours) => assert_eq!(java, ours, "{name}"),
    }
}

#[test]
fn the_recorded_replies_of_two_java_workers_yield_ombs_own_result() {
    let scene = Scene::untimed("the_recorded_replies_of_two_java_workers_yield_ombs_own_result");
    write_files(&scene);
    let workers = ["w1", "w2"].map(|worker| (worker, Recorded::start(worker, None)));
    let urls = format!("{},{}", workers[0].1.url, workers[1].1.url);
    let outcome = run(&scene, &urls, "6s", &[]).run();
    outcome.assert_code(0).assert_stderr_has("all are driven by it").assert_stderr_has("closing OMB's workers");

    for (name, worker) in &workers {
        let java = recording(name).into_iter().map(|call| (call.method, call.path, call.request));
        let ours = worker.asked().into_iter().map(|call| (call.method, call.path, call.body));
        let (java, ours) = (essence(java), essence(ours));
        let verbs = |calls: &[(String, String, String)]| -> Vec<String> {
            calls.iter().map(|(method, path, _)| format!("{method} {path}")).collect()
        };
        assert_eq!(verbs(&ours), verbs(&java), "{name}");
        for ((_, path, java), (_, _, ours)) in java.iter().zip(&ours) {
            assert_same_body(path, java, ours);
        }
    }
    let slow = workers[0].1.asked().into_iter().find(|call| call.path == "/adjust-publish-rate").expect("slowing down");
    assert_eq!(slow.body, "1.0");
    let calls = workers[0].1.asked();
    let last = calls.iter().rposition(|call| call.path == "/adjust-publish-rate").expect("and up again");
    let next = calls[last + 1..].iter().find(|call| call.method != "GET").expect("the end");
    assert_eq!((calls[last].body.as_str(), next.path.as_str()), ("20.0", "/stop-all"));

    let golden: Value =
        serde_json::from_str(include_str!("../../fixtures/golden/omb-result-distributed.json")).expect("JSON");
    let result: Value =
        serde_json::from_str(&std::fs::read_to_string(scene.result_file()).expect("a file")).expect("JSON");
    let golden = golden.as_object().expect("fields");
    assert_eq!(result.as_object().expect("fields").keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    for (name, java) in golden.iter().filter(|(name, _)| !["publishRate", "consumeRate"].contains(&name.as_str())) {
        assert_same(name, java, &result[name]);
    }

    // What Java cannot tell is not there, what is missing at the end is named: 312,829 acknowledged, 312,811 received.
    let detail = Detail::read(&scene.detail_file());
    let families = detail.at("/measurement/latencies").as_object().expect("families");
    assert_eq!(families.keys().collect::<Vec<_>>(), ["acknowledge_actual", "publish_delay", "end_to_end_actual"]);
    let counted = detail.at("/measurement/counters_whole_run");
    assert_eq!((&counted["messages_acknowledged"], &counted["messages_received"]), (&312_829.into(), &312_811.into()));
    assert!(counted.get("late_sends").is_none() && counted.get("messages_enqueued").is_none(), "{counted}");
    assert_eq!((counted["bytes_received"].as_u64(), detail.text("/plan/measured_by")), (Some(312_811 * 1024), "omb"));
    assert!(detail.list("/hosts").iter().all(|host| host["kind"] == "omb" && host["cannot_tell"].is_array()));
    assert!(outcome.stdout.contains("acknowledged × subscriptions are 312,829: 18 are missing"), "{}", outcome.stdout);
    scene.assert_no_leftovers();
}
