//! What a client says about itself besides messages: errors and log lines, kept for last words and never printed.

use super::native::EventKind;
use crate::driver::{DriverError, ErrorClass};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lines kept.
const KEPT: usize = 3;
/// Distinct ones kept until somebody asks for them.
const FRESH: usize = 16;
/// Syslog level of an error; more important ones are lower.
const LOG_ERROR: i32 = 3;

/// A client's memory of its troubles. It is also the client's rust-rdkafka context.
#[derive(Debug, Default)]
pub(super) struct ClientErrors {
    errors: AtomicU64,
    all_down: AtomicU64,
    /// Counts up with every line.
    lines: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default, Clone)]
struct Notes {
    fatal: Option<String>,
    refusal: Option<DriverError>,
    recent: VecDeque<String>,
    /// Not told yet, and how often.
    fresh: Vec<(String, u64)>,
}

impl ClientErrors {
    /// Errors so far.
    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Times that all brokers were said to be down.
    pub(super) fn all_brokers_down(&self) -> u64 {
        self.all_down.load(Ordering::Relaxed)
    }

    /// Tells each line that has come since the last call and how often, if any has; `told` remembers how far that was.
    pub(super) fn tell(&self, told: &mut u64, tell: &mut dyn FnMut(&str, u64)) {
        let lines = self.lines.load(Ordering::Relaxed);
        if lines == *told {
            return;
        }
        *told = lines;
        let Ok(mut notes) = self.notes.lock() else { return };
        let fresh = std::mem::take(&mut notes.fresh);
        drop(notes);
        fresh.iter().for_each(|(text, count)| tell(text, *count));
    }

    /// Why the client is of no use any more, if so.
    pub(super) fn fatal(&self) -> Option<String> {
        self.read(|notes| notes.fatal.clone())
    }

    /// What no waiting mends, if there is such: the broker refused the credentials, or its certificate cannot be
    /// trusted.
    pub(super) fn refusal(&self) -> Option<DriverError> {
        self.read(|notes| notes.refusal.clone())
    }

    /// The last lines, the newest first; None when there are none.
    pub(super) fn recent(&self) -> Option<String> {
        self.read(|notes| {
            let lines: Vec<_> = notes.recent.iter().rev().map(String::as_str).collect();
            (!lines.is_empty()).then(|| lines.join("; "))
        })
    }

    /// Notes an event that is not about messages.
    pub(super) fn event(&self, event: EventKind) {
        match event {
            EventKind::Error(code, text, fatal) => self.error_code(code, &text, fatal),
            EventKind::Log(level, _, text) if level <= LOG_ERROR => self.line(&text, 0),
            EventKind::Log(..) | EventKind::Deliveries | EventKind::Committed(_) | EventKind::Other => {}
        }
    }

    /// Notes an error by librdkafka's code.
    pub(super) fn error_code(&self, code: i32, text: &str, fatal: bool) {
        if code == RDKafkaErrorCode::PartitionEOF as i32 {
            return;
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        // That all brokers are down says less than why each of them is.
        if code == RDKafkaErrorCode::AllBrokersDown as i32 {
            self.all_down.fetch_add(1, Ordering::Relaxed);
        } else {
            self.line(text, 1);
        }
        let Ok(mut notes) = self.notes.lock() else { return };
        if fatal || code == RDKafkaErrorCode::Fatal as i32 {
            notes.fatal.get_or_insert_with(|| text.to_owned());
        }
        let class = if is_authentication(code) {
            Some(ErrorClass::Authentication)
        } else {
            is_refused_certificate(code, text).then_some(ErrorClass::Unreachable)
        };
        if let Some(class) = class {
            notes.refusal.get_or_insert_with(|| DriverError::new(class, essence(text)));
        }
    }

    /// A line of log tells of an error that comes, or has come, as such too: it counts 0.
    fn line(&self, text: &str, count: u64) {
        let text = essence(text);
        let Ok(mut notes) = self.notes.lock() else { return };
        if let Some((_, known)) = notes.fresh.iter_mut().find(|(line, _)| line == text) {
            *known += count;
        } else if notes.fresh.len() < FRESH {
            notes.fresh.push((text.to_owned(), count));
        }
        self.lines.fetch_add(1, Ordering::Relaxed);
        if let Some(known) = notes.recent.iter().position(|line| line == text) {
            notes.recent.remove(known);
        }
        if notes.recent.len() == KEPT {
            notes.recent.pop_front();
        }
        notes.recent.push_back(text.to_owned());
    }

    fn read<T>(&self, look: impl FnOnce(&Notes) -> Option<T>) -> Option<T> {
        self.notes.lock().ok().and_then(|notes| look(&notes))
    }
}

/// A line without the thread it is from and without its moment: librdkafka tells the same trouble as an error and as a
/// line of log, and again with each attempt.
fn essence(line: &str) -> &str {
    let line = match line.strip_prefix("[thrd:").and_then(|rest| rest.split_once("]: ")) {
        Some((_, rest)) => rest,
        None => line,
    };
    line.rsplit_once(" (after ").map_or(line, |(rest, _)| rest)
}

/// Is it that we cannot trust the broker's certificate? Other TLS troubles (a connection that breaks off) may pass.
fn is_refused_certificate(code: i32, text: &str) -> bool {
    code == RDKafkaErrorCode::SSL as i32 && text.contains("certificate verify failed")
}

/// Is this code about credentials or permissions?
pub(super) fn is_authentication(code: i32) -> bool {
    [
        RDKafkaErrorCode::Authentication,
        RDKafkaErrorCode::SaslAuthenticationFailed,
        RDKafkaErrorCode::UnsupportedSASLMechanism,
        RDKafkaErrorCode::TopicAuthorizationFailed,
        RDKafkaErrorCode::GroupAuthorizationFailed,
        RDKafkaErrorCode::ClusterAuthorizationFailed,
    ]
    .iter()
    .any(|known| *known as i32 == code)
}

impl ClientContext for ClientErrors {
    fn log(&self, level: RDKafkaLogLevel, _facility: &str, text: &str) {
        if level as i32 <= LOG_ERROR {
            self.line(text, 0);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().map_or(RDKafkaErrorCode::Fail as i32, |code| code as i32);
        self.error_code(code, reason, false);
    }
}

impl ProducerContext for ClientErrors {
    type DeliveryOpaque = ();

    /// Only called while the producer is being dropped; by then everything is counted.
    fn delivery(&self, _result: &DeliveryResult<'_>, _tag: ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_newest_first_without_repeats() {
        let watch = ClientErrors::default();
        for line in ["a", "b", "b", "c", "d"] {
            watch.event(EventKind::Log(3, "FAIL".into(), line.into()));
        }
        watch.event(EventKind::Log(6, "CONFWARN".into(), "only a warning".into()));
        assert_eq!(watch.recent().as_deref(), Some("d; c; b"));
        assert_eq!(watch.errors(), 0);
    }

    #[test]
    fn the_same_trouble_is_kept_once_however_it_is_told() {
        let watch = ClientErrors::default();
        let refused = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused";
        let down = RDKafkaErrorCode::AllBrokersDown as i32;
        watch.event(EventKind::Error(-195, format!("{refused} (after 0ms in state CONNECT)"), false));
        watch.event(EventKind::Log(3, "FAIL".into(), format!("[thrd:127.0.0.1:1/bootstrap]: {refused} (after 3ms)")));
        watch.event(EventKind::Error(down, "1/1 brokers are down".into(), false));
        assert_eq!(watch.recent().as_deref(), Some(refused));
        assert_eq!(watch.errors(), 2);
    }

    #[test]
    fn a_refused_password_is_remembered_as_such() {
        let watch = ClientErrors::default();
        watch.event(EventKind::Error(RDKafkaErrorCode::BrokerTransportFailure as i32, "gone".into(), false));
        assert_eq!(watch.refusal(), None);
        watch.event(EventKind::Error(RDKafkaErrorCode::Authentication as i32, "bad password".into(), false));
        assert_eq!(watch.refusal(), Some(DriverError::new(ErrorClass::Authentication, "bad password")));
        assert_eq!(watch.fatal(), None);
        assert_eq!(watch.errors(), 2);
    }

    #[test]
    fn a_certificate_that_cannot_be_trusted_is_remembered_as_such_and_other_tls_troubles_are_not() {
        let watch = ClientErrors::default();
        let ssl = RDKafkaErrorCode::SSL as i32;
        watch.event(EventKind::Error(ssl, "ssl://b:1/1: SSL handshake failed: Disconnected".into(), false));
        assert_eq!(watch.refusal(), None);
        let refused = "ssl://b:1/1: SSL handshake failed: certificate verify failed: verify that ssl.ca.location is \
            correctly configured";
        watch.event(EventKind::Error(ssl, format!("{refused} (after 4ms in state SSL_HANDSHAKE)"), false));
        assert_eq!(watch.refusal(), Some(DriverError::new(ErrorClass::Unreachable, refused)));
    }

    #[test]
    fn the_end_of_a_partition_is_no_error() {
        let watch = ClientErrors::default();
        watch.event(EventKind::Error(RDKafkaErrorCode::PartitionEOF as i32, "eof".into(), false));
        assert_eq!((watch.errors(), watch.recent()), (0, None));
    }
}
