//! Waits with an end: every wait of a test is for something that can be looked at, and has a deadline.

use std::time::{Duration, Instant};

/// How often something that sends no event is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A moment after which a wait has failed.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// `limit` from now.
    pub fn within(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// Time left; zero when it is over.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// A moment's pause before the next look; false when the deadline is over. (For what sends no event: /proc, files.)
    pub fn pause(self) -> bool {
        let left = self.left();
        std::thread::park_timeout(LOOK_AGAIN.min(left));
        !left.is_zero()
    }

    /// Looks until `look` sees something; panics with `what` when the deadline is over.
    #[track_caller]
    pub fn poll<T>(self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            assert!(self.pause(), "deadline over while waiting for {what}");
        }
    }
}
