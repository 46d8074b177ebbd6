//! Where keys and values stand in the text of a file, and how they are written there.

use super::YamlDocument;

/// How a text value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `|`: lines are kept.
    Literal,
    /// `>`: lines are folded into one.
    Folded,
    /// Quoted or bare, beside the key or below it; lines are folded into one.
    Flow,
}

/// The source text of a value.
#[derive(Debug, Clone)]
pub struct Source {
    /// How it is written.
    pub style: Style,
    /// What stands on the key's own line after the colon.
    pub beside: String,
    /// The lines below it, up to the next top-level key.
    pub below: Vec<String>,
    /// Line of the first of `below`.
    pub first_line: usize,
}

impl YamlDocument {
    /// How the text of a key's value stands in the file; None where its place is not known.
    pub fn source(&self, key: &str) -> Option<Source> {
        let line = self.line(key)?;
        let (_, beside) = self.lines.get(line - 1)?.split_once(':')?;
        let next = self.entries.iter().filter_map(|entry| entry.line).filter(|other| *other > line).min();
        let end = next.map_or(self.lines.len(), |next| next - 1);
        let style = match beside.trim_start().chars().next() {
            Some('|') => Style::Literal,
            Some('>') => Style::Folded,
            _ => Style::Flow,
        };
        Some(Source {
            style,
            beside: beside.trim().to_owned(),
            below: self.lines[line..end].to_vec(),
            first_line: line + 1,
        })
    }

    /// Lines that begin with `key:` at the left edge (of the block style; a flow mapping yields none).
    pub(super) fn scan(&self, key: &str) -> Vec<usize> {
        let begins = |line: &String| {
            let rest = line.strip_prefix(['"', '\'']).unwrap_or(line);
            let rest = rest.strip_prefix(key).unwrap_or("");
            let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
            rest.trim_start().starts_with(':')
        };
        (1..).zip(&self.lines).filter(|(_, line)| begins(line)).map(|(number, _)| number).collect()
    }
}

/// The text up to where a second document begins, and the line at which one does that is not empty.
pub(super) fn first_document(text: &str) -> (&str, Option<usize>) {
    let marks = |line: &str, mark: &str| {
        line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let says_something = |line: &str| !matches!(line.trim_start().chars().next(), None | Some('#'));
    let mut begun = false;
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let start = marks(line, "---");
        if begun && (start || marks(line, "...")) {
            let rest = (number..).zip(text[at..].split_inclusive('\n'));
            let mut behind = rest.filter(|(_, line)| match line.strip_prefix("---").or(line.strip_prefix("...")) {
                Some(rest) => says_something(rest),
                None => says_something(line),
            });
            return (&text[..at], behind.next().map(|(number, _)| number));
        }
        // Lines that begin with % are directives, which stand before a document.
        begun |= start || (says_something(line) && !line.starts_with('%'));
        at += line.len();
    }
    (text, None)
}

pub(super) fn marked_lines(text: &str) -> Vec<(String, usize)> {
    let Ok(node) = marked_yaml::parse_yaml(0, text) else { return Vec::new() };
    let Some(mapping) = node.as_mapping() else { return Vec::new() };
    let keys = mapping.iter().map(|(key, _)| key);
    keys.filter_map(|key| Some((key.as_str().to_owned(), key.span().start()?.line()))).collect()
}
