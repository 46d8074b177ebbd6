//! `--version`: what this program is built of.

use crate::driver::kafka::library;

/// pinload's version, librdkafka's version and what it was built with.
pub(super) fn text() -> String {
    let (version, features) = library();
    format!("pinload {}\nlibrdkafka {version}\nlibrdkafka features: {}", env!("CARGO_PKG_VERSION"), features.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_the_library_and_what_it_can_do() {
        let text = text();
        assert!(text.starts_with(concat!("pinload ", env!("CARGO_PKG_VERSION"), "\nlibrdkafka ")), "{text}");
        assert!(text.contains("ssl") && text.contains("snappy"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}
