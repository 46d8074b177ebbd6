//! One reference to a variable: where it ends, and what it stands for.

use super::{Filling, Taken, Variables, of_file, of_variable};

/// Bytes from `${` to the brace that closes it; None: none does within the line.
pub(super) fn reference_length(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// Bytes of the variable's name at the beginning of a text.
pub(super) fn name_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// What one reference stands for; None: it is no reference to a variable (`${zone.id}`, `${file:/a:b}`).
pub(super) fn fill(written: &str, variables: Variables<'_>) -> Option<Result<Filling, String>> {
    let inside = written.strip_prefix("${")?;
    let (name, rest) = inside.split_at(name_length(inside));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if rest.is_empty() {
        return Some(Err(format!("${{{name} is not closed: write ${{{name}}}")));
    }
    let rest = rest.strip_suffix('}')?;
    let (colon, form) = match rest.strip_prefix(':') {
        Some(form) => (true, form),
        None => (false, rest),
    };
    let value = variables(name).filter(|value| !(colon && value.is_empty()));
    let unset = || {
        let what = if colon { "is not set or empty" } else { "is not set" };
        format!("the environment variable {name} {what}")
    };
    let remedy = format!("set it, or write a default: ${{{name}:-value}}");
    if rest.is_empty() {
        return Some(value.map(of_variable).ok_or_else(|| format!("{}: {remedy}", unset())));
    }
    let nested = |text: &str| {
        let inner = Taken::out_of(text, Some(variables));
        let mut unfilled = Vec::new();
        let filled = inner.fill_text(&inner.text, &mut unfilled);
        unfilled.pop().map_or_else(|| Ok(of_file(filled)), |first| Err(first.what))
    };
    let mut form = form.chars();
    match form.next()? {
        '-' => Some(value.map_or_else(|| nested(form.as_str()), |value| Ok(of_variable(value)))),
        '+' => Some(value.map_or_else(|| Ok(of_file(String::new())), |_| nested(form.as_str()))),
        '?' => Some(value.map(of_variable).ok_or_else(|| match form.as_str().trim() {
            "" => format!("{}: set it", unset()),
            words => format!("{}: {words}", unset()),
        })),
        _ => None,
    }
}
