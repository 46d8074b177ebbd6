//! The detail file, read by JSON pointers: the places the tests rely on are named here and nowhere else.

use serde_json::Value;
use std::path::Path;

/// The detail file.
#[derive(Debug)]
pub struct Detail(pub Value);

/// Counts over the whole run, warm-up included, probes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Handed to the client library.
    pub sent: u64,
    /// Acknowledged by the broker.
    pub acknowledged: u64,
    /// Delivery failed.
    pub failed: u64,
    /// Neither when the run ended.
    pub unknown: u64,
    /// Received, all subscriptions.
    pub received: u64,
    /// Acknowledged and never received, by sequence number.
    pub lost: u64,
    /// Received more than once, by sequence number.
    pub duplicated: u64,
    /// Probes acknowledged: they are in the topics too.
    pub probes: u64,
}

/// Where a client was to run, as CPU lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCpus {
    /// The hot loop.
    pub hot: String,
    /// The client library's threads.
    pub io: String,
}

impl Detail {
    /// Reads a detail file.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// The value at a JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        at(&self.0, pointer)
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("{pointer} is {} and no text", self.at(pointer)))
    }

    /// The entries of the list at a JSON pointer.
    #[track_caller]
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().unwrap_or_else(|| panic!("{pointer} is no list"))
    }

    /// What is to be known beside the figures, by this name. The closing screen has room for a few of them.
    pub fn caveat(&self, name: &str) -> Option<&Value> {
        self.list("/caveats").iter().find(|caveat| caveat["caveat"] == name)
    }

    /// Its words; none when there is no such caveat.
    pub fn words_of_caveat(&self, name: &str) -> &str {
        self.caveat(name).and_then(|caveat| caveat["text"].as_str()).unwrap_or_default()
    }

    /// How the run ended: completed, interrupted, client_died, failed.
    pub fn outcome(&self) -> &str {
        self.text("/outcome/outcome")
    }

    /// The topics of the run.
    pub fn topics(&self) -> Vec<String> {
        self.list("/topics/names").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    }

    /// Counts over the whole run.
    #[track_caller]
    pub fn totals(&self) -> Totals {
        let sum = |counter: &str| -> u64 {
            self.list("/clients").iter().map(|client| count(client, &format!("/counters_whole_run/{counter}"))).sum()
        };
        Totals {
            sent: sum("messages_enqueued"),
            acknowledged: sum("messages_acknowledged"),
            failed: sum("messages_failed"),
            unknown: sum("messages_unknown"),
            received: sum("messages_received"),
            lost: count(&self.0, "/accounting/total/lost"),
            duplicated: count(&self.0, "/accounting/total/duplicated"),
            probes: sum("probes_acknowledged"),
        }
    }

    /// Where each client was to run, producers first.
    pub fn planned_cpus(&self) -> Vec<PlannedCpus> {
        let planned = |client: &Value| PlannedCpus {
            hot: count(client, "/placement_planned/hot_cpu").to_string(),
            io: at(client, "/placement_planned/io_cpus").as_str().expect("a CPU list").to_owned(),
        };
        self.list("/clients").iter().map(planned).collect()
    }
}

#[track_caller]
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("the detail file has nothing at {pointer}"))
}

#[track_caller]
fn count(value: &Value, pointer: &str) -> u64 {
    at(value, pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is {} and no count", at(value, pointer)))
}
