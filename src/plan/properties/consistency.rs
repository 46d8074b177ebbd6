//! What librdkafka would refuse when a client is created (`rd_kafka_conf_finalize`, SASL set-up), said before anything
//! is started, with the line and the remedy.

use super::kind::whole;
use super::settings::RowSettings;
use super::{For, Refusal, TranslatedProperties};

/// All that does not fit together.
pub(super) fn check(settings: &RowSettings<'_>, properties: &TranslatedProperties) -> Vec<Refusal> {
    let mut check = ConsistencyCheck { settings, properties, refusals: Vec::new() };
    check.logins();
    check.key_store();
    check.backoff();
    match settings.role {
        For::Admin => {}
        For::Producer => {
            check.idempotence();
            check.delivery();
        }
        For::Consumer => {
            check.group();
            check.sizes();
        }
    }
    check.refusals
}

struct ConsistencyCheck<'a> {
    settings: &'a RowSettings<'a>,
    properties: &'a TranslatedProperties,
    refusals: Vec<Refusal>,
}

impl ConsistencyCheck<'_> {
    /// Refuses `name`, in the line of the first of `about` that was written.
    fn refuse(&mut self, name: &str, about: &[&str], why: &str) {
        let line = about.iter().find_map(|name| self.settings.line(name));
        self.refusals.push(Refusal { name: name.to_owned(), line, why: why.to_owned() });
    }
    fn is(&self, name: &str, value: &str) -> bool {
        self.properties.get(name) == Some(value)
    }
    fn number(&self, name: &str) -> Option<i64> {
        self.properties.get(name).and_then(whole)
    }

    fn logins(&mut self) {
        if !self.settings.uses_sasl() {
            return;
        }
        let protocol = &["security.protocol"];
        match self.properties.get("sasl.mechanism") {
            None => self.refuse(
                "sasl.mechanism",
                protocol,
                "is missing, which means GSSAPI (Kerberos), which is not built in: write PLAIN, SCRAM-SHA-256 or \
                 SCRAM-SHA-512",
            ),
            Some("OAUTHBEARER") => {}
            Some(_) => {
                if self.properties.get("sasl.username").is_none() || self.properties.get("sasl.password").is_none() {
                    self.refuse(
                        "sasl.jaas.config",
                        &["sasl.username", "sasl.password", "sasl.mechanism"],
                        "user and password are missing: write sasl.jaas.config, or sasl.username and sasl.password",
                    );
                }
            }
        }
    }

    fn key_store(&mut self) {
        let name = "ssl.keystore.location";
        if self.properties.get(name).is_some() && self.properties.get("ssl.keystore.password").is_none() {
            self.refuse(name, &[name], "a PKCS#12 store needs its password: write ssl.keystore.password");
        }
    }

    fn backoff(&mut self) {
        let (least, greatest) = (self.number("reconnect.backoff.ms"), self.number("reconnect.backoff.max.ms"));
        if let (Some(least), Some(greatest)) = (least, greatest)
            && greatest < least
        {
            let name = "reconnect.backoff.max.ms";
            self.refuse(name, &[name], &format!("is less than reconnect.backoff.ms={least}: write {least} or more"));
        }
    }

    /// The rules for an idempotent producer; the same in Java, which turns it off itself only where it was not written.
    fn idempotence(&mut self) {
        if !self.is("enable.idempotence", "true") {
            if self.is("enable.gapless.guarantee", "true") {
                let name = "enable.gapless.guarantee";
                self.refuse(name, &[name], "needs enable.idempotence=true");
            }
            return;
        }
        if !matches!(self.properties.get("acks"), None | Some("all")) {
            self.refuse("acks", &["acks"], "must be all with enable.idempotence=true");
        }
        if self.is("retries", "0") {
            self.refuse("retries", &["retries"], "must be 1 or more with enable.idempotence=true");
        }
        let in_flight = "max.in.flight.requests.per.connection";
        if self.number(in_flight).is_some_and(|requests| requests > 5) {
            self.refuse(in_flight, &[in_flight], "must be 5 or less with enable.idempotence=true");
        }
        if self.is("queuing.strategy", "lifo") {
            self.refuse("queuing.strategy", &["queuing.strategy"], "must be fifo with enable.idempotence=true");
        }
        let threshold = "queue.buffering.backpressure.threshold";
        if self.number(threshold).is_some_and(|requests| requests > 1) {
            self.refuse(threshold, &[threshold], "must be 1 with enable.idempotence=true");
        }
    }

    fn delivery(&mut self) {
        let number = |name, default| self.properties.get(name).and_then(|ms| ms.parse().ok()).unwrap_or(default);
        let limit: f64 = number("delivery.timeout.ms", 300_000.0);
        let linger: f64 = number("linger.ms", 0.0);
        // 0 is no limit.
        if limit > 0.0 && limit <= linger {
            let name = "delivery.timeout.ms";
            self.refuse(name, &[name, "linger.ms"], &format!("must be more than linger.ms={linger}"));
        }
    }

    fn group(&mut self) {
        if self.settings.says("group.protocol", "consumer") {
            return;
        }
        let session = self.number("session.timeout.ms").unwrap_or(45_000);
        let poll = self.number("max.poll.interval.ms").unwrap_or(300_000);
        if poll < session {
            let name = "max.poll.interval.ms";
            self.refuse(
                name,
                &[name, "session.timeout.ms"],
                &format!("must be no less than session.timeout.ms={session}"),
            );
        }
    }

    fn sizes(&mut self) {
        let (message, fetch) = (self.number("message.max.bytes"), self.number("fetch.max.bytes"));
        if let (Some(message), Some(fetch)) = (message, fetch)
            && fetch < message
        {
            let name = "fetch.max.bytes";
            self.refuse(name, &[name], &format!("must be no less than message.max.bytes={message}"));
        }
        // Not written, it is the greater of message.max.bytes and its default.
        let fetch = fetch.unwrap_or(message.unwrap_or(0).max(52_428_800));
        if self.number("receive.message.max.bytes").is_some_and(|receive| receive < fetch + 512) {
            let name = "receive.message.max.bytes";
            self.refuse(name, &[name], &format!("must be no less than fetch.max.bytes + 512 = {}", fetch + 512));
        }
    }
}
