//! A page in a browser without a network: a script of the test runs behind the page's own and says what it found.

use super::Scene;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How long a browser may take, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
/// Names under which Chromium is installed.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Runs headless as root, keeps quiet, reaches nobody.
const FLAGS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
    "--window-size=1280,1000",
    "--dump-dom",
];

/// Chromium. None, said loudly, where there is none; with CI=true that is a failure.
pub fn browser() -> Option<&'static str> {
    let there = |name: &&str| {
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
    };
    let found = NAMES.into_iter().find(there);
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs chromium (tools/install-deps)");
        eprintln!("LEFT OUT: there is no chromium to look at the page with (tools/install-deps installs it)");
    }
    found
}

/// Opens `page` from disk, runs `script` (a body of a function that may await, and returns what it found), and gives
/// what it returned. Fails when the page or the script complains in the console.
pub fn look(scene: &Scene, browser: &str, page: &Path, script: &str) -> Value {
    let html = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let end = html.rfind("</body>").expect("a page has an end");
    let behind = format!(
        "<script>(async () => {{ {script} }})()
        .then((found) => ({{ found }}), (error) => ({{ error: String(error.stack) }}))
        .then((said) => {{ const out = document.createElement('pre'); out.id = 'said';
        out.textContent = encodeURIComponent(JSON.stringify(said)); document.body.append(out); }});</script>"
    );
    let looked_at = scene.write("looked-at.html", &format!("{}{behind}{}", &html[..end], &html[end..]));
    let profile = scene.path("browser-profile");
    let mut args: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    args.push(format!("--user-data-dir={}", profile.display()));
    args.push(format!("file://{}", looked_at.display()));
    let done = scene.command(browser, args).limit(LIMIT).run();
    let complaints: Vec<&str> = done.stderr.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "the page complains: {complaints:#?}");
    let said = done.stdout.split_once("<pre id=\"said\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (said, _) = said.unwrap_or_else(|| panic!("the script said nothing:\n{}", done.stderr));
    let said: Value = serde_json::from_str(&decoded(said)).expect("what the script said is JSON");
    assert!(said["error"].is_null(), "the script failed: {}", said["error"]);
    said["found"].clone()
}

/// What `encodeURIComponent` made of a text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let code = std::str::from_utf8(&after[..2]).expect("two hexadecimal digits");
            bytes.push(u8::from_str_radix(code, 16).expect("two hexadecimal digits"));
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("a script's text is UTF-8")
}
