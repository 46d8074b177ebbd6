//! Histograms as text: base64 (RFC 4648, padded) of HdrHistogram's V2 form, uncompressed, in ns.

use super::v2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};
use serde::Deserialize;

/// As `serde(with)` wants it.
pub(super) fn serialize<S: serde::Serializer>(histogram: &Histogram<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    V2Serializer::new()
        .serialize(histogram, &mut bytes)
        .map_err(|error| serde::ser::Error::custom(format!("histogram: {error}")))?;
    serializer.serialize_str(&STANDARD.encode(bytes))
}

/// As `serde(with)` wants it.
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Histogram<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = STANDARD.decode(text).map_err(|error| serde::de::Error::custom(format!("histogram: {error}")))?;
    v2::decode(&bytes).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use crate::stats::{Distribution, Recorder};

    #[test]
    fn a_distribution_comes_back_as_it_was() {
        let mut recorder = Recorder::new();
        [0, 1, 999, 1_000_000, 123_456_789, 60_000_000_000].into_iter().for_each(|ns| recorder.record(ns));
        let mut distribution = Distribution::empty();
        distribution.add(&Distribution::of_ns(recorder.to_histogram(), None, true));
        let text = serde_json::to_string(&distribution).unwrap();
        let back: Distribution = serde_json::from_str(&text).unwrap();
        assert_eq!(back.histogram, distribution.histogram);
        assert_eq!((back.extremes, back.coarse), (distribution.extremes, true));
        let empty: Distribution =
            serde_json::from_str(&serde_json::to_string(&Distribution::empty()).unwrap()).unwrap();
        assert_eq!(empty.count(), 0);
        let mut sum = Distribution::empty();
        sum.add(&back);
        assert_eq!(sum.count(), 6);
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        let text = r#"{"histogram":"AAAA","extremes":null,"coarse":false}"#;
        assert!(serde_json::from_str::<Distribution>(text).unwrap_err().to_string().contains("histogram"));
    }
}
