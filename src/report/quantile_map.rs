//! A map from percentile to value whose keys are doubles in Java's text form, in ascending numeric order.

use super::java_json::java_double;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::marker::PhantomData;

/// Pairs (percentile 0–100, value), ascending by percentile. An empty one is written as `{ }`.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileMap<V>(pub Vec<(f64, V)>);

impl<V> Default for QuantileMap<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> FromIterator<(f64, V)> for QuantileMap<V> {
    fn from_iter<I: IntoIterator<Item = (f64, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<V: Serialize> Serialize for QuantileMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (percentile, value) in &self.0 {
            map.serialize_entry(&java_double(*percentile), value)?;
        }
        map.end()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for QuantileMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

struct Pairs<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
    type Value = QuantileMap<V>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map from percentile to value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            let percentile = key.parse().map_err(|_| A::Error::custom(format!("{key:?} is no percentile")))?;
            pairs.push((percentile, value));
        }
        Ok(QuantileMap(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_java_text_and_values_come_back() {
        let map: QuantileMap<u64> = [(3.1e-4, 7), (50.0, 90), (100.0, 12_000)].into_iter().collect();
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(text, r#"{"3.1E-4":7,"50.0":90,"100.0":12000}"#);
        assert_eq!(serde_json::from_str::<QuantileMap<u64>>(&text).unwrap(), map);
    }
}
