//! A real Kafka for the tests: the one named in the environment, or one started by `tools/kafka` for this test program.
//!
//! A broker we start reads its standard input, whose other end is ours: when this process ends, however it ends, the
//! pipe closes and the broker goes with it.
//!
//! Over 250 lines: everything that a test can ask of a broker.

use super::Scene;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// `tools/kafka` says with this exit code that Java or Maven is missing.
const MISSING: i32 = 77;
/// What a secured listener of a broker started here accepts.
const MECHANISMS: &str = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512";

/// A broker that answers.
#[derive(Debug)]
pub struct Kafka {
    /// `PINLOAD_KAFKA…` variables as `tools/kafka env` prints them.
    environment: BTreeMap<String, String>,
    /// What the broker is tied to; None: it is not ours.
    tied: Option<Tied>,
}

/// `tools/kafka`, which ends the broker when its standard input ends, and tells here where the broker is.
#[derive(Debug)]
struct Tied {
    tool: Child,
    says: BufReader<ChildStdout>,
}

impl Kafka {
    /// The broker of this test program, started at the first call. None, and a loud line, when there is none and none
    /// can be started here; with CI=true that is a failure. `PINLOAD_KAFKA=none` asks for doing without.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Kafka>> = OnceLock::new();
        let shared = SHARED.get_or_init(Self::find).as_ref();
        if shared.is_none() {
            tell_left_out();
        }
        shared
    }

    /// A broker of one test's own, which that test may kill; it ends when it is dropped. None as for `shared`. In a
    /// scene: a test that waits for its place starts no Java beside one that plays alone.
    pub fn own(scene: &Scene) -> Option<Self> {
        Self::own_with(scene, &[])
    }

    /// The same, where a topic that is asked for and is not there stays away.
    pub fn own_that_makes_no_topics(scene: &Scene) -> Option<Self> {
        Self::own_with(scene, &["--property", "auto.create.topics.enable=false"])
    }

    /// The same with these lines in its `server.properties`.
    pub fn own_with_properties(scene: &Scene, properties: &[&str]) -> Option<Self> {
        let options: Vec<&str> = properties.iter().flat_map(|property| ["--property", property]).collect();
        Self::own_with(scene, &options)
    }

    /// So many brokers of one test's own in one cluster, with these lines in their `server.properties`.
    pub fn own_cluster(scene: &Scene, brokers: u32, properties: &[&str]) -> Option<Self> {
        let brokers = brokers.to_string();
        let properties = properties.iter().flat_map(|property| ["--property", property]);
        Self::own_with(scene, &["--brokers", &brokers].into_iter().chain(properties).collect::<Vec<_>>())
    }

    /// Kills a broker of a cluster by its number, which is its pid's place (SIGKILL).
    pub fn kill_broker(&self, number: usize) {
        let pids = self.variable("PINLOAD_KAFKA_PIDS").expect("a cluster");
        let pid = pids.split(',').nth(number - 1).and_then(|pid| pid.parse().ok()).expect("a pid");
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("a broker that lives");
    }

    /// Which broker leads each partition of a topic, by Kafka's own TopicCommand.
    pub fn leaders(&self, scene: &Scene, topic: &str) -> Vec<usize> {
        let arguments =
            ["tool", "TopicCommand", "--bootstrap-server", self.bootstrap(), "--describe", "--topic", topic];
        let told = scene.command(tool(), arguments).run();
        told.assert_code(0);
        let leader = |line: &str| line.split("Leader: ").nth(1)?.split_whitespace().next()?.parse().ok();
        told.stdout.lines().filter_map(leader).collect()
    }

    fn own_with(_scene: &Scene, options: &[&str]) -> Option<Self> {
        let unwanted = std::env::var("PINLOAD_KAFKA").is_ok_and(|none| none == "none");
        let own = if unwanted { None } else { Self::start(options) };
        if own.is_none() {
            tell_left_out();
        }
        own
    }

    /// Kills our own broker (SIGKILL) and starts it again on its ports and its data; returns when it answers.
    pub fn restart(&mut self) {
        let tied = self.tied.as_mut().expect("a broker of our own");
        tied.tool.stdin.as_mut().expect("a pipe").write_all(b"restart\n").expect("tools/kafka reads");
        let again = tied.environment();
        assert_eq!(again, self.environment, "it comes back where it was");
    }

    /// Tells `tools/kafka` what to do with our own broker: `pause`, `resume`, `kill`.
    pub fn order(&mut self, what: &str) {
        let tied = self.tied.as_mut().expect("a broker of our own");
        tied.tool.stdin.as_mut().expect("a pipe").write_all(format!("{what}\n").as_bytes()).expect("tools/kafka reads");
    }

    /// A broker of one test's own none of whose files may become larger than this: to its writes the disk is full then.
    pub fn own_with_files_up_to(_scene: &Scene, kib: u32) -> Option<Self> {
        let unwanted = std::env::var("PINLOAD_KAFKA").is_ok_and(|none| none == "none");
        let mut limited = Command::new("bash");
        limited.args(["-c", &format!("ulimit -f {kib}; exec \"$0\" \"$@\""), tool()]);
        let own = if unwanted { None } else { Self::start_by(limited, &[]) };
        if own.is_none() {
            tell_left_out();
        }
        own
    }

    fn find() -> Option<Self> {
        match std::env::var("PINLOAD_KAFKA") {
            Ok(none) if none == "none" => None,
            Ok(_) => {
                let environment = std::env::vars().filter(|(name, _)| name.starts_with("PINLOAD_KAFKA")).collect();
                Some(Self { environment, tied: None })
            }
            Err(_) => Self::start(&["--sasl", MECHANISMS, "--tls"]),
        }
    }

    fn start(listeners: &[&str]) -> Option<Self> {
        Self::start_by(Command::new(tool()), listeners)
    }

    fn start_by(mut tool: Command, listeners: &[&str]) -> Option<Self> {
        let mut tool = tool
            .args(["start", "--env", "--until-stdin-closes"])
            .args(listeners)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tools/kafka");
        let says = BufReader::new(tool.stdout.take().expect("a pipe"));
        let mut tied = Tied { tool, says };
        let environment = tied.environment();
        if environment.contains_key("PINLOAD_KAFKA") {
            return Some(Self { environment, tied: Some(tied) });
        }
        let status = tied.tool.wait().expect("tools/kafka");
        assert_eq!(status.code(), Some(MISSING), "tools/kafka failed: {status}");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs Java 17 and Maven (tools/install-deps)");
        None
    }

    /// A variable of `tools/kafka env`; None when the broker given from outside has no such listener.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// host:port of the open listener.
    pub fn bootstrap(&self) -> &str {
        &self.environment["PINLOAD_KAFKA"]
    }

    /// End offsets by (topic, partition), counted by Kafka's own GetOffsetShell.
    pub fn end_offsets(&self, scene: &Scene, topics: &[String]) -> BTreeMap<(String, u32), u64> {
        let mut arguments = vec!["end-offsets".to_owned(), self.bootstrap().to_owned()];
        arguments.extend(topics.iter().cloned());
        let told = scene.command(tool(), arguments).run();
        told.assert_code(0);
        told.stdout
            .lines()
            .map(|line| {
                let mut parts = line.rsplitn(3, ':');
                let mut part = || parts.next().unwrap_or_else(|| panic!("GetOffsetShell said {line:?}"));
                let (offset, partition, topic) = (part(), part(), part());
                ((topic.to_owned(), partition.parse().expect("a partition")), offset.parse().expect("an offset"))
            })
            .collect()
    }

    /// All topics there are, by Kafka's own TopicCommand, without its internal ones.
    pub fn topics(&self, scene: &Scene) -> Vec<String> {
        let told =
            scene.command(tool(), ["tool", "TopicCommand", "--bootstrap-server", self.bootstrap(), "--list"]).run();
        told.assert_code(0);
        // Of no topics it prints an empty line.
        let topics = told.stdout.lines().filter(|topic| !topic.is_empty() && !topic.starts_with("__"));
        topics.map(str::to_owned).collect()
    }

    /// A quota for producers with this client id.
    pub fn limit_producer(&self, scene: &Scene, client_id: &str, bytes_per_s: f64) {
        self.limit(scene, "clients", client_id, bytes_per_s);
    }

    /// A quota for all producers that do not say who they are, together.
    pub fn limit_everybody(&self, scene: &Scene, bytes_per_s: f64) {
        self.limit(scene, "users", "ANONYMOUS", bytes_per_s);
    }

    fn limit(&self, scene: &Scene, kind: &str, name: &str, bytes_per_s: f64) {
        let quota = format!("producer_byte_rate={bytes_per_s}");
        let arguments = [
            "tool",
            "kafka.admin.ConfigCommand",
            "--bootstrap-server",
            self.bootstrap(),
            "--alter",
            "--add-config",
            &quota,
            "--entity-type",
            kind,
            "--entity-name",
            name,
        ];
        scene.command(tool(), arguments).run().assert_code(0);
    }

    /// Deletes a topic.
    pub fn delete_topic(&self, scene: &Scene, topic: &str) {
        let arguments = ["tool", "TopicCommand", "--bootstrap-server", self.bootstrap(), "--delete", "--topic", topic];
        scene.command(tool(), arguments).run().assert_code(0);
    }

    /// Makes a topic.
    pub fn create_topic(&self, scene: &Scene, topic: &str, partitions: u32) {
        self.create_topic_with(scene, topic, partitions, &[]);
    }

    /// Makes a topic with more options of Kafka's TopicCommand.
    pub fn create_topic_with(&self, scene: &Scene, topic: &str, partitions: u32, more: &[&str]) {
        let partitions = partitions.to_string();
        let server = ["tool", "TopicCommand", "--bootstrap-server", self.bootstrap()];
        let create = ["--create", "--topic", topic, "--partitions", &partitions];
        scene.command(tool(), [&server[..], &create, more].concat()).run().assert_code(0);
    }
}

impl Tied {
    /// The variables that it tells up to an empty line, when the broker answers.
    fn environment(&mut self) -> BTreeMap<String, String> {
        let lines = self.says.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        lines.filter_map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }
}

impl Drop for Tied {
    /// The end of its input is the end of the broker and of its folder.
    fn drop(&mut self) {
        drop(self.tool.stdin.take());
        let _ = self.tool.wait();
    }
}

/// Written past the test runner's capture: a test that did not test must be seen.
fn tell_left_out() {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "!! {test}: LEFT OUT, there is no real Kafka");
}

/// Path of tools/kafka.
pub fn tool() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tools/kafka")
}

/// A loopback address where nobody listens: port 1 (tcpmux) is privileged and long dead, so connecting is refused.
pub const NOBODY: &str = "127.0.0.1:1";
