//! What has gone wrong with connections and brokers, in words, until somebody asks.

/// Errors since they were last asked for.
#[derive(Debug, Default)]
pub(super) struct ErrorLog {
    /// Texts and how often each has come since they were last told.
    untold: Vec<(String, u64)>,
    last: Option<String>,
    errors: u64,
}

/// Distinct texts kept.
const MOST: usize = 32;

impl ErrorLog {
    /// An error.
    #[cold]
    pub(super) fn error(&mut self, text: String) {
        self.errors += 1;
        self.last = Some(text.clone());
        self.remark(text);
    }

    /// No error, but worth telling.
    #[cold]
    pub(super) fn remark(&mut self, text: String) {
        self.add(&text, 1);
    }

    /// A text that has come so often elsewhere.
    pub(super) fn add(&mut self, text: &str, more: u64) {
        if let Some((_, count)) = self.untold.iter_mut().find(|(known, _)| known == text) {
            *count += more;
        } else if self.untold.len() < MOST {
            self.untold.push((text.to_owned(), more));
        }
    }

    /// Has a text come since the last call of `tell`?
    #[inline]
    pub(super) fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Errors so far.
    pub(super) fn errors(&self) -> u64 {
        self.errors
    }

    /// The last error.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Tells each text that has come since the last call, and how often.
    pub(super) fn tell(&mut self, tell: &mut dyn FnMut(&str, u64)) {
        self.untold.drain(..).for_each(|(text, count)| tell(&text, count));
    }
}
