//! Keys that are none of a kind of file: of OMB's forks, misspelt, of the other kind of file.

use super::{DocumentKind, FieldReader};
use crate::config::problem::Problem;
use crate::config::yaml::{YamlDocument, scalar_text};
use serde_yaml::Value;

impl FieldReader<'_> {
    /// Looks for keys that are none: keys of OMB's forks that are not built are mistakes by name, unless their value
    /// turns them off; others are mistakes with the nearest known key. With `warn` they are warnings.
    pub fn check_keys(&mut self, kind: &DocumentKind, warn: bool) {
        let document = self.document;
        for entry in &document.entries {
            let key = entry.key.as_str();
            if kind.known.contains(&key) {
                continue;
            }
            if let Some(foreign) = kind.foreign.iter().find(|foreign| foreign.name == key) {
                match (is_off(&entry.value), warn) {
                    (true, _) => {}
                    (false, true) => self.warning(key, format!("is not supported: {} (ignored)", foreign.what)),
                    (false, false) => self.mistake(key, format!("is not supported: {}; or remove it", foreign.what)),
                }
                continue;
            }
            let near = nearest(key, kind.known.iter().copied());
            // Where it is only warned of, the key that was meant is still missing.
            self.misspelt.extend(near.filter(|_| !warn));
            let remedy = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("the nearest are {}; or remove it", likest(key, kind.known).join(", ")),
            };
            let what = format!("is no key of a {}; {remedy}", kind.name);
            if warn {
                self.warning(key, format!("{what} (ignored)"));
            } else {
                self.mistake(key, what);
            }
        }
    }
}

impl DocumentKind {
    /// Err: the document has keys of the other kind of file, so that there is no use in looking at each.
    pub fn check(&self, document: &YamlDocument) -> Result<(), Problem> {
        let strangers = document.entries.iter().filter(|entry| self.other.contains(&entry.key.as_str())).count();
        if strangers < 2 {
            return Ok(());
        }
        Err(Problem::of_file(&document.path, format!("is no {}: {}", self.name, self.other_remedy)))
    }
}

/// How many keys are named that an unknown one could have been.
const NAMED_KEYS: usize = 3;

/// The keys that are most alike, the likest first.
fn likest<'k>(key: &str, known: &[&'k str]) -> Vec<&'k str> {
    let key = key.to_lowercase();
    let mut known: Vec<(f64, &str)> =
        known.iter().map(|name| (strsim::jaro_winkler(&key, &name.to_lowercase()), *name)).collect();
    known.sort_by(|one, other| other.0.total_cmp(&one.0));
    known.into_iter().take(NAMED_KEYS).map(|(_, name)| name).collect()
}

/// A value that asks for nothing: nothing, false, 0 and less, an empty list.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(pairs) => pairs.is_empty(),
        Value::Null => true,
        other => scalar_text(other).is_some_and(|text| {
            let text = text.trim().to_ascii_lowercase();
            text.is_empty() || text == "false" || text.parse::<f64>().is_ok_and(|number| number <= 0.0)
        }),
    }
}

/// The candidate with the fewest slips of the finger, if they are few enough (a third of its letters) to be taken for
/// one.
pub fn nearest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = text.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let best = candidates.min_by_key(|candidate| distance(candidate))?;
    (distance(best) <= (best.len() / 3).max(1)).then_some(best)
}
