//! The report as a page: made beside a run, from old results, of several; looked at in a browser without a network.

use crate::scene::browser::{browser, look};
use crate::scene::{Scene, Workload};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(90);
const GOAL_MISSED: i32 = 9;
/// What several scripts need: chart by kind, click on a button by its text, what a download would hold.
const TOOLS: &str = r#"
    const chart = (kind) => charts.find((one) => one.figure.dataset.chart === kind);
    const button = (within, text) => [...within.querySelectorAll("button")].find((one) => one.textContent === text);
    const blobs = [];
    URL.createObjectURL = (blob) => { blobs.push(blob); return "data:,"; };
    HTMLAnchorElement.prototype.click = function () {};
    const saved = async (click) => { click.click(); return await blobs.pop().text(); };
"#;

fn golden(name: &str) -> String {
    format!("{}/tests/fixtures/golden/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn detail(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a detail file")).expect("JSON")
}

/// A page of metrics on loopback, whose counter rises with each read; served until the test ends.
fn metrics_page() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for (read, socket) in listener.incoming().enumerate() {
            let mut socket = socket.expect("a connection");
            let asked = BufReader::new(socket.try_clone().expect("a socket")).lines().map_while(Result::ok);
            asked.take_while(|line| !line.is_empty()).for_each(drop);
            let page = format!("# TYPE busy_seconds_total counter\nbusy_seconds_total {read}\ndepth 3\nother 1\n");
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
            // Who asked may be gone.
            let _ = socket.write_all((head + &page).as_bytes());
        }
    });
    format!("http://{address}/metrics")
}

#[test]
fn a_run_leaves_a_page_whose_figures_are_those_of_its_detail_file() {
    let scene = Scene::untimed("a_run_leaves_a_page_whose_figures_are_those_of_its_detail_file");
    scene.write("small.yaml", &Workload::small("a <b>bold</b> name").text());
    let mut args = vec!["run", "--embedded", "--no-progress", "--warmup", "2s", "--duration", "20s", "small.yaml"];
    let pages = [format!("one={}", metrics_page()), "gone=http://127.0.0.1:1/metrics".to_owned()];
    pages.iter().for_each(|page| args.extend(["--scrape", page]));
    args.extend([
        "--scrape-keep",
        "busy_*",
        "--scrape-keep",
        "depth",
        "--goal",
        "lost == 0",
        "--goal",
        "publish_rate >= 900M",
    ]);
    let done = scene.pinload(args).limit(SHORT).run();
    done.assert_code(GOAL_MISSED)
        .assert_stdout_has("(report)")
        .assert_stdout_has("warning: --scrape gone: nothing could be read from http://127.0.0.1:1/metrics: ")
        .assert_stderr_has("goal missed so far: publish_rate >= 900M: ");
    let page = scene.the_file("page", |name| name.ends_with(".html"));
    let Some(browser) = browser() else { return };
    let script = r#"
        const all_of = (selector) => [...document.querySelectorAll(selector)];
        const figures = all_of("dd[data-path]").map((dd) => [dd.dataset.path, +dd.dataset.value]);
        const latency = await saved(button(document.querySelector("table[data-name=latency]").parentElement, "CSV"));
        const rates = chart("rates"), ack = chart("acknowledged");
        const points = rates.u.data[0].length, steps = ack.spec.table[0].length;
        rates.legend.querySelector("button").click();
        const hidden = rates.u.series[1].show === false && rates.legend.querySelector("button").ariaPressed === "false";
        rates.zoom(.5);
        await new Promise((done) => setTimeout(done, 50));
        const zoomed = [rates.u.scales.x, ack.u.scales.x].map(({ min, max }) => max - min);
        rates.plot.dispatchEvent(new KeyboardEvent("keydown", { key: "0" }));
        await new Promise((done) => setTimeout(done, 50));
        const all = rates.u.scales.x.max - rates.u.scales.x.min;
        const before = ack.u.data[1][1], select = ack.tools.querySelector("select");
        select.value = 1; select.dispatchEvent(new Event("change"));
        const intended = ack.u.data[1].find((value) => value != null), shown = ack.spec.series[0].name;
        const curve = (await saved(button(chart("percentiles").tools, "CSV"))).trim().split("\n");
        const busy = chart("scrape-0"), cpu = chart("cpu"), partitions = chart("partitions");
        const goals = [...document.querySelectorAll(".goals li")].map((goal) => goal.textContent);
        const heat = (await saved(button(chart("heat").tools, "CSV"))).trim().split("\n").slice(1);
        const messages = heat.reduce((sum, row) => sum + +row.split(",")[4], 0);
        document.getElementById("theme").click();
        const font_size = (one) => parseFloat(getComputedStyle(one).fontSize);
        const small = all_of("body *").filter((one) => one.childNodes.length && font_size(one) < 12);
        return { figures, latency, points, steps, hidden, zoomed, all, shown, intended,
            curve: curve.length, last: curve.at(-1), messages,
            clients: charts.find((one) => one.count !== undefined).count, goals,
            busy: [busy.figure.querySelector("h3").textContent, busy.u.data[1].filter((rate) => rate != null)],
            drawn: chart("scrape-1") !== undefined, brokers: document.getElementById("brokers").textContent,
            cpu: cpu.spec.series.map((one) => one.name), partitions: partitions.u.data[0].length,
            written: document.getElementById("configuration").textContent,
            bold: all_of("h1 b").length, title: document.querySelector("h1").textContent,
            dark: document.documentElement.dataset.theme, small: small.map((one) => one.tagName),
            resources: performance.getEntriesByType("resource").length,
            unnamed: all_of("button,select").filter((one) => !one.textContent.trim() && !one.ariaLabel).length };
    "#;
    let found = look(&scene, browser, &page, &format!("{TOOLS}{script}"));
    let detail = detail(&scene.detail_file());
    let figures = found["figures"].as_array().expect("figures");
    assert!(figures.len() >= 9, "{figures:?}");
    for figure in figures {
        let path = figure[0].as_str().expect("a path");
        assert_eq!(detail.pointer(path).and_then(Value::as_f64), figure[1].as_f64(), "{path}");
    }
    let p99_ns = &detail["measurement"]["latencies"]["end_to_end_intended"]["p99_ns"];
    assert!(found["latency"].as_str().is_some_and(|csv| csv.contains(&format!(",{p99_ns},"))), "{found}");
    let seconds = detail["clients"][0]["timeline"]["at_s"].as_array().expect("seconds").len();
    let points = usize::try_from(found["points"].as_u64().expect("points")).expect("few");
    assert!(points.abs_diff(seconds) <= 1, "{points} points of {seconds} seconds");
    assert_eq!(
        (&found["hidden"], &found["bold"], &found["resources"], &found["unnamed"]),
        (&true.into(), &0.into(), &0.into(), &0.into())
    );
    let span = |value: &Value| value.as_f64().expect("a span");
    assert!((span(&found["zoomed"][0]) - span(&found["all"]) / 2.0).abs() < 1.0, "{found}");
    assert_eq!(found["zoomed"][0], found["zoomed"][1], "charts of time move together");
    assert_eq!(found["shown"], "acknowledge_intended.p50_ns");
    assert_eq!(found["intended"], detail["periods"][0]["latencies"]["acknowledge_intended"]["p50_ns"]);
    assert!(found["curve"].as_u64() > Some(40), "{found}");
    let rates = found["busy"][1].as_array().expect("rates");
    assert!(rates.len() >= 3 && rates.iter().all(|rate| rate.as_f64() > Some(0.0)), "{found}");
    assert_eq!((&found["busy"][0], &found["drawn"]), (&"busy_seconds_total".into(), &false.into()));
    assert!(found["brokers"].as_str().is_some_and(|text| text.contains("The same all the time: depth 3.")), "{found}");
    assert_eq!(found["cpu"], serde_json::json!(["producers_cpu", "consumers_cpu", "supervisor_cpu"]));
    // Where the machine is too slow for the rate nobody can tell.
    let met = |goal: &str| goal.starts_with("✓ met: lost == 0") || goal.starts_with("? not decided: lost == 0");
    assert!(found["goals"][0].as_str().is_some_and(met), "{found}");
    assert!(
        found["goals"][1].as_str().is_some_and(|goal| goal.starts_with("✗ missed: publish_rate >= 900M")),
        "{found}"
    );
    assert!(found["written"].as_str().is_some_and(|text| text.contains("small.yaml, as written")), "{found}");
    let partitions = detail["partitions"].as_array().expect("partitions");
    assert_eq!(found["partitions"], partitions.len());
    let of_partitions: u64 = partitions.iter().filter_map(|one| one["partition_messages"].as_u64()).sum();
    let received = detail["measurement"]["counters"]["messages_received"].as_u64().expect("a count");
    let per_s = detail["measurement"]["consume_rate_per_s"].as_f64().expect("a rate");
    // Both are cut each second; where a machine is slow they may be cut at different ones.
    assert!(of_partitions.abs_diff(received) as f64 <= per_s * 1.1, "{of_partitions} of {received}");
    let recorded = detail["periods"].as_array().expect("periods").iter();
    let recorded: u64 = recorded.filter_map(|period| period["latencies"]["acknowledge_actual"]["count"].as_u64()).sum();
    assert_eq!(found["messages"].as_u64(), Some(recorded), "the heat map holds every message");
    assert_eq!((&found["clients"], &found["small"]), (&4.into(), &Value::Array(Vec::new())));
    assert!(found["title"].as_str().is_some_and(|title| title.starts_with("a <b>bold</b> name")), "{found}");
}

#[test]
fn a_run_that_is_to_leave_no_page_leaves_none() {
    let scene = Scene::untimed("a_run_that_is_to_leave_no_page_leaves_none");
    scene.write("small.yaml", &Workload::small("none").text());
    let args = ["run", "--embedded", "--no-progress", "--no-report", "--duration", "2s", "small.yaml"];
    scene.pinload(args).limit(SHORT).run().assert_code(0);
    assert!(!scene.names().iter().any(|name| name.ends_with(".html")), "{:?}", scene.names());
    let main = scene.result_file().display().to_string();
    scene.pinload(["report", &main]).run().assert_code(0).assert_stdout_has("(1 run)");
    assert!(scene.names().iter().any(|name| name.ends_with(".html")), "{:?}", scene.names());
}

#[test]
fn old_results_of_omb_lie_on_top_of_each_other() {
    let scene = Scene::untimed("old_results_of_omb_lie_on_top_of_each_other");
    let (local, distributed) = (golden("omb-result-local.json"), golden("omb-result-distributed.json"));
    scene.pinload(["report", &local, "-o", "one.html"]).run().assert_code(0);
    scene
        .pinload(["report", &local, &distributed, &local])
        .run()
        .assert_code(0)
        .assert_stdout_has("report.html (2 runs)");
    let Some(browser) = browser() else { return };
    let one = look(
        &scene,
        browser,
        &scene.path("one.html"),
        &format!(
            "{TOOLS} return {{ rates: chart('rates').u.data[0].length,
            verdict: document.querySelector('.banner').textContent,
            curve: chart('percentiles').u.data[0].length }};"
        ),
    );
    let omb = detail(Path::new(&local));
    let periods = omb["publishRate"].as_array().expect("rates").len();
    assert_eq!(one["rates"], periods + 1, "{one}");
    assert!(
        one["verdict"].as_str().is_some_and(|text| text.contains("No verdict")) && one["curve"].as_u64() > Some(20),
        "{one}"
    );
    let two = look(
        &scene,
        browser,
        &scene.path("report.html"),
        &format!(
            "{TOOLS} return {{ kinds: charts.map((one) => one.figure.dataset.chart),
            lines: charts.map((one) => one.u.series.length - 1),
            csv: await saved(button(document.querySelector('table[data-name=figures]').parentElement, 'CSV')) }};"
        ),
    );
    assert_eq!(two["kinds"], serde_json::json!(["runs-rate", "runs-latency", "runs-percentiles"]));
    assert_eq!(two["lines"], serde_json::json!([2, 2, 2]));
    let p99_ms = omb["aggregatedPublishLatency99pct"].as_f64().expect("a figure");
    assert!(
        two["csv"].as_str().is_some_and(|csv| csv.contains(&format!("acknowledged p99,{:.1},", p99_ms * 1e6))),
        "{two}"
    );
}

#[test]
fn what_is_no_result_is_named_and_no_page_is_written() {
    let scene = Scene::untimed("what_is_no_result_is_named_and_no_page_is_written");
    scene.write("x.json", "{}");
    let done = scene.pinload(["report", "x.json", "gone.json"]).run();
    done.assert_code(3)
        .assert_stderr_has("x.json: is no result of a run")
        .assert_stderr_has("gone.json: does not exist");
    std::fs::create_dir(scene.path("empty")).expect("a folder");
    scene.pinload(["report", "empty"]).run().assert_code(3).assert_stderr_has("holds no results");
    assert!(!scene.names().iter().any(|name| name.ends_with(".html")));
}
