//! The rooms of the library stand in layer order: each may use those above it in `src/lib.rs`' list, none below.
//! Unsafe code stays in the rooms that were built for it. And no two types have one name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms in layer order, as the design lists them.
const ROOMS: [&str; 17] = [
    "units",
    "caveat",
    "os",
    "stats",
    "telemetry",
    "config",
    "plan",
    "load",
    "driver",
    "client",
    "worker",
    "workload_generator",
    "verdict",
    "campaign",
    "report",
    "tui",
    "cli",
];

/// Where unsafe code may stand: whole rooms, and one file.
const UNSAFE_ALLOWED: [&str; 3] = ["os/", "telemetry/", "driver/kafka/native.rs"];

/// Types that stand in two files under one name because they are one idea: ours, and as OMB's protocol writes it.
const ONE_IDEA_IN_TWO_LAYERS: [&str; 2] = ["CountersStats", "PeriodStats"];

/// Words that a line of code reaches into another room with, when a room's name follows.
const ROOTS: [&str; 2] = ["crate::", "pinload::"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `folder`, as (path relative to `src`, text).
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a source folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(source()).expect("below src").to_str().expect("a plain name").to_owned();
            found.push((name, std::fs::read_to_string(&path).expect("a source file")));
        }
    }
}

pub(crate) fn all_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&source(), &mut found);
    found
}

/// The room a file belongs to; None for `lib.rs`.
fn room_of(file: &str) -> Option<&str> {
    let room = file.split(['/', '.']).next()?;
    (room != "lib").then_some(room)
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// The code of a line, without its comment. (A `//` in a text cuts too much off; no reference stands behind one.)
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

/// Rooms named after `crate::` in `text`, also in `crate::{a::X, b}`, with line numbers.
fn references(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let plain: String = text.lines().map(|line| format!("{}\n", code(line))).collect();
    for root in ROOTS {
        for (at, _) in plain.match_indices(root) {
            // `not_crate::x` is another path; `$crate::` in macros is ours.
            if plain[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let line = plain[..at].matches('\n').count() + 1;
            let rest = &plain[at + root.len()..];
            found.extend(first_segments(rest).into_iter().map(|segment| (line, segment)));
        }
    }
    found
}

/// `a::b` → a; `{a::{b, c}, d}` → a, d.
fn first_segments(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let mut found = Vec::new();
    let mut depth = 1;
    let mut at_start = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => at_start = true,
            _ if character.is_whitespace() => {}
            _ if at_start => {
                found.push(word(&group[at..]));
                at_start = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

#[test]
fn the_page_of_the_architecture_has_a_row_for_each_room_in_their_order() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = std::fs::read_to_string(page).expect("the page");
    let rows = text.lines().skip_while(|line| *line != "|---|---|").skip(1).take_while(|line| line.starts_with("| `"));
    let named: Vec<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(named, ROOMS);
}

#[test]
fn the_library_has_exactly_the_rooms_of_the_list() {
    let library = std::fs::read_to_string(source().join("lib.rs")).expect("lib.rs");
    let mut modules: Vec<_> =
        library.lines().filter_map(|line| code(line).trim().strip_prefix("mod ")?.strip_suffix(';')).collect();
    modules.sort_unstable();
    let mut rooms = ROOMS;
    rooms.sort_unstable();
    assert_eq!(modules, rooms);
}

#[test]
fn no_room_uses_a_room_below_it() {
    let mut wrong = Vec::new();
    for (file, text) in all_files() {
        let Some(room) = room_of(&file) else { continue };
        let Some(own) = rank(room) else { panic!("src/{file} is in no room") };
        for (line, used) in references(&text) {
            if rank(&used).is_some_and(|other| other > own) {
                wrong.push(format!("src/{file}:{line}: {room} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "uses from below:\n{}", wrong.join("\n"));
}

#[test]
fn no_two_types_have_one_name() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in all_files() {
        for name in text.lines().filter_map(|line| type_defined(code(line))) {
            places.entry(name.to_owned()).or_default().insert(file.clone());
        }
    }
    places.retain(|name, files| files.len() > 1 && !ONE_IDEA_IN_TWO_LAYERS.contains(&name.as_str()));
    assert!(places.is_empty(), "a reader cannot know which is meant: {places:#?}");
}

/// The type that a line defines. Types of traits (indented `type`) have the name that the trait gives them.
fn type_defined(line: &str) -> Option<&str> {
    let visible = line.trim_start();
    let item = match visible.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => visible.strip_prefix("pub ").unwrap_or(visible),
    };
    let (kind, rest) = item.split_once(' ')?;
    let defines = ["struct", "enum", "trait", "union"].contains(&kind) || (kind == "type" && visible == line);
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    defines.then_some(&rest[..end])
}

#[test]
fn no_path_leaves_its_room_through_super() {
    let mut wrong = Vec::new();
    for (file, text) in all_files() {
        // From src/room/mod.rs one `super` is the crate's root, from src/room/file.rs two are; inline tests stand one
        // deeper.
        let depth = file.matches('/').count() + usize::from(!file.ends_with("mod.rs"));
        let mut in_tests = 0;
        for (number, line) in text.lines().enumerate() {
            in_tests = in_tests.max(usize::from(code(line).contains("mod tests")));
            let climbs = climb(code(line));
            if climbs > 0 && climbs >= depth + in_tests {
                wrong.push(format!("src/{file}:{}: climbs {climbs} modules", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "use crate::room instead:\n{}", wrong.join("\n"));
}

/// The longest run of `super::` in a line.
fn climb(line: &str) -> usize {
    let mut longest = 0;
    let mut rest = line;
    while let Some(at) = rest.find("super::") {
        rest = &rest[at..];
        let mut run = 0;
        while let Some(further) = rest.strip_prefix("super::") {
            run += 1;
            rest = further;
        }
        longest = longest.max(run);
    }
    longest
}

#[test]
fn unsafe_code_is_allowed_only_in_its_rooms() {
    let wrong: Vec<_> = all_files()
        .into_iter()
        .filter(|(file, _)| !UNSAFE_ALLOWED.iter().any(|allowed| file.starts_with(allowed)))
        .filter(|(_, text)| text.lines().any(|line| code(line).contains("unsafe_code")))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "the unsafe_code lint is switched off in {wrong:?}");
}

#[test]
fn an_upward_reference_would_be_seen() {
    let text = "use crate::units::Rate; // crate::cli is not meant\nuse crate::{plan::{Plan, RatePlan},\n  cli};\n\
                let x = my_crate::report::y();";
    let expected = [(1, "units"), (2, "plan"), (2, "cli")].map(|(line, room)| (line, room.to_owned()));
    assert_eq!(references(text), expected);
    assert_eq!(climb("use super::super::super::cli;"), 3);
}
