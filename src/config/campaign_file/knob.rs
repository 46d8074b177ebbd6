//! What a campaign can turn, told by its name: `--rate` is an option, `producer.linger.ms` a property, `messageSize` a
//! key of workload or driver files, and `workload`, `driver`, `workers` and `payloadFile` are files, whose paths begin
//! in the campaign file's folder.

use super::super::yaml::{describe, scalar_text};
use serde_yaml::Value;
use std::path::Path;

/// One thing that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingKind {
    /// The workload file.
    Workload,
    /// The driver file.
    Driver,
    /// The workers file.
    Workers,
    /// The workload's payload file, or folder of them.
    Payload,
    /// An option of `pinload run` (or `capacity`), with its two dashes.
    Option(String),
    /// A property of clients or topics, as `--property` has it.
    Property(String),
    /// A key of workload or driver files.
    Key(String),
}

/// Its value: one text, or the texts of an option that is given several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingValue(pub Vec<String>);

/// Properties of every client may be written with this before their name, which those without a dot need.
const COMMON: &str = "common.";
const PAYLOAD: &str = "payloadFile";

impl SettingKind {
    /// By its name.
    pub fn named(name: &str) -> Self {
        match name {
            "workload" => Self::Workload,
            "driver" => Self::Driver,
            "workers" => Self::Workers,
            PAYLOAD => Self::Payload,
            _ if name.starts_with("--") => Self::Option(name.to_owned()),
            _ if name.contains('.') => Self::Property(name.strip_prefix(COMMON).unwrap_or(name).to_owned()),
            _ => Self::Key(name.to_owned()),
        }
    }

    /// As tables have it.
    pub fn name(&self) -> &str {
        match self {
            Self::Workload => "workload",
            Self::Driver => "driver",
            Self::Workers => "workers",
            Self::Payload => PAYLOAD,
            Self::Option(name) | Self::Property(name) | Self::Key(name) => name,
        }
    }

    /// Is its value the path of a file?
    pub fn is_file(&self) -> bool {
        matches!(self, Self::Workload | Self::Driver | Self::Workers | Self::Payload)
    }

    /// The option that a message of the command line names for it: `--rate`, `--set messageSize`.
    pub fn option(&self) -> String {
        match self {
            Self::Workload => "workload".to_owned(),
            Self::Driver => "--drivers".to_owned(),
            Self::Workers => "--workers-file".to_owned(),
            Self::Payload => format!("--set {PAYLOAD}"),
            Self::Option(name) => name.clone(),
            Self::Property(name) => format!("--property {name}"),
            Self::Key(name) => format!("--set {name}"),
        }
    }

    /// Reads a value. Error: what is wrong, and what to write.
    pub(super) fn value(&self, value: &Value) -> Result<SettingValue, String> {
        let one = |text: Option<String>| text.map(|text| SettingValue(vec![text]));
        let read = match (self, value) {
            (_, Value::Null) => return Err("has no value; write one, \"\" for an empty one".to_owned()),
            (Self::Option(_), Value::Sequence(items)) => {
                items.iter().map(scalar_text).collect::<Option<Vec<_>>>().map(SettingValue)
            }
            (Self::Key(_), Value::Sequence(_) | Value::Mapping(_)) => one(serde_json::to_string(value).ok()),
            (_, scalar) => one(scalar_text(scalar)),
        };
        read.ok_or_else(|| format!("{} is no value for it; write a text or a number", describe(value)))
    }

    /// The words of a command line that set it; a file's path is read from `folder` on. A workload file has none: it
    /// stands last.
    pub fn words(&self, value: &SettingValue, folder: &Path) -> Vec<String> {
        let texts = value.0.iter();
        let path = |text: &String| folder.join(text).display().to_string();
        match self {
            Self::Workload => Vec::new(),
            Self::Driver => texts.map(|text| format!("--drivers={}", path(text))).collect(),
            Self::Workers => texts.map(|text| format!("--workers-file={}", path(text))).collect(),
            Self::Payload => texts.map(|text| format!("--set={PAYLOAD}={}", path(text))).collect(),
            Self::Property(name) => texts.map(|text| format!("--property={name}={text}")).collect(),
            Self::Key(name) => texts.map(|text| format!("--set={name}={text}")).collect(),
            Self::Option(name) => texts.filter_map(|text| option_word(name, text)).collect(),
        }
    }
}

/// `true` gives an option that has no value, `false` leaves it out.
fn option_word(name: &str, text: &str) -> Option<String> {
    match text {
        "true" => Some(name.to_owned()),
        "false" => None,
        _ => Some(format!("{name}={text}")),
    }
}

impl SettingValue {
    /// For tables; a file by its name without folder and ending.
    pub fn shown(&self, knob: &SettingKind) -> String {
        let stem = |text: &String| Path::new(text).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let texts: Vec<String> =
            self.0.iter().map(|text| if knob.is_file() { stem(text) } else { text.clone() }).collect();
        texts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_is_and_how_it_is_set() {
        for (name, value, words) in [
            ("--rate", "50k", vec!["--rate=50k"]),
            ("--no-stamp", "true", vec!["--no-stamp"]),
            ("--no-stamp", "false", vec![]),
            ("--goal", "[lost == 0, 'failed == 0']", vec!["--goal=lost == 0", "--goal=failed == 0"]),
            ("producer.linger.ms", "5", vec!["--property=producer.linger.ms=5"]),
            ("common.acks", "all", vec!["--property=acks=all"]),
            ("messageSize", "1024", vec!["--set=messageSize=1024"]),
            ("existingTopicList", "[a, b]", vec!["--set=existingTopicList=[\"a\",\"b\"]"]),
            ("payloadFile", "p.bin", vec!["--set=payloadFile=base/p.bin"]),
            ("driver", "k.yaml", vec!["--drivers=base/k.yaml"]),
            ("workers", "fleet.yaml", vec!["--workers-file=base/fleet.yaml"]),
        ] {
            let knob = SettingKind::named(name);
            let value = knob.value(&serde_yaml::from_str(value).unwrap()).unwrap();
            assert_eq!(knob.words(&value, Path::new("base")), words, "{name}");
        }
        assert_eq!(SettingValue(vec!["a/kafka.yaml".to_owned()]).shown(&SettingKind::Driver), "kafka");
    }

    #[test]
    fn what_is_no_value_is_refused() {
        assert!(SettingKind::named("messageSize").value(&Value::Null).is_err());
        assert!(SettingKind::named("producer.acks").value(&serde_yaml::from_str("[1]").unwrap()).is_err());
    }
}
