//! Client properties by librdkafka's names, read one by one; what is not said has a default.

/// Properties as they stand, the last of a name holding.
#[derive(Debug, Clone, Copy)]
pub(super) struct GivenProperties<'a>(pub(super) &'a [(String, String)]);

impl<'a> GivenProperties<'a> {
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// With the spaces around it.
    pub(super) fn exactly(self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, which may have a fraction where it is milliseconds.
    pub(super) fn number(self, name: &str, default: f64) -> f64 {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "properties are checked to be in range; `as` saturates"
    )]
    pub(super) fn count(self, name: &str, default: u32) -> u64 {
        self.number(name, default.into()) as u64
    }

    pub(super) fn whole(self, name: &str, default: u32) -> i32 {
        i32::try_from(self.count(name, default)).unwrap_or(i32::MAX)
    }

    pub(super) fn size(self, name: &str, default: u32) -> usize {
        usize::try_from(self.count(name, default)).unwrap_or(usize::MAX)
    }

    /// ns of a property in ms.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
    pub(super) fn ns(self, name: &str, default_ms: u32) -> u64 {
        (self.number(name, default_ms.into()) * 1e6) as u64
    }

    pub(super) fn flag(self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |text| text.eq_ignore_ascii_case("true"))
    }

    pub(super) fn joins_group(self) -> bool {
        self.text("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"))
    }

    pub(super) fn retry_ns(self) -> (u64, u64) {
        (self.ns("retry.backoff.ms", 100), self.ns("retry.backoff.max.ms", 1_000))
    }
}
