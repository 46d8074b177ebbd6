//! What each field of the detail document means: its own list of fields, `pinload explain`, and what the page says on
//! hover. All of it is read out of the schema, which is made from the types and their doc comments.
//!
//! A name with several meanings stands for that of most places; the others have their parent before them, `goals.text`,
//! and where that has several meanings too, the parent's parent. So the longest name that fits a place is the one.

use super::schema::{inner, resolved, schema, text};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name, `parent.name` where that has several meanings.
    pub name: String,
    /// Its unit; empty: none.
    pub unit: String,
    /// What it is, without a full stop.
    pub meaning: String,
}

/// Every field, in the order of the document.
pub fn definitions() -> &'static [Definition] {
    static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| named(&Walk::over(&schema())));
    &DEFINITIONS
}

/// One place of a field in the document. A type that stands at several places has its fields at each.
struct Place {
    /// Names from the document's root to the field.
    path: Vec<String>,
    unit: String,
    meaning: String,
}

impl Place {
    fn last_names(&self, count: usize) -> String {
        self.path[self.path.len().saturating_sub(count)..].join(".")
    }

    fn is_alike(&self, other: &Self) -> bool {
        (&self.unit, &self.meaning) == (&other.unit, &other.meaning)
    }
}

/// A walk over a schema.
struct Walk<'a> {
    root: &'a Value,
    path: Vec<String>,
    found: Vec<Place>,
}

impl<'a> Walk<'a> {
    fn over(root: &'a Value) -> Vec<Place> {
        let mut walk = Self { root, path: Vec::new(), found: Vec::new() };
        walk.visit(root, "");
        walk.found
    }

    /// `above`: what is said of the whole, which stands for fields that say nothing.
    fn visit(&mut self, schema: &'a Value, above: &str) {
        let schema = resolved(self.root, schema);
        let Value::Object(parts) = schema else { return };
        let said = text(schema, "description").unwrap_or(above);
        for (name, field) in parts.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let beyond = resolved(self.root, field);
            // What names a kind, or holds one: the kinds' words are meant, or those of all kinds together.
            let of_kind = field.get("const").map_or(said, |_| above);
            let meaning = text(field, "description").or(text(beyond, "description")).unwrap_or(of_kind);
            let unit = text(field, "unit").or_else(|| unit_of(self.root, field)).or(text(schema, "unit"));
            self.path.push(name.clone());
            self.found.push(Place {
                path: self.path.clone(),
                unit: unit.unwrap_or_default().to_owned(),
                meaning: as_clause(meaning),
            });
            self.visit(field, "");
            self.path.pop();
        }
        inner(parts).for_each(|schema| self.visit(schema, said));
    }
}

/// The unit that a value's type has.
fn unit_of<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a str> {
    let schema = resolved(root, schema);
    let Value::Object(parts) = schema else { return None };
    let inner =
        parts.get("items").into_iter().chain(parts.get("anyOf").and_then(Value::as_array).into_iter().flatten());
    text(schema, "unit").or_else(|| inner.into_iter().find_map(|inner| unit_of(root, inner)))
}

/// The first paragraph of a comment as the middle of a sentence: `The rate.` → `the rate`.
fn as_clause(comment: &str) -> String {
    let paragraph = comment.split("\n\n").next().unwrap_or_default();
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(words.chars().skip(1)).collect()
        }
        _ => words.to_owned(),
    }
}

/// Each meaning under the shortest name that tells it from others. Of several with one name that of most places (of as
/// many: the first) has the name, the others take the name above it along.
fn named(places: &[Place]) -> Vec<Definition> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_open = vec![true; places.len()];
    // What several kinds of one thing have at one place keeps the first meaning, however long its name.
    let longest = places.iter().map(|place| place.path.len()).max().unwrap_or(0);
    for length in 1..=longest {
        let mut of_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            of_name.entry(place.last_names(length)).or_default().push(at);
        }
        of_name.retain(|_, all| all.iter().any(|at| is_open[*at]));
        for (name, all) in of_name {
            let alike = |at: usize| all.iter().filter(move |other| places[**other].is_alike(&places[at])).count();
            let Some(main) = all.iter().copied().reduce(|best, at| if alike(at) > alike(best) { at } else { best })
            else {
                continue;
            };
            all.iter().for_each(|at| is_open[*at] = !places[*at].is_alike(&places[main]));
            names.insert(name, main);
        }
    }
    let mut names: Vec<(usize, String)> = names.into_iter().map(|(name, at)| (at, name)).collect();
    names.sort_unstable();
    let definition = |(at, name): (usize, String)| {
        let Place { unit, meaning, .. } = &places[at];
        Definition { name, unit: unit.clone(), meaning: meaning.clone() }
    };
    names.into_iter().map(definition).collect()
}

/// The list as a map of name → unit and meaning.
#[derive(Debug, Clone, Copy)]
pub struct FieldTable;

/// What the list says of a field.
#[derive(schemars::JsonSchema, serde::Serialize)]
struct Meaning<'a> {
    /// Unit of the value, where it has one.
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
    /// What the value is.
    meaning: &'a str,
}

impl schemars::JsonSchema for FieldTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FieldTable".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, Meaning<'static>>::json_schema(generator)
    }
}

impl Serialize for FieldTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definitions = definitions();
        let mut map = serializer.serialize_map(Some(definitions.len()))?;
        for Definition { name, unit, meaning } in definitions {
            map.serialize_entry(name, &Meaning { unit, meaning })?;
        }
        map.end()
    }
}
