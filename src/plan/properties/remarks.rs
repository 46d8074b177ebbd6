//! What stands in a value and hardly belongs there: a comment, quotes, a placeholder that nobody filled in. Java takes
//! each as part of the value, and so does pinload, but never in silence.

use super::is_secret;
use crate::config::properties::WrittenProperty;

/// What is strange about a property's value as it was read; None: nothing. Holds no secret.
pub fn remark(written: &WrittenProperty) -> Option<String> {
    let WrittenProperty { name, value, .. } = written;
    let value = value.trim();
    if is_secret(name) {
        // A password may hold anything, but hardly consists of a placeholder.
        let found = placeholder(value).filter(|found| *found == value || name == "sasl.jaas.config")?;
        let kind = if found.ends_with('>') { "<…>" } else { "{…}" };
        return Some(format!("holds a placeholder {kind}: nobody fills it in; {BY_HAND}"));
    }
    if has_comment(value) {
        return Some(format!(
            "is read as `{value}`: properties have no comments behind a value, they stand on lines of their own"
        ));
    }
    if let Some(placeholder) = placeholder(value) {
        return Some(format!("is read as `{value}`: {}", who_fills(placeholder)));
    }
    in_quotes(value).then(|| format!("is read as `{value}`: quotes are part of a value, leave them out"))
}

/// Why a value was refused, with what is strange about it first.
pub(super) fn with_remark(written: &WrittenProperty, why: &str) -> String {
    match remark(written) {
        Some(remark) => format!("{remark}; {why}"),
        None => why.to_owned(),
    }
}

/// The first `{…}`, `${…}`, `{{…}}` or `<…>` of a value. What holds quotes is JSON.
pub(super) fn placeholder(value: &str) -> Option<&str> {
    [('{', '}'), ('<', '>')]
        .into_iter()
        .filter_map(|(open, close)| between(value, open, close))
        .min_by_key(|(at, _)| *at)
        .map(|(_, found)| found)
}

fn between(value: &str, open: char, close: char) -> Option<(usize, &str)> {
    let mut from = value.find(open)?;
    let end = from + value[from..].find(close)?;
    let end = end + value[end..].chars().take_while(|c| *c == close).count();
    if value[from..end].contains(['"', '\'']) {
        return None;
    }
    if open == '{' && value[..from].ends_with('$') {
        from -= 1;
    }
    Some((from, &value[from..end]))
}

const BY_HAND: &str = "write the value, or ${NAME} to take it from the environment";

/// Who fills in a placeholder, and what to write.
pub(super) fn who_fills(placeholder: &str) -> String {
    if placeholder == "{zone.id}" {
        return format!(
            "nobody fills in {{zone.id}} here (OMB does in client.id alone, from Java's system property zone.id); \
             {BY_HAND}"
        );
    }
    if placeholder.starts_with("${") {
        return format!(
            "nobody fills in {placeholder}: pinload knows ${{NAME}} and ${{NAME:-default}}, names of the environment"
        );
    }
    format!("nobody fills in {placeholder}; {BY_HAND}")
}

/// Is there what looks like a comment behind the value?
fn has_comment(value: &str) -> bool {
    ["#", "//"].into_iter().any(|sign| value.match_indices(sign).any(|(at, _)| value[..at].ends_with([' ', '\t'])))
}

fn in_quotes(value: &str) -> bool {
    ['"', '\''].into_iter().any(|quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Option<String> {
        remark(&WrittenProperty { name: name.to_owned(), value: value.to_owned(), line: None })
    }

    #[test]
    fn a_zone_that_only_java_could_fill_in_is_passed_as_read_and_said() {
        use super::super::{For, trial::translated};
        let value = "load_{zone.id}";
        let given = translated("", &format!("client.id={value}"), For::Producer, true);
        assert_eq!(given.get("client.id"), Some(value));
        assert!(of("client.id", value).is_some_and(|remark| remark.contains("nobody fills in {zone.id} here")));
    }

    #[test]
    fn comments_quotes_and_placeholders_are_shown_as_read() {
        for (value, words) in [
            ("10 # wait for a batch", "is read as `10 # wait for a batch`: properties have no comments"),
            ("0\t#none", "no comments behind a value"),
            ("131072 // 128 KB", "no comments behind a value"),
            ("{zone.id}  # optional", "no comments behind a value"),
            ("{zone.id}", "OMB does in client.id alone"),
            ("az-{{ zone }}", "nobody fills in {{ zone }}"),
            ("load-<n>", "nobody fills in <n>"),
            ("${env:ZONE}", "nobody fills in ${env:ZONE}: pinload knows ${NAME}"),
            ("{}", "nobody fills in {}"),
            ("\"load\"", "quotes are part of a value"),
            ("'all'", "quotes are part of a value"),
        ] {
            let remark = of("client.id", value).unwrap();
            assert!(remark.starts_with(&format!("is read as `{value}`")) && remark.contains(words), "{remark}");
        }
    }

    #[test]
    fn values_that_are_as_they_should_be_are_passed_over() {
        for value in
            ["", "load", "a#b", "#", "http://x/y", "{\"alg\":\"none\"}", "$ConnectionString", "a>b", "}{", "it's", "\""]
        {
            assert_eq!(of("client.id", value), None, "{value}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_and_may_hold_what_it_likes() {
        assert_eq!(of("sasl.password", "a{b}c # \"d\""), None);
        let whole = of("sasl.password", "<your password>").unwrap();
        assert!(whole.starts_with("holds a placeholder <…>"), "{whole}");
        let jaas = of("sasl.jaas.config", "x required username=\"{user}\" password=\"p\";").unwrap();
        assert!(jaas.starts_with("holds a placeholder {…}") && !jaas.contains("password"), "{jaas}");
    }
}
