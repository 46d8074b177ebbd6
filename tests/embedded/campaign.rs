//! Campaigns: what a file means, that nothing is lost by an interruption, that one failing point does not stop the
//! rest, and what is left at the end: a folder that stands for itself, a page, a bundle.

use crate::scene;
use crate::scene::browser::{browser, look};
use crate::scene::{Scene, Workload};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};
use std::time::Duration;

const REFUSED: i32 = 3;
const UNREACHABLE: i32 = 4;
const INTERRUPTED: i32 = 130;
const LIMIT: Duration = Duration::from_secs(240);

const SWEEP: &str = "workload: small.yaml\nsettings:\n  --embedded: true\n  --warmup: 0s\n  --duration: 1s\n\
                     dimensions:\n  - messageSize: [100, 1000]\n  - producer.linger.ms: [0, 5]\n";

fn small(scene: &Scene) {
    scene.write("small.yaml", &Workload::small("small").without("consumerBacklogSizeGB").text());
}

/// The one campaign folder of a scene.
fn folder(scene: &Scene) -> PathBuf {
    scene.the_file("campaign folder", |name| name.starts_with("campaign-"))
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).expect("a text file").lines().filter(|line| !line.is_empty()).count()
}

#[test]
fn a_dry_run_shows_the_points_the_order_and_the_time_and_makes_nothing() {
    let scene = Scene::untimed("a_dry_run_shows_the_points_the_order_and_the_time_and_makes_nothing");
    small(&scene);
    scene.write("sweep.yaml", &format!("{SWEEP}repeats: 2\ncoolDown: 3s\n"));
    let before = scene.names();
    let shown = scene.pinload(["campaign", "--dry-run", "sweep.yaml"]).run();
    shown.assert_code(0).assert_stdout_has("sweep: 4 points × 2 = 8 runs, interleaved");
    // There and back: the first point runs first and last.
    assert!(
        shown.stdout.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["1", "100", "0", "1,", "8"]),
        "{shown}"
    );
    shown.assert_stdout_has("about 1 min 9 s: 8 s of load, 21 s of pauses, 5 s around each run; at most ");
    assert_eq!(scene.names(), before);
}

#[test]
fn a_mistake_is_told_once_with_its_file_line_and_key_and_nothing_is_made() {
    let scene = Scene::untimed("a_mistake_is_told_once_with_its_file_line_and_key_and_nothing_is_made");
    small(&scene);
    for (text, expected) in [
        (format!("{SWEEP}repeat: 2\n"), "sweep.yaml:9: repeat: is no key of a campaign file; did you mean repeats?"),
        (SWEEP.replace("[100, 1000]", "[100, big]"), "sweep.yaml:7: messageSize: "),
        (SWEEP.replace("--duration: 1s", "--duration: 1"), "sweep.yaml:5: --duration: invalid value '1'"),
        (SWEEP.replace("--duration: 1s", "--duraton: 1s"), "sweep.yaml:5: --duraton: unexpected argument"),
        (
            SWEEP.replace("--duration: 1s", "--output: x.json"),
            "sweep.yaml:5: --output: is no option of a campaign's runs",
        ),
        (SWEEP.replace("messageSize:", "mesageSize:"), "sweep.yaml:7: mesageSize: is no key of a workload file"),
        (
            SWEEP.replace("producer.linger.ms: [0, 5]", "producer.linger.ms: [0, soon]"),
            "sweep.yaml:8: producer.linger.ms: ",
        ),
        (SWEEP.replace("workload: small.yaml", "workload: none.yaml"), "none.yaml: does not exist"),
        (SWEEP.replace("  --embedded: true\n", ""), "sweep.yaml: names no driver; write driver: FILE.yaml"),
        ("dimensions: [\n".to_owned(), "sweep.yaml:2: is not valid YAML"),
    ] {
        scene.write("sweep.yaml", &text);
        let refused = scene.pinload(["campaign", "sweep.yaml"]).run();
        refused.assert_code(REFUSED).assert_stderr_has(expected);
        assert_eq!(refused.stderr.matches("error").count(), 1, "one error for one mistake: {refused}");
    }
    assert_eq!(scene.names(), ["small.yaml", "sweep.yaml"]);
}

#[test]
fn an_interrupted_campaign_goes_on_where_it_was_and_its_folder_stands_for_itself() {
    let scene = Scene::untimed("an_interrupted_campaign_goes_on_where_it_was_and_its_folder_stands_for_itself");
    small(&scene);
    scene.write("sweep.yaml", SWEEP);
    let running = scene.pinload(["campaign", "sweep.yaml"]).limit(LIMIT).spawn();
    running.wait_for_line("1/4  messageSize 100, producer.linger.ms 0: ", LIMIT);
    running.clients("producer", 2);
    running.signal_group(Signal::SIGINT);
    let ended = running.outcome();
    ended.assert_code(INTERRUPTED).assert_stderr_has("pinload campaign --resume ");
    scene.assert_no_leftovers();
    let folder = folder(&scene);
    let first = folder.join("runs/p001/r01.detail");
    let before = std::fs::read(&first).expect("the first run's result");
    assert_eq!(lines(&folder.join("progress.jsonl")), 2, "what was given, and one run");

    // What it was made from is not needed any more.
    std::fs::remove_file(scene.path("small.yaml")).expect("a file");
    let at = folder.display().to_string();
    scene.pinload(["campaign", "--resume", &at, "--dry-run"]).run().assert_code(0).assert_stdout_has("3 runs left:");
    let resumed = scene.pinload(["campaign", "--resume", &at]).limit(LIMIT).run();
    resumed
        .assert_code(0)
        .assert_stdout_has("1 run done before, 3 left")
        .assert_stdout_has("4/4  messageSize 1000, producer.linger.ms 5: ");
    assert_eq!(std::fs::read(&first).expect("the first run's result"), before, "a finished run was made again");
    assert_eq!(lines(&folder.join("progress.jsonl")), 5);
    assert_eq!(lines(&folder.join("campaign.csv")), 5, "a head and four points");
    scene.assert_no_leftovers();

    let sums = "cd \"$0\" && sha256sum -c --quiet --strict SHA256SUMS";
    scene.command("sh", ["-c", sums, &at]).run().assert_code(0);
    scene.pinload(["bundle", &at, "-o", "packed.tar.gz"]).run().assert_code(0).assert_stdout_has("packed.tar.gz (");
    let unpacked = scene.command("tar", ["-xzf", "packed.tar.gz", "--one-top-level=out", "--strip-components=1"]).run();
    unpacked.assert_code(0);
    let again = scene.pinload(["campaign", "--dry-run", "out/campaign.yaml"]).run();
    again.assert_code(0).assert_stdout_has("sweep: 4 points × 1 = 4 runs");

    let [base, new] = ["runs/p001", "runs/p004"].map(|point| folder.join(point).display().to_string());
    scene.pinload(["compare", &base, &new]).run().assert_code(0).assert_stdout_has("plan.message");

    // And from the bundle, without a campaign beside it.
    let [base, new] = ["packed.tar.gz/runs/p001", "packed.tar.gz/runs/p004"];
    scene.pinload(["compare", base, new]).run().assert_code(0).assert_stdout_has("plan.message");
    for several in ["packed.tar.gz", &at] {
        let refused = scene.pinload(["compare", several, new]).run();
        refused.assert_code(REFUSED).assert_stderr_has("is a campaign of 4 points: name one of them, for example");
    }
    let missing = scene.pinload(["compare", "packed.tar.gz/runs/p009", new]).run();
    missing.assert_code(REFUSED).assert_stderr_has("runs/p009 is not in the bundle");

    let given = folder.join("files/small.yaml");
    let mut text = std::fs::read_to_string(&given).expect("a copy");
    text.push_str("# changed\n");
    std::fs::write(&given, text).expect("a file");
    scene
        .pinload(["campaign", "--resume", &at])
        .run()
        .assert_code(REFUSED)
        .assert_stderr_has("was changed since the campaign began");
    scene.pinload(["bundle", &at]).run().assert_code(REFUSED).assert_stderr_has("files/small.yaml");
    look_at_the_page(&scene, &folder);
}

fn look_at_the_page(scene: &Scene, folder: &Path) {
    let Some(browser) = browser() else { return };
    let script = r#"
        const sweeps = document.getElementById("sweeps"), heat = document.getElementById("heat");
        const choose = (section, what, value) => {
            const one = section.querySelector(`[data-choose=${what}]`);
            one.value = value;
            one.onchange();
        };
        const options = [...sweeps.querySelectorAll("[data-choose=figure] option")];
        const lines = sweeps.dataset.lines, figures = options.map((one) => one.textContent);
        choose(sweeps, "dimension", 1);
        const legend = [...sweeps.querySelectorAll(".legend li")].map((item) => item.textContent);
        const cells = [...heat.querySelectorAll("tbody td")].map((cell) => cell.textContent);
        choose(heat, "rows", 1); choose(heat, "columns", 0);
        const turned = [...heat.querySelectorAll("tbody td")].map((cell) => cell.textContent);
        const canvas = sweeps.querySelectorAll("canvas").length;
        const rows = document.querySelectorAll("a[href^='runs/']").length;
        return { lines, figures, legend, cells, turned, canvas, rows };
    "#;
    let found = look(scene, browser, &folder.join("campaign.html"), script);
    assert_eq!(found["lines"], "2", "{found}");
    assert_eq!(found["legend"], serde_json::json!(["messageSize 100", "messageSize 1000"]), "{found}");
    assert_eq!((found["canvas"].as_u64(), found["rows"].as_u64()), (Some(1), Some(4)), "{found}");
    let cells: Vec<&str> = found["cells"].as_array().expect("cells").iter().filter_map(|cell| cell.as_str()).collect();
    let turned: Vec<&str> =
        found["turned"].as_array().expect("cells").iter().filter_map(|cell| cell.as_str()).collect();
    assert_eq!([turned[0], turned[2], turned[1], turned[3]], cells.as_slice(), "{found}");
}

#[test]
fn a_point_that_fails_does_not_stop_the_rest_and_is_tried_again() {
    let scene = Scene::untimed("a_point_that_fails_does_not_stop_the_rest_and_is_tried_again");
    small(&scene);
    scene.write("embedded.yaml", "name: embedded\ndriverClass: pinload.driver.embedded\n");
    scene.write("nobody.yaml", &scene::workload::driver(scene::workload::JAVA_CLASS, "127.0.0.1:1", &[], &[], &[]));
    let text = "name: two\nworkload: small.yaml\nsettings:\n  --warmup: 0s\n  --duration: 1s\n  --connect-timeout: 1s\n\
                dimensions:\n  - driver: [nobody.yaml, embedded.yaml]\n";
    scene.write("two.yaml", text);
    let ended = scene.pinload(["campaign", "two.yaml"]).limit(LIMIT).run();
    ended.assert_code(UNREACHABLE).assert_stdout_has("driver nobody: FAILED with exit code 4: runs.log says why");
    ended.assert_stdout_has("2/2  driver embedded: ").assert_stdout_has("1 run left no result");
    let folder = folder(&scene);
    let csv = std::fs::read_to_string(folder.join("campaign.csv")).expect("a table");
    assert!(csv.lines().nth(1).is_some_and(|row| row.starts_with("1,nobody,0,1,,")), "{csv}");
    assert!(csv.lines().nth(2).is_some_and(|row| row.starts_with("2,embedded,1,0,")), "{csv}");
    let left = scene.pinload(["campaign", "--dry-run", "--resume", &folder.display().to_string()]).run();
    left.assert_code(0).assert_stdout_has("1 run left:").assert_stdout_has("driver nobody");
    scene.assert_no_leftovers();
}
