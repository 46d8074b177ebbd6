//! Rows about TLS but its stores (`stores`): PEM text in a property, cipher suites, the broker's name.

use super::kind::PropertyKind::{OneOf, Text};
use super::table::{RowDecision, RowInput, ignored, refused, set};
use super::{ciphers, pem};

const NOT_USED: &str = "security.protocol asks for no TLS";

/// `refused` where TLS is used, else no matter.
pub(super) fn refused_if_used(asked: &RowInput<'_>, why: &str) -> RowDecision {
    if asked.settings.uses_tls() { refused(why) } else { ignored(NOT_USED) }
}

/// librdkafka's PEM properties.
pub(super) fn pem(asked: &RowInput<'_>) -> RowDecision {
    pem_as(asked, asked.name, "")
}

/// The client's certificates, in the property itself.
pub(super) fn certificate_chain(asked: &RowInput<'_>) -> RowDecision {
    pem_as(asked, "ssl.certificate.pem", "librdkafka's name for it")
}

/// The client's key, in the property itself.
pub(super) fn private_key(asked: &RowInput<'_>) -> RowDecision {
    pem_as(asked, "ssl.key.pem", "librdkafka's name for it")
}

/// The certificates to trust, in the property itself.
pub(super) fn trusted_certificates(asked: &RowInput<'_>) -> RowDecision {
    pem_as(asked, "ssl.ca.pem", "librdkafka's name for it")
}

fn pem_as(asked: &RowInput<'_>, name: &'static str, why: &str) -> RowDecision {
    match pem::with_lines(asked.value) {
        Ok(text) => {
            let why = if why.is_empty() && text.trim() != asked.value {
                "with the line breaks that OpenSSL wants"
            } else {
                why
            };
            set(vec![(name, text)], why)
        }
        Err(remedy) => refused_if_used(asked, &remedy),
    }
}

/// Is the broker's name compared with its certificate? Empty is no, in Java.
pub(super) fn endpoint_identification(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.is_empty() {
        return set(vec![("ssl.endpoint.identification.algorithm", "none".to_owned())], "librdkafka's word for it");
    }
    asked.pass(OneOf(&["https", "none"]))
}

/// Java's names are separated by commas, OpenSSL's by colons.
pub(super) fn cipher_suites(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.is_empty() {
        return ignored("empty: OpenSSL's own choice");
    }
    if !asked.value.contains("TLS_") {
        return asked.pass(Text);
    }
    match ciphers::openssl_names(asked.value) {
        Ok(names) if names.is_empty() => ignored("the suites of TLS 1.3 are always on in OpenSSL"),
        Ok(names) => set(vec![("ssl.cipher.suites", names)], "OpenSSL's names; the suites of TLS 1.3 are always on"),
        Err(unknown) => {
            refused_if_used(asked, &format!("`{unknown}` is not known: write OpenSSL's names, separated by colons"))
        }
    }
}

/// A factory of Java's.
pub(super) fn engine_class(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.is_empty() {
        return ignored("empty");
    }
    refused_if_used(asked, "Java classes are not run: write ssl.truststore.* and ssl.keystore.* in PEM or PKCS12")
}

#[cfg(test)]
mod tests {
    use super::super::For::Producer;
    use super::super::MASK;
    use super::super::trial::{accepted, outcome, refusal, translated};
    use super::super::{Translated, TranslatedProperties};

    const TLS: &str = "security.protocol=SSL\n";

    fn tls(lines: &str) -> TranslatedProperties {
        let properties = translated(TLS, lines, Producer, true);
        assert_eq!(accepted(&properties), Ok(()), "{lines}");
        properties
    }
    fn refused(lines: &str) -> String {
        refusal(&format!("{TLS}{lines}"), Producer, true)
    }

    #[test]
    fn pem_text_gets_its_lines_and_is_masked() {
        let pem = "-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----";
        let properties = tls(&format!(
            "ssl.truststore.certificates={pem}\nssl.keystore.certificate.chain={pem}\nssl.keystore.key={pem}"
        ));
        for name in ["ssl.ca.pem", "ssl.certificate.pem", "ssl.key.pem"] {
            assert_eq!(properties.get(name), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
            assert!(properties.masked().contains(&(name.to_owned(), MASK.to_owned())));
        }
        assert!(!serde_json::to_string(&properties).unwrap().contains("AAAA"));
        assert!(refused("ssl.ca.pem=/etc/ca.pem").contains("BEGIN"));
    }

    #[test]
    fn the_brokers_name_is_not_checked_when_java_would_not() {
        let of = |value: &str| {
            tls(&format!("ssl.endpoint.identification.algorithm={value}"))
                .get("ssl.endpoint.identification.algorithm")
                .map(str::to_owned)
        };
        assert_eq!(of("").as_deref(), Some("none"));
        assert_eq!(of("HTTPS").as_deref(), Some("https"));
        assert!(refused("ssl.endpoint.identification.algorithm=ldaps").contains("https or none"));
    }

    #[test]
    fn cipher_suites_get_openssls_names() {
        let properties = tls("ssl.cipher.suites=TLS_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(properties.get("ssl.cipher.suites"), Some("ECDHE-RSA-AES128-GCM-SHA256"));
        assert_eq!(tls("ssl.cipher.suites=TLS_AES_256_GCM_SHA384").get("ssl.cipher.suites"), None);
        let own = tls("ssl.cipher.suites=ECDHE-RSA-AES256-SHA:AES128-SHA");
        assert_eq!(outcome(&own, "ssl.cipher.suites"), &Translated::Passed);
        assert!(refused("ssl.cipher.suites=TLS_MADE_UP").contains("TLS_MADE_UP"));
    }
}
