//! librdkafka 2.12's own names (its CONFIGURATION.md), those without a row in `java.rs`.
//!
//! What a program sets (callbacks, events, logs) stays pinload's. Ranges are librdkafka's; outside them is a mistake.

use super::kind::PropertyKind::{Bool, Int, Near, OneOf, Text};
use super::table::Roles::{Any, Consumer, Producer};
use super::table::Rule::{Alias, By, Ignored, Pass, Refused};
use super::table::{Property, Roles, Rule};
use super::{consuming, producing, sasl, tls};

const INT_MAX: i64 = 2_147_483_647;

const OLDER: &str = "the same by its other name";
const UNUSED: &str = "librdkafka no longer uses it";
const CALLBACK: &str = "is set by a program, not by a file: remove the line";
const KERBEROS: &str = "for GSSAPI (Kerberos), which this build has not";
const OIDC: &str = "for OAUTHBEARER tokens from a server, which this build has not";
const LOGS: &str = "pinload takes librdkafka's log itself: errors, and nothing that costs time";

const fn row(name: &'static str, roles: Roles, rule: Rule) -> Property {
    Property { name, roles, rule }
}
const fn int(min: i64, max: i64) -> Rule {
    Pass(Int { min, max })
}

/// The rows, in librdkafka's order.
pub(super) const TABLE: &[Property] = &[
    row("builtin.features", Any, Ignored("says what a build has; `pinload --version` shows it")),
    row("metadata.broker.list", Any, Alias("bootstrap.servers", OLDER)),
    row("message.max.bytes", Any, int(1000, 1_000_000_000)),
    row("message.copy.max.bytes", Any, int(0, 1_000_000_000)),
    row("receive.message.max.bytes", Any, int(1000, INT_MAX)),
    row("max.in.flight", Producer, Alias("max.in.flight.requests.per.connection", OLDER)),
    row("topic.metadata.refresh.interval.ms", Any, int(-1, 3_600_000)),
    row("topic.metadata.refresh.fast.interval.ms", Any, int(1, 60_000)),
    row("topic.metadata.refresh.fast.cnt", Any, Ignored(UNUSED)),
    row("topic.metadata.refresh.sparse", Any, Pass(Bool)),
    row("topic.metadata.propagation.max.ms", Any, int(0, 3_600_000)),
    row("topic.blacklist", Any, Pass(Text)),
    row("debug", Any, Ignored(LOGS)),
    row("socket.timeout.ms", Any, int(10, 300_000)),
    row("socket.blocking.max.ms", Any, Ignored(UNUSED)),
    row("socket.send.buffer.bytes", Any, int(0, 100_000_000)),
    row("socket.receive.buffer.bytes", Any, int(0, 100_000_000)),
    row("socket.keepalive.enable", Any, Pass(Bool)),
    row("socket.nagle.disable", Any, Pass(Bool)),
    row("socket.max.fails", Any, int(0, 1_000_000)),
    row("broker.address.ttl", Any, int(0, 86_400_000)),
    row("broker.address.family", Any, Pass(OneOf(&["any", "v4", "v6"]))),
    row("reconnect.backoff.jitter.ms", Any, Ignored(UNUSED)),
    row("statistics.interval.ms", Any, Ignored("librdkafka's statistics are off: pinload measures by itself")),
    row("enabled_events", Any, Refused(CALLBACK)),
    row("error_cb", Any, Refused(CALLBACK)),
    row("throttle_cb", Any, Refused(CALLBACK)),
    row("stats_cb", Any, Refused(CALLBACK)),
    row("log_cb", Any, Refused(CALLBACK)),
    row("log_level", Any, Ignored(LOGS)),
    row("log.queue", Any, Ignored(LOGS)),
    row("log.thread.name", Any, Pass(Bool)),
    row(
        "enable.random.seed",
        Any,
        Ignored("pinload calls no srand(): without librdkafka's seed all clients would draw alike"),
    ),
    row("log.connection.close", Any, Pass(Bool)),
    row("background_event_cb", Any, Refused(CALLBACK)),
    row("socket_cb", Any, Refused(CALLBACK)),
    row("connect_cb", Any, Refused(CALLBACK)),
    row("closesocket_cb", Any, Refused(CALLBACK)),
    row("open_cb", Any, Refused(CALLBACK)),
    row("resolve_cb", Any, Refused(CALLBACK)),
    row("opaque", Any, Refused(CALLBACK)),
    row("default_topic_conf", Any, Refused(CALLBACK)),
    row("internal.termination.signal", Any, Refused("signals are pinload's own affair: remove the line")),
    row("api.version.request", Any, Pass(Bool)),
    row("api.version.request.timeout.ms", Any, int(1, 300_000)),
    row("api.version.fallback.ms", Any, int(0, 604_800_000)),
    row("broker.version.fallback", Any, Pass(Text)),
    row("ssl.curves.list", Any, Pass(Text)),
    row("ssl.sigalgs.list", Any, Pass(Text)),
    row("ssl.key.location", Any, Pass(Text)),
    row("ssl.key.pem", Any, By(tls::pem)),
    row("ssl_key", Any, Refused(CALLBACK)),
    row("ssl.certificate.location", Any, Pass(Text)),
    row("ssl.certificate.pem", Any, By(tls::pem)),
    row("ssl_certificate", Any, Refused(CALLBACK)),
    row("ssl.ca.location", Any, Pass(Text)),
    row("https.ca.location", Any, Ignored(OIDC)),
    row("https.ca.pem", Any, Ignored(OIDC)),
    row("ssl.ca.pem", Any, By(tls::pem)),
    row("ssl_ca", Any, Refused(CALLBACK)),
    row("ssl.ca.certificate.stores", Any, Ignored("for Windows")),
    row("ssl.crl.location", Any, Pass(Text)),
    row("ssl.providers", Any, Pass(Text)),
    row(
        "ssl.engine.location",
        Any,
        Refused("OpenSSL engines are not loaded into a client that measures: use ssl.providers"),
    ),
    row("ssl.engine.id", Any, Refused("OpenSSL engines are not loaded into a client that measures: use ssl.providers")),
    row("ssl_engine_callback_data", Any, Refused(CALLBACK)),
    row("enable.ssl.certificate.verification", Any, Pass(Bool)),
    row("ssl.certificate.verify_cb", Any, Refused(CALLBACK)),
    row("sasl.mechanisms", Any, Alias("sasl.mechanism", OLDER)),
    row("sasl.kerberos.principal", Any, Ignored(KERBEROS)),
    row("sasl.kerberos.keytab", Any, Ignored(KERBEROS)),
    row("sasl.username", Any, Pass(Text)),
    row("sasl.password", Any, Pass(Text)),
    row("sasl.oauthbearer.config", Any, By(sasl::unsecured_token)),
    row("enable.sasl.oauthbearer.unsecure.jwt", Any, Pass(Bool)),
    row("oauthbearer_token_refresh_cb", Any, Refused(CALLBACK)),
    row("sasl.oauthbearer.method", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.client.id", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.client.secret", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.extensions", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.grant.type", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.private.key.pem", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.jwt.template.file", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.metadata.authentication.type", Any, Ignored(OIDC)),
    row("plugin.library.paths", Any, Refused("no foreign code is loaded into a client that measures: remove the line")),
    row("interceptors", Any, Refused(CALLBACK)),
    row("group.protocol.type", Consumer, Ignored("librdkafka knows one type only")),
    row("coordinator.query.interval.ms", Consumer, int(1, 3_600_000)),
    row(
        "enable.auto.offset.store",
        Consumer,
        Ignored(
            "pinload says itself what it has received and commits, or automatic commits take librdkafka's own note of \
             it",
        ),
    ),
    row("queued.min.messages", Consumer, int(1, 10_000_000)),
    row("queued.max.messages.kbytes", Consumer, int(1, 2_097_151)),
    row("fetch.wait.max.ms", Consumer, Pass(Near { from: 0, min: 0, max: 300_000 })),
    row("fetch.queue.backoff.ms", Consumer, int(0, 300_000)),
    row("fetch.message.max.bytes", Consumer, Alias("max.partition.fetch.bytes", OLDER)),
    row("fetch.error.backoff.ms", Consumer, int(0, 300_000)),
    row("offset.store.method", Consumer, Ignored("offsets are kept by the broker")),
    row("offset.store.path", Consumer, Ignored("offsets are kept by the broker")),
    row("offset.store.sync.interval.ms", Consumer, Ignored("offsets are kept by the broker")),
    row("consume_cb", Consumer, Refused(CALLBACK)),
    row("rebalance_cb", Consumer, Refused(CALLBACK)),
    row("offset_commit_cb", Consumer, Refused(CALLBACK)),
    row("enable.partition.eof", Consumer, Ignored("the end of a partition is no event to pinload")),
    row("consume.callback.max.messages", Consumer, Ignored("pinload consumes without callbacks")),
    row("auto.commit.enable", Consumer, Ignored("for librdkafka's old consumer: write enable.auto.commit")),
    row("enable.gapless.guarantee", Producer, Pass(Bool)),
    row("queue.buffering.max.messages", Producer, int(0, INT_MAX)),
    row("queue.buffering.max.kbytes", Producer, int(1, INT_MAX)),
    row("queue.buffering.max.ms", Producer, Alias("linger.ms", OLDER)),
    row("message.send.max.retries", Producer, Alias("retries", OLDER)),
    row("queue.buffering.backpressure.threshold", Producer, int(1, 1_000_000)),
    row("compression.codec", Producer, Alias("compression.type", OLDER)),
    row("batch.num.messages", Producer, int(1, 1_000_000)),
    row("delivery.report.only.error", Producer, By(producing::only_errors)),
    row("dr_cb", Producer, Refused(CALLBACK)),
    row("dr_msg_cb", Producer, Refused(CALLBACK)),
    row("sticky.partitioning.linger.ms", Producer, int(0, 900_000)),
    row("request.required.acks", Producer, Alias("acks", OLDER)),
    row("message.timeout.ms", Producer, Alias("delivery.timeout.ms", OLDER)),
    row("queuing.strategy", Producer, Pass(OneOf(&["fifo", "lifo"]))),
    row("produce.offset.report", Producer, Ignored(UNUSED)),
    row(
        "partitioner",
        Producer,
        Pass(OneOf(&[
            "random",
            "consistent",
            "consistent_random",
            "murmur2",
            "murmur2_random",
            "fnv1a",
            "fnv1a_random",
        ])),
    ),
    row("partitioner_cb", Producer, Refused(CALLBACK)),
    row("msg_order_cmp", Producer, Refused(CALLBACK)),
    row("compression.level", Producer, int(-1, 12)),
    // Not a property of either client, but known from OMB's Redpanda fork.
    row("offsetCommitLingerMs", Consumer, By(consuming::commit_linger)),
];
