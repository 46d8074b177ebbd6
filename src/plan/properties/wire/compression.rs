//! How a producer of the wire driver compresses its batches.

use super::{GivenProperties, lacks};

/// What batches are compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Codec {
    /// They are not.
    Plain,
    /// DEFLATE.
    Gzip,
    /// Has no levels.
    Snappy,
    /// Frames of 64 KiB blocks; its fast level.
    Lz4,
    /// Levels as zstd has them.
    Zstd,
}

/// By Kafka's names; with the level that librdkafka takes where none is written.
const CODECS: [(&str, Codec, i32); 5] = [
    ("none", Codec::Plain, 0),
    ("gzip", Codec::Gzip, 6),
    ("snappy", Codec::Snappy, 0),
    ("lz4", Codec::Lz4, 0),
    ("zstd", Codec::Zstd, 3),
];

/// Levels of lz4 up to this one are all its fast level, to librdkafka too.
const FASTEST_LZ4: i64 = 2;

/// A codec and its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Compression {
    /// Which.
    pub codec: Codec,
    /// As the codec counts them.
    pub level: i32,
}

impl Compression {
    pub(super) fn of(given: GivenProperties<'_>) -> Self {
        let name = given.text("compression.type").unwrap_or("none");
        let known = CODECS.iter().find(|(known, ..)| *known == name);
        let (codec, default) = known.map_or((Codec::Plain, 0), |(_, codec, default)| (*codec, *default));
        let level = given.text("compression.level").and_then(|level| level.parse().ok()).filter(|level| *level != -1);
        Self { codec, level: level.unwrap_or(default) }
    }
}

/// Why this `compression.level` cannot be had; None: it can.
pub(super) fn why_no_level(value: &str, given: GivenProperties<'_>) -> Option<String> {
    let level: i64 = value.parse().ok()?;
    (given.text("compression.type") == Some("lz4") && level > FASTEST_LZ4)
        .then(|| lacks("the wire driver has lz4's fast level only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_librdkafkas() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let Compression { codec, level } = Compression::of(GivenProperties(&pairs));
            (codec, level)
        };
        let (kind, level) = ("compression.type", "compression.level");
        assert_eq!(of(&[]), (Codec::Plain, 0));
        assert_eq!(of(&[(kind, "gzip")]), (Codec::Gzip, 6));
        assert_eq!(of(&[(kind, "gzip"), (level, "-1")]), (Codec::Gzip, 6));
        assert_eq!(of(&[(kind, "gzip"), (level, "9")]), (Codec::Gzip, 9));
        assert_eq!(of(&[(kind, "zstd")]), (Codec::Zstd, 3));
        assert_eq!(of(&[(kind, "zstd"), (level, "12")]), (Codec::Zstd, 12));
    }

    #[test]
    fn the_slow_levels_of_lz4_are_refused() {
        let of = |codec: &str| [("compression.type".to_owned(), codec.to_owned())];
        assert!(why_no_level("3", GivenProperties(&of("lz4"))).is_some_and(|why| why.contains("fast level")));
        assert_eq!(why_no_level("0", GivenProperties(&of("lz4"))), None);
        assert_eq!(why_no_level("9", GivenProperties(&of("gzip"))), None);
    }
}
