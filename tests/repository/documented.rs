//! What one room offers to others says what it is: the compiler asks for that only where others than this crate see it.

use crate::layers::all_files;

/// Does a line begin something that others may use: an item, or a field?
fn is_offered(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("pub ") else { return false };
    let mut words = rest.split_whitespace().skip_while(|word| ["unsafe", "async"].contains(word));
    let first = words.next().unwrap_or_default();
    ["const", "enum", "fn", "static", "struct", "trait", "type"].contains(&first) || first.ends_with(':')
}

/// Is there a comment above the line, with nothing but attributes between them?
fn is_documented(above: &[&str]) -> bool {
    let mut above = above.iter().rev().map(|line| line.trim());
    while let Some(line) = above.next() {
        if line.starts_with("///") {
            return true;
        }
        let ends_attribute = line.ends_with(']');
        if !ends_attribute || !(line.starts_with("#[") || above.any(|line| line.starts_with("#["))) {
            return false;
        }
    }
    false
}

#[test]
fn everything_that_a_room_offers_says_what_it_is() {
    let (mut offered, mut silent) = (0, Vec::new());
    for (name, text) in all_files() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_offered(line.trim_start())) {
            offered += 1;
            if !is_documented(&lines[..at]) {
                silent.push(format!("src/{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(offered > 2_000, "{offered} items and fields");
    assert!(silent.is_empty(), "nothing stands above them:\n{}", silent.join("\n"));
}
