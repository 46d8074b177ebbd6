//! `pinload worker` processes of a scene, and calls to them as any HTTP client makes them.

use super::{Running, Scene};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Until a worker listens.
const START: Duration = Duration::from_secs(20);

/// A worker that listens.
pub struct WorkerProcess {
    /// Its process.
    pub running: Running,
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// Address of the metrics page.
    pub stats: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, as they came, in lower case.
    pub headers: String,
    /// Body.
    pub body: String,
}

impl WorkerProcess {
    /// Starts one on free ports.
    pub fn start(scene: &Scene, more: &[&str]) -> Self {
        Self::start_in(scene, more, &[])
    }

    /// Starts one with these variables in its environment.
    pub fn start_in(scene: &Scene, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut args = vec!["worker", "--port", "0", "--stats-port", "0"];
        args.extend(more);
        let run = environment.iter().fold(scene.pinload(args), |run, (name, value)| run.env(name, value));
        let running = run.spawn();
        let line = running.wait_for_line("listening on http://", START);
        let mut addresses =
            line.split("http://").skip(1).map(|rest| rest.split([',', '/']).next().unwrap_or("").to_owned());
        let (url, stats) = (addresses.next().expect("an address"), addresses.next().expect("a second address"));
        Self { running, url: format!("http://{url}"), stats }
    }

    /// One call; no header but those every client sends and `headers`.
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        call(self.url.trim_start_matches("http://"), method, path, headers, body)
    }
}

/// One call to `address`.
pub fn call(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{more}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, headers: head.to_lowercase(), body: body.to_owned() }
}
