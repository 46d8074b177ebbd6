//! How TLS is set up: whom it trusts, who the client is. By rustls, which leaves the socket to whoever calls it and so
//! never blocks, with ring's ciphers.

use crate::driver::{DriverError, ErrorClass};
use crate::plan::properties::wire::{Pem, TlsWay};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// The set-up of all connections of a client.
pub(super) fn set_up(way: &TlsWay) -> Result<Arc<ClientConfig>, DriverError> {
    let provider = Arc::new(ring::default_provider());
    let roots = authorities(way.authorities.as_ref())?;
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| DriverError::new(ErrorClass::System, format!("TLS: {error}")))?;
    let builder = if way.checks_name {
        builder.with_root_certificates(roots)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { roots, algorithms }))
    };
    let Some((certificates, key)) = &way.own else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let chain = read_certificates("ssl.certificate", certificates)?;
    let read = match key {
        Pem::File(path) => PrivateKeyDer::from_pem_file(path),
        Pem::Text(text) => PrivateKeyDer::from_pem_slice(text.as_bytes()),
    };
    let key = read.map_err(|error| refused("ssl.key", key, &error.to_string()))?;
    let config = builder.with_client_auth_cert(chain, key);
    config.map(Arc::new).map_err(|error| refused("ssl.certificate", certificates, &error.to_string()))
}

/// Whose word is taken for a broker's.
fn authorities(written: Option<&Pem>) -> Result<RootCertStore, DriverError> {
    let mut roots = RootCertStore::empty();
    match written {
        Some(pem) => {
            for certificate in read_certificates("ssl.ca", pem)? {
                roots.add(certificate).map_err(|error| refused("ssl.ca", pem, &error.to_string()))?;
            }
        }
        // What of the system's cannot be read is not trusted: the broker's certificate will tell whether it matters.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn read_certificates(name: &str, from: &Pem) -> Result<Vec<CertificateDer<'static>>, DriverError> {
    let read: Result<Vec<_>, pem::Error> = match from {
        Pem::File(path) => CertificateDer::pem_file_iter(path).and_then(Iterator::collect),
        Pem::Text(text) => CertificateDer::pem_slice_iter(text.as_bytes()).collect(),
    };
    match read {
        Ok(certificates) if certificates.is_empty() => Err(refused(name, from, "no certificate stands in it")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(refused(name, from, &error.to_string())),
    }
}

/// A file or text that cannot be used.
fn refused(name: &str, from: &Pem, why: &str) -> DriverError {
    let text = match from {
        Pem::File(path) => format!("{name}.location: {path}: {why}"),
        Pem::Text(_) => format!("{name}.pem: {why}"),
    };
    DriverError::new(ErrorClass::Configuration, text)
}

/// Trusts whom the authorities trust, whatever it is called (`ssl.endpoint.identification.algorithm=none`).
#[derive(Debug)]
struct AnyName {
    roots: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let all = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, all)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
