//! What a reader should know beside the figures: a warning, a note, a complaint, a finding, a reason, what nobody could
//! look at.
//!
//! Whoever notices something makes a [`Caveat`]. How it is worded as a line and what is told first stands here and
//! nowhere else. Documents that give it fields of their own take them from its parts; elsewhere it is its text.

use serde_json::{Map, Value};

/// How much it matters. Caveats are told in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Figures cannot be defended while it stands.
    Severe,
    /// It shows in figures (the tails of latencies, the rate), or somebody may have to do something about it.
    Notable,
    /// It adds noise or cost, or says what figures mean; good to know when results differ.
    Minor,
    /// Nobody could look.
    Unknown,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// What was asked for, and what was made of it.
    Plan,
    /// Which CPUs and memory clients have.
    Placement,
    /// What happened while the run began, went on and ended.
    Run,
    /// What clients and brokers said of errors.
    Clients,
    /// The system under test.
    System,
    /// Who made the load.
    Generator,
    /// Messages that are not where they should be.
    Messages,
    /// What figures mean.
    Figures,
    /// The machine's floor (`pinload calibrate`).
    Floor,
    /// How time is read.
    Clock,
    /// The CPUs and who else uses them.
    Processors,
    /// Memory management.
    Memory,
    /// Limits of control groups.
    Limits,
    /// Network, kernel, virtual machine, container, brokers beside it.
    Machine,
}

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caveat {
    /// Stable name.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// All of it in words, without what stands before and behind it in a line.
    pub text: String,
    /// Its figures by name, with the unit in the name.
    pub figures: Map<String, Value>,
    /// What it does to a result, where that is not said by the text.
    pub effect: Option<&'static str>,
    /// What to do about it.
    pub remedy: Option<&'static str>,
}

impl Caveat {
    /// One without figures.
    pub fn new(code: &'static str, severity: Severity, subject: Subject, text: impl Into<String>) -> Self {
        Self { code, severity, subject, text: text.into(), figures: Map::new(), effect: None, remedy: None }
    }

    /// Good to know.
    pub fn note(code: &'static str, subject: Subject, text: impl Into<String>) -> Self {
        Self::new(code, Severity::Minor, subject, text)
    }

    /// Somebody may have to do something about it.
    pub fn warning(code: &'static str, subject: Subject, text: impl Into<String>) -> Self {
        Self::new(code, Severity::Notable, subject, text)
    }

    /// Something that happened in the run which somebody may have to do something about.
    pub fn of_run(code: &'static str, text: impl Into<String>) -> Self {
        Self::warning(code, Subject::Run, text)
    }

    /// The same with one more figure.
    #[must_use]
    pub fn with(mut self, figure: &str, value: impl Into<Value>) -> Self {
        self.figures.insert(figure.to_owned(), value.into());
        self
    }

    /// What stands before the text in a line among others.
    fn label(&self) -> &'static str {
        match (self.severity, self.subject) {
            (Severity::Unknown, _) => "not judged: ",
            (Severity::Minor, Subject::Floor) => "note: of the floor: ",
            (Severity::Minor, _) => "note: ",
            (_, Subject::Plan | Subject::Run) => "warning: ",
            (_, Subject::Clients) => "error: ",
            (_, Subject::System) => "system under test: ",
            _ => "",
        }
    }
}

/// Puts caveats into the order in which they are told: the worst first, messages that are not where they should be
/// before other matters of their severity, and what is alike in both as it came.
pub fn in_order(mut caveats: Vec<Caveat>) -> Vec<Caveat> {
    caveats.sort_by_key(|caveat| (caveat.severity, caveat.subject != Subject::Messages));
    caveats
}

/// As a line: `note: text; remedy`.
impl std::fmt::Display for Caveat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.label(), self.text)?;
        self.remedy.map_or(Ok(()), |remedy| write!(f, "; {remedy}"))
    }
}

/// In files it is its text.
impl schemars::JsonSchema for Caveat {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl serde::Serialize for Caveat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Caveat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl From<Caveat> for String {
    fn from(caveat: Caveat) -> Self {
        caveat.text
    }
}

/// What another process, or an older file, has told in words.
impl From<String> for Caveat {
    fn from(text: String) -> Self {
        Self::of_run("told", text)
    }
}

#[cfg(test)]
impl PartialEq<&str> for Caveat {
    fn eq(&self, text: &&str) -> bool {
        self.text == *text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told_first_and_messages_before_other_matters() {
        let told = in_order(vec![
            Caveat::new("steal", Severity::Unknown, Subject::Generator, "steal"),
            Caveat::note("raw", Subject::Figures, "raw"),
            Caveat::note("lost", Subject::Messages, "lost"),
            Caveat::note("wire", Subject::System, "wire"),
            Caveat::warning("late", Subject::Run, "late"),
            Caveat::new("died", Severity::Severe, Subject::Generator, "died"),
        ]);
        let lines: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["died", "warning: late", "note: lost", "note: raw", "note: wire", "not judged: steal"]);
    }

    #[test]
    fn a_line_says_what_it_is_and_what_to_do() {
        let mut caveat = Caveat::new("no_slack", Severity::Severe, Subject::Generator, "no slack").with("value", 0.5);
        caveat.remedy = Some("add clients");
        assert_eq!((caveat.to_string(), &caveat.figures["value"]), ("no slack; add clients".to_owned(), &0.5.into()));
        let of_floor = Caveat::note("floor_busy", Subject::Floor, "the machine was busy");
        assert_eq!(of_floor.to_string(), "note: of the floor: the machine was busy");
    }

    /// As it stands in documents, and on its way between hosts.
    #[test]
    fn elsewhere_it_is_its_text() {
        let text = serde_json::to_string(&[Caveat::warning("late", Subject::Run, "2 clients were late")]).unwrap();
        assert_eq!(text, r#"["2 clients were late"]"#);
        let read: Vec<Caveat> = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0].to_string(), "warning: 2 clients were late");
    }
}
