//! TLS against a scripted broker with certificates made for the test.

use super::scripted_broker::{Broker, Passing, all_stored_in_order, deliver};
use crate::driver::{Delivery, ErrorClass, Producer, SendResult, Time};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An authority of its own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), certificate, pem }
    }

    /// Certificate and key of somebody of this name.
    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn broker(&self, name: &str, asks_for_certificates: bool) -> Broker {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if asks_for_certificates {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.sign(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        Broker::behind(Some(Arc::new(config)), 2, &[])
    }
}

const TLS: (&str, &str) = ("security.protocol", "ssl");

#[test]
fn through_tls_all_is_stored_in_order_and_large_values_too() {
    let authority = Authority::new();
    let broker = authority.broker("127.0.0.1", false);
    let more = [TLS, ("ssl.ca.pem", &authority.pem), ("message.max.bytes", "9000000"), ("batch.size", "3000000")];
    let mut producer = broker.producer(&more);
    let reports = deliver(&mut producer, 3_000);
    all_stored_in_order(&broker, &reports);
    // Much more than one look writes, and than TLS keeps.
    let (time, large) = (Passing::new(), vec![7; 2_000_000]);
    assert_eq!(producer.send(None, &large, 0), SendResult::Accepted);
    assert_eq!(producer.send(None, &large, 0), SendResult::Accepted);
    let (mut reported, until) = (0, Instant::now() + Duration::from_secs(20));
    while reported < 2 {
        assert!(Instant::now() < until);
        producer.await_reports(time.now_ns() + 5_000_000, &time);
        producer.poll_reports(9, &time, |_, report| {
            assert_eq!((report.delivery, report.value.len()), (Delivery::Acknowledged, large.len()));
            reported += 1;
        });
    }
}

#[test]
fn an_unknown_authority_is_told_at_once() {
    let broker = Authority::new().broker("127.0.0.1", false);
    let other = Authority::new();
    let begun = Instant::now();
    let refused = broker.connect(&[TLS, ("ssl.ca.pem", &other.pem)]).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Unreachable);
    assert!(refused.text.contains("certificate") && refused.text.contains(&broker.address), "{refused}");
    // The limit is 10 s.
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_brokers_name_must_be_its_certificates_unless_that_is_not_asked_for() {
    let authority = Authority::new();
    let broker = authority.broker("kafka.example", false);
    let trust = [TLS, ("ssl.ca.pem", &authority.pem[..])];
    let refused = broker.connect(&trust).unwrap_err();
    assert!(refused.text.contains("certificate"), "{refused}");
    let any_name = [&trust[..], &[("ssl.endpoint.identification.algorithm", "none")]].concat();
    all_stored_in_order(&broker, &deliver(&mut broker.producer(&any_name), 100));
    let foreign = Authority::new();
    let untrusted = [&any_name[..], &[("ssl.ca.pem", &foreign.pem[..])]].concat();
    assert!(broker.connect(&untrusted).unwrap_err().text.contains("certificate"), "its authority matters all the same");
}

#[test]
fn a_client_shows_its_certificate_where_a_broker_asks_for_one() {
    let authority = Authority::new();
    let broker = authority.broker("127.0.0.1", true);
    let (certificate, key) = authority.sign("me");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (ca, both) = (path("ca.pem", &authority.pem), path("me.pem", &(key.serialize_pem() + &certificate.pem())));
    let own = [TLS, ("ssl.ca.location", &ca[..]), ("ssl.certificate.location", &both), ("ssl.key.location", &both)];
    all_stored_in_order(&broker, &deliver(&mut broker.producer(&own), 100));
}

#[test]
fn files_that_are_not_there_or_hold_nothing_are_named() {
    let broker = Authority::new().broker("127.0.0.1", false);
    for (name, value, says) in [
        ("ssl.ca.location", "/nowhere/ca.pem", "ssl.ca.location: /nowhere/ca.pem: "),
        ("ssl.ca.pem", "nothing", "ssl.ca.pem: no certificate stands in it"),
        ("ssl.key.location", "/nowhere/me.pem", "/nowhere/me.pem: "),
    ] {
        let refused = broker.connect(&[TLS, (name, value)]).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Configuration);
        assert!(refused.text.contains(says), "{refused}");
    }
}
