//! Long lines broken at blanks, for terminals and other places of a known width.

/// Breaks `line` at blanks so that no part has more than `width` characters, where its words allow that. The parts
/// after the first begin below the first word of the line, `hang` characters further in.
pub fn wrap(line: &str, width: usize, hang: usize) -> Vec<String> {
    let indent = line.chars().take_while(|c| *c == ' ').count();
    let mut parts = vec![" ".repeat(indent)];
    let mut used = indent;
    let mut begun = false;
    for piece in line.trim_start().split_inclusive(' ') {
        let word = piece.trim_end();
        let length = word.chars().count();
        if begun && used + length > width {
            parts.push(" ".repeat(indent + hang));
            used = indent + hang;
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(piece);
        }
        used += piece.chars().count();
        begun = true;
    }
    parts.iter().map(|part| part.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_hang_below_their_first_word() {
        assert_eq!(
            wrap("  note: one two three four", 14, 6),
            ["  note: one", "        two", "        three", "        four"]
        );
        assert_eq!(wrap("a b  c", 80, 2), ["a b  c"]);
        assert_eq!(wrap("µs × 2 → n", 10, 0), ["µs × 2 → n"]);
        assert_eq!(wrap("µs × 2 → n", 9, 0), ["µs × 2 →", "n"]);
    }

    #[test]
    fn a_word_that_is_too_long_stands_alone_and_nothing_is_lost() {
        assert_eq!(wrap("x /a/very/long/path y", 6, 1), ["x", " /a/very/long/path", " y"]);
        assert_eq!(wrap("", 10, 2), [""]);
        assert_eq!(wrap("abc", 0, 0), ["abc"]);
    }
}
