//! Java properties text (`java.util.Properties.load`) with line numbers, as it stands in a driver file. What the
//! properties mean to a client is `plan::properties`.

use super::surrogates;
use std::io::Read;

/// One property as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenProperty {
    /// Its name.
    pub name: String,
    /// Its value, escapes resolved, trailing blanks removed.
    pub value: String,
    /// Its line in the driver file, counted from 1, where known.
    pub line: Option<usize>,
}

/// What a text was read as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertiesText {
    /// The properties in order; of a name written twice the last, as in Java.
    pub properties: Vec<WrittenProperty>,
    /// What the user may not have meant: line, name, words.
    pub warnings: Vec<(Option<usize>, String, String)>,
    /// What cannot be read: line, words with remedy.
    pub mistakes: Vec<(Option<usize>, String)>,
}

/// Reads properties text (UTF-8). `line_of` turns a line of the text (from 1) into a line of the file.
pub fn parse(text: &str, line_of: impl Fn(usize) -> Option<usize>) -> PropertiesText {
    let mut result = PropertiesText::default();
    for (number, logical) in logical_lines(text) {
        let line = line_of(number);
        let (name, value) = match pair(&logical) {
            Ok(Some(pair)) => pair,
            Ok(None) => continue,
            Err(why) => {
                result.mistakes.push((line, format!("{why}; a backslash in a value is written twice: \\\\")));
                continue;
            }
        };
        if name.contains('\0') || value.contains('\0') {
            let name = name.replace('\0', "\\u0000");
            let what = "holds a character NUL (\\u0000), which no name or value of Kafka can have; leave it out";
            result.mistakes.push((line, format!("{name} {what}")));
            continue;
        }
        if name.is_empty() {
            result.mistakes.push((line, format!("no name before the `=` in {logical:?}; write name=value")));
            continue;
        }
        let value = trim_end(&name, value, line, &mut result);
        if let Some(earlier) = result.properties.iter().position(|property| property.name == name) {
            let earlier = result.properties.remove(earlier);
            let at = earlier.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            result.warnings.push((line, name.clone(), format!("is written twice{at}; the last one holds, as in Java")));
        }
        result.properties.push(WrittenProperty { name, value, line });
    }
    result
}

/// The text that `parse` reads as these properties. (The crate's own writer escapes every colon, which nobody likes to
/// read.)
pub fn text(properties: &[WrittenProperty]) -> String {
    let escaped = |text: &str, special: &[char]| {
        let mut escaped = String::new();
        for (at, c) in text.char_indices() {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                '\x0c' => escaped.push_str("\\f"),
                _ if c == '\\' || special.contains(&c) || (at == 0 && c == ' ') => escaped.extend(['\\', c]),
                _ => escaped.push(c),
            }
        }
        escaped
    };
    let line = |property: &WrittenProperty| {
        format!("{}={}\n", escaped(&property.name, &[' ', '=', ':', '#', '!']), escaped(&property.value, &[]))
    };
    properties.iter().map(line).collect()
}

/// Java keeps blanks at the end of a value and then refuses most values that have them. Only a password may mean them.
fn trim_end(name: &str, value: String, line: Option<usize>, result: &mut PropertiesText) -> String {
    let trimmed = value.trim_end();
    if trimmed.len() == value.len() || name.ends_with("password") {
        return value;
    }
    result.warnings.push((line, name.to_owned(), "blanks at the end of the value are left out".to_owned()));
    trimmed.to_owned()
}

/// Joins lines that end with an odd number of backslashes and leaves out comments and blank lines, each with the number
/// of its first line. Comments go before the crate sees them: it would resolve escapes in them, which Java does not
/// (`# C:\users` is then an error).
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (number, line) in (1..).zip(text.lines()) {
        let begins = line.trim_start();
        if continues {
            if let Some((_, joined)) = logical.last_mut() {
                joined.push('\n');
                joined.push_str(line);
            }
        } else if begins.is_empty() || begins.starts_with(['#', '!']) {
            continue;
        } else {
            logical.push((number, line.to_owned()));
        }
        continues = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    }
    logical
}

/// Name and value of one logical line (which may hold joined line ends). The crate refuses both halves of a character
/// beyond 16 bits.
fn pair(logical: &str) -> Result<Option<(String, String)>, String> {
    let logical = surrogates::join(logical)?;
    // The line end behind it keeps the crate from losing a last line that ends with a backslash.
    let text = logical.as_bytes().chain(&b"\n"[..]);
    for line in java_properties::PropertiesIter::new_with_encoding(text, encoding_rs::UTF_8) {
        let line = line.map_err(|error| error.to_string().replace(" (line_number = 1)", ""))?;
        if let java_properties::LineContent::KVPair(name, value) = line.consume_content() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// A name or a value as it is written in properties text.
pub(super) fn escaped(text: &str, is_name: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            ' ' if is_name || at == 0 => escaped.push_str("\\ "),
            ':' | '=' | '#' | '!' if is_name => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Does a source line look like `name=value` or `name: value`?
pub(super) fn looks_like_property(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['"', '\'']);
    let name_end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(line.len());
    name_end > 0 && line[name_end..].trim_start().starts_with(['=', ':'])
}

#[cfg(test)]
mod tests;
