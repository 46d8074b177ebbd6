//! The names of Kafka's Java clients (producer, consumer, admin; 4.1 and those that 3.x had besides), one row each.
//!
//! Numbers beyond librdkafka's ranges become the nearest in them. Rows that need more than a word are functions of
//! `producing`, `consuming`, `network`, `tls` and `sasl`.
//!
//! Over 250 lines: a table, a row for each name.

use super::kind::PropertyKind::{Bool, Millis, Near, OneOf, Text};
use super::table::Roles::{Any, Consumer, Producer};
use super::table::Rule::{Alias, By, Ignored, Pass, Refused};
use super::table::{Property, Roles, Rule};
use super::{consuming, network, producing, sasl, stores, tls};

const INT_MAX: i64 = 2_147_483_647;

const KERBEROS: &str = "for GSSAPI (Kerberos), which this build has not";
const OIDC: &str = "for OAUTHBEARER tokens from a server, which this build has not";
const METRICS: &str = "Java's own metrics; pinload measures by itself";
const SERIALIZER: &str = "pinload sends and takes bytes; OMB sets its own serializers too";
const JAVA_TLS: &str = "Java's TLS provider; OpenSSL has none of it";

const fn row(name: &'static str, roles: Roles, rule: Rule) -> Property {
    Property { name, roles, rule }
}

/// The rows, by subject.
pub(super) const TABLE: &[Property] = &[
    // Connections.
    row("bootstrap.servers", Any, By(network::servers)),
    row("bootstrap.controllers", Any, Refused("librdkafka speaks to brokers only: write bootstrap.servers")),
    row("client.dns.lookup", Any, Pass(OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]))),
    row("client.id", Any, Pass(Text)),
    row("client.rack", Any, Pass(Text)),
    row("connections.max.idle.ms", Any, By(network::max_idle)),
    row("default.api.timeout.ms", Any, Ignored("pinload's own limits of its waits apply")),
    row("enable.metrics.push", Any, Pass(Bool)),
    row("metadata.max.age.ms", Any, By(network::metadata_age)),
    row("metadata.recovery.strategy", Any, Pass(OneOf(&["none", "rebootstrap"]))),
    row("metadata.recovery.rebootstrap.trigger.ms", Any, Pass(Near { from: 0, min: 0, max: INT_MAX })),
    row("receive.buffer.bytes", Any, By(network::receive_buffer)),
    row("send.buffer.bytes", Any, By(network::send_buffer)),
    row("reconnect.backoff.ms", Any, Pass(Near { from: 0, min: 0, max: 3_600_000 })),
    row("reconnect.backoff.max.ms", Any, Pass(Near { from: 0, min: 0, max: 3_600_000 })),
    row("request.timeout.ms", Any, By(network::request_timeout)),
    row("retry.backoff.ms", Any, Pass(Near { from: 0, min: 1, max: 300_000 })),
    row("retry.backoff.max.ms", Any, Pass(Near { from: 0, min: 1, max: 300_000 })),
    row("socket.connection.setup.timeout.ms", Any, Pass(Near { from: 0, min: 1000, max: INT_MAX })),
    row(
        "socket.connection.setup.timeout.max.ms",
        Any,
        Ignored("librdkafka does not lengthen socket.connection.setup.timeout.ms from one attempt to the next"),
    ),
    // Measuring themselves.
    row("auto.include.jmx.reporter", Any, Ignored(METRICS)),
    row("metric.reporters", Any, Ignored(METRICS)),
    row("metrics.num.samples", Any, Ignored(METRICS)),
    row("metrics.recording.level", Any, Ignored(METRICS)),
    row("metrics.sample.window.ms", Any, Ignored(METRICS)),
    row("interceptor.classes", Any, Ignored("Java classes are not run; messages are sent and counted without them")),
    // Producing.
    row("acks", Producer, By(producing::acks)),
    row("batch.size", Producer, Pass(Near { from: 0, min: 1, max: INT_MAX })),
    row("buffer.memory", Producer, By(producing::buffer_memory)),
    row("compression.type", Producer, Pass(OneOf(&["none", "gzip", "snappy", "lz4", "zstd"]))),
    row("compression.gzip.level", Producer, By(producing::gzip_level)),
    row("compression.lz4.level", Producer, By(producing::lz4_level)),
    row("compression.zstd.level", Producer, By(producing::zstd_level)),
    row("delivery.timeout.ms", Producer, By(producing::delivery_timeout)),
    row("enable.idempotence", Producer, By(producing::idempotence)),
    row("key.serializer", Producer, Ignored(SERIALIZER)),
    row("value.serializer", Producer, Ignored(SERIALIZER)),
    row("linger.ms", Producer, Pass(Millis { max: 900_000 })),
    row(
        "max.block.ms",
        Producer,
        Ignored(
            "pinload waits for room in a full queue itself; the time counts as the message's latency from its intended \
             time",
        ),
    ),
    row("max.in.flight.requests.per.connection", Producer, Pass(Near { from: 1, min: 1, max: 1_000_000 })),
    row("max.request.size", Producer, By(producing::max_request_size)),
    row("metadata.max.idle.ms", Producer, Ignored("librdkafka keeps what it knows of a topic as long as it is used")),
    row("partitioner.class", Producer, By(producing::partitioner_class)),
    row("partitioner.ignore.keys", Producer, By(producing::ignore_keys)),
    row(
        "partitioner.adaptive.partitioning.enable",
        Producer,
        Ignored("librdkafka chooses partitions without looking at how loaded their brokers are"),
    ),
    row(
        "partitioner.availability.timeout.ms",
        Producer,
        Ignored("librdkafka chooses partitions without looking at how loaded their brokers are"),
    ),
    row("retries", Producer, Pass(Near { from: 0, min: 0, max: INT_MAX })),
    row("transactional.id", Producer, By(producing::transactional_id)),
    row("transaction.timeout.ms", Producer, Ignored("transactions are not built")),
    row("transaction.two.phase.commit.enable", Producer, Ignored("transactions are not built")),
    // Consuming.
    row("allow.auto.create.topics", Any, Pass(Bool)),
    row("auto.commit.interval.ms", Consumer, Pass(Near { from: 0, min: 0, max: 86_400_000 })),
    row("auto.offset.reset", Consumer, By(consuming::offset_reset)),
    row("check.crcs", Consumer, Pass(Bool)),
    row("enable.auto.commit", Consumer, Pass(Bool)),
    row("exclude.internal.topics", Consumer, Ignored("pinload subscribes by name, not by pattern")),
    row("fetch.max.bytes", Consumer, Pass(Near { from: 0, min: 1000, max: 2_147_483_135 })),
    row("fetch.max.wait.ms", Consumer, Alias("fetch.wait.max.ms", "librdkafka's name for it")),
    row("fetch.min.bytes", Consumer, Pass(Near { from: 0, min: 1, max: 100_000_000 })),
    row("group.id", Consumer, Ignored("each subscription gets a group of its own")),
    row(
        "group.instance.id",
        Consumer,
        Refused("one id for all consumers makes each fence off the one before it: remove the line"),
    ),
    row("group.protocol", Consumer, Pass(OneOf(&["classic", "consumer"]))),
    row("group.remote.assignor", Consumer, By(consuming::remote_assignor)),
    row("heartbeat.interval.ms", Consumer, By(consuming::classic_timeout)),
    row("session.timeout.ms", Consumer, By(consuming::classic_timeout)),
    row("internal.leave.group.on.close", Consumer, Ignored("internal to the Java client")),
    row("internal.throw.on.fetch.stable.offset.unsupported", Consumer, Ignored("internal to the Java client")),
    row("isolation.level", Consumer, Pass(OneOf(&["read_uncommitted", "read_committed"]))),
    row("key.deserializer", Consumer, Ignored(SERIALIZER)),
    row("value.deserializer", Consumer, Ignored(SERIALIZER)),
    row("max.partition.fetch.bytes", Consumer, Pass(Near { from: 0, min: 1, max: 1_000_000_000 })),
    row("max.poll.interval.ms", Consumer, Pass(Near { from: 1, min: 1, max: 86_400_000 })),
    row("max.poll.records", Consumer, Ignored("pinload takes batches of a size of its own")),
    row("partition.assignment.strategy", Consumer, By(consuming::assignors)),
    row("share.acknowledgement.mode", Consumer, Ignored("for share groups, which pinload does not use")),
    // Who speaks to whom.
    row("security.protocol", Any, Pass(OneOf(&["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]))),
    row("security.providers", Any, Ignored(JAVA_TLS)),
    row("sasl.mechanism", Any, By(sasl::mechanism)),
    row("sasl.jaas.config", Any, By(sasl::jaas_config)),
    row("sasl.client.callback.handler.class", Any, By(sasl::java_class)),
    row("sasl.login.callback.handler.class", Any, By(sasl::java_class)),
    row("sasl.login.class", Any, By(sasl::java_class)),
    row("sasl.kerberos.kinit.cmd", Any, Ignored(KERBEROS)),
    row("sasl.kerberos.min.time.before.relogin", Any, Ignored(KERBEROS)),
    row("sasl.kerberos.service.name", Any, Ignored(KERBEROS)),
    row("sasl.kerberos.ticket.renew.jitter", Any, Ignored(KERBEROS)),
    row("sasl.kerberos.ticket.renew.window.factor", Any, Ignored(KERBEROS)),
    row("sasl.login.connect.timeout.ms", Any, Ignored(OIDC)),
    row("sasl.login.read.timeout.ms", Any, Ignored(OIDC)),
    row("sasl.login.refresh.buffer.seconds", Any, Ignored(OIDC)),
    row("sasl.login.refresh.min.period.seconds", Any, Ignored(OIDC)),
    row("sasl.login.refresh.window.factor", Any, Ignored(OIDC)),
    row("sasl.login.refresh.window.jitter", Any, Ignored(OIDC)),
    row("sasl.login.retry.backoff.max.ms", Any, Ignored(OIDC)),
    row("sasl.login.retry.backoff.ms", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.algorithm", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.aud", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.exp.seconds", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.iss", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.jti.include", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.nbf.seconds", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.claim.sub", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.file", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.private.key.file", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.private.key.passphrase", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.assertion.template.file", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.client.credentials.client.id", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.client.credentials.client.secret", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.clock.skew.seconds", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.expected.audience", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.expected.issuer", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.header.urlencode", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwks.endpoint.refresh.ms", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwks.endpoint.url", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwt.retriever.class", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.jwt.validator.class", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.scope", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.scope.claim.name", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.sub.claim.name", Any, Ignored(OIDC)),
    row("sasl.oauthbearer.token.endpoint.url", Any, Ignored(OIDC)),
    // TLS.
    row("ssl.cipher.suites", Any, By(tls::cipher_suites)),
    row(
        "ssl.enabled.protocols",
        Any,
        Ignored("OpenSSL agrees with the broker on the newest version both have; restrict it at the broker"),
    ),
    row("ssl.endpoint.identification.algorithm", Any, By(tls::endpoint_identification)),
    row("ssl.engine.factory.class", Any, By(tls::engine_class)),
    row("ssl.key.password", Any, By(stores::key_password)),
    row("ssl.keymanager.algorithm", Any, Ignored(JAVA_TLS)),
    row("ssl.keystore.certificate.chain", Any, By(tls::certificate_chain)),
    row("ssl.keystore.key", Any, By(tls::private_key)),
    row("ssl.keystore.location", Any, By(stores::keystore)),
    row("ssl.keystore.password", Any, By(stores::keystore_password)),
    row("ssl.keystore.type", Any, By(stores::store_type)),
    row(
        "ssl.protocol",
        Any,
        Ignored("OpenSSL agrees with the broker on the newest version both have; restrict it at the broker"),
    ),
    row("ssl.provider", Any, Ignored(JAVA_TLS)),
    row("ssl.secure.random.implementation", Any, Ignored(JAVA_TLS)),
    row("ssl.trustmanager.algorithm", Any, Ignored(JAVA_TLS)),
    row("ssl.truststore.certificates", Any, By(tls::trusted_certificates)),
    row("ssl.truststore.location", Any, By(stores::truststore)),
    row("ssl.truststore.password", Any, Ignored("certificates in PEM have no password")),
    row("ssl.truststore.type", Any, By(stores::store_type)),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `configNames()` of ProducerConfig, ConsumerConfig and AdminClientConfig of kafka-clients 4.1.1.
    const KAFKA_4_1: &str = "acks allow.auto.create.topics auto.commit.interval.ms auto.offset.reset batch.size \
        bootstrap.controllers bootstrap.servers buffer.memory check.crcs client.dns.lookup client.id client.rack \
        compression.gzip.level compression.lz4.level compression.type compression.zstd.level connections.max.idle.ms \
        default.api.timeout.ms delivery.timeout.ms enable.auto.commit enable.idempotence enable.metrics.push \
        exclude.internal.topics fetch.max.bytes fetch.max.wait.ms fetch.min.bytes group.id group.instance.id \
        group.protocol group.remote.assignor heartbeat.interval.ms interceptor.classes internal.leave.group.on.close \
        internal.throw.on.fetch.stable.offset.unsupported isolation.level key.deserializer key.serializer linger.ms \
        max.block.ms max.in.flight.requests.per.connection max.partition.fetch.bytes max.poll.interval.ms \
        max.poll.records max.request.size metadata.max.age.ms metadata.max.idle.ms \
        metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy metric.reporters metrics.num.samples \
        metrics.recording.level metrics.sample.window.ms partition.assignment.strategy \
        partitioner.adaptive.partitioning.enable partitioner.availability.timeout.ms partitioner.class \
        partitioner.ignore.keys receive.buffer.bytes reconnect.backoff.max.ms reconnect.backoff.ms request.timeout.ms \
        retries retry.backoff.max.ms retry.backoff.ms sasl.client.callback.handler.class sasl.jaas.config \
        sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin sasl.kerberos.service.name \
        sasl.kerberos.ticket.renew.jitter sasl.kerberos.ticket.renew.window.factor sasl.login.callback.handler.class \
        sasl.login.class sasl.login.connect.timeout.ms sasl.login.read.timeout.ms sasl.login.refresh.buffer.seconds \
        sasl.login.refresh.min.period.seconds sasl.login.refresh.window.factor sasl.login.refresh.window.jitter \
        sasl.login.retry.backoff.max.ms sasl.login.retry.backoff.ms sasl.mechanism \
        sasl.oauthbearer.assertion.algorithm sasl.oauthbearer.assertion.claim.aud \
        sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss \
        sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds \
        sasl.oauthbearer.assertion.claim.sub sasl.oauthbearer.assertion.file \
        sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase \
        sasl.oauthbearer.assertion.template.file sasl.oauthbearer.client.credentials.client.id \
        sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.clock.skew.seconds \
        sasl.oauthbearer.expected.audience sasl.oauthbearer.expected.issuer sasl.oauthbearer.header.urlencode \
        sasl.oauthbearer.jwks.endpoint.refresh.ms sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms \
        sasl.oauthbearer.jwks.endpoint.retry.backoff.ms sasl.oauthbearer.jwks.endpoint.url \
        sasl.oauthbearer.jwt.retriever.class sasl.oauthbearer.jwt.validator.class sasl.oauthbearer.scope \
        sasl.oauthbearer.scope.claim.name sasl.oauthbearer.sub.claim.name sasl.oauthbearer.token.endpoint.url \
        security.protocol security.providers send.buffer.bytes session.timeout.ms share.acknowledgement.mode \
        socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms ssl.cipher.suites \
        ssl.enabled.protocols ssl.endpoint.identification.algorithm ssl.engine.factory.class ssl.key.password \
        ssl.keymanager.algorithm ssl.keystore.certificate.chain ssl.keystore.key ssl.keystore.location \
        ssl.keystore.password ssl.keystore.type ssl.protocol ssl.provider ssl.secure.random.implementation \
        ssl.trustmanager.algorithm ssl.truststore.certificates ssl.truststore.location ssl.truststore.password \
        ssl.truststore.type transaction.timeout.ms transaction.two.phase.commit.enable transactional.id \
        value.deserializer value.serializer auto.include.jmx.reporter";

    #[test]
    fn every_name_of_the_java_clients_has_a_row_and_no_row_has_another() {
        let mut wanted: Vec<&str> = KAFKA_4_1.split_whitespace().collect();
        let mut rows: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
        wanted.sort_unstable();
        rows.sort_unstable();
        assert_eq!(rows, wanted);
    }
}
