//! Characters beyond 16 bits, which Java writes as two escapes (`\\ud83d\\ude00`): the two are one character.

/// A text in which both escapes of such a character are that character.
///
/// # Errors
/// One of the two without the other.
pub(super) fn join(text: &str) -> Result<String, String> {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        joined.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(first) = half(rest) else {
            // The backslash and what it is before, which may be another one.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            joined.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        };
        let second = half(&rest[ESCAPE..]);
        let both = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
        let Some(both) = both else {
            return Err(format!("{} is half a character: write both halves, or the character itself", &rest[..ESCAPE]));
        };
        joined.push(both);
        rest = &rest[2 * ESCAPE..];
    }
    joined.push_str(rest);
    Ok(joined)
}

/// Bytes of an escape.
const ESCAPE: usize = 6;

/// The half that the escape at the beginning of a text stands for, if it is one.
fn half(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let half =
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    (0xD800..=0xDFFF).contains(&half).then_some(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_are_one_character_and_half_a_one_is_none() {
        let of = |text: &str| join(text).unwrap();
        assert_eq!(of(r"a\uD83D\uDE00b\u0041"), r"a😀b\u0041");
        assert_eq!(of(r"\\uD83D\\uDE00 \t \"), r"\\uD83D\\uDE00 \t \");
        for text in [r"\uD83D", r"\uDE00\uD83D", r"\uD83Dx\uDE00", r"\ud83d\u0041", r"\uD83D\uD83D\uDE00"] {
            assert!(join(text).unwrap_err().contains("is half a character"), "{text}");
        }
    }
}
