//! Which properties are secrets, and how they are shown.

/// What is shown in place of a secret.
pub const MASK: &str = "****";

/// Names that are secrets without saying so. Java holds certificates in its `PASSWORD` type too: they are masked likewise, a page of
/// base64 helps nobody.
const BY_NAME: [&str; 9] = [
    "sasl.jaas.config",
    "sasl.oauthbearer.config",
    "ssl.ca.pem",
    "ssl.certificate.pem",
    "ssl.key.pem",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.truststore.certificates",
    "sasl.oauthbearer.assertion.private.key.pem",
];

/// Is the value of this property a secret? Unknown and misspelt names that sound like one are. `producer.` and the like may stand before it.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let narrow = ["common.", "producer.", "consumer."].iter().find_map(|block| name.strip_prefix(block));
    BY_NAME.contains(&narrow.unwrap_or(&name))
        || ["password", "passphrase", "secret", "basic.auth.user.info"].iter().any(|word| name.contains(word))
}

/// The value as it may be shown.
pub(super) fn shown(name: &str, value: &str) -> String {
    if is_secret(name) { MASK.to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_password_and_key_of_both_clients_is_a_secret() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.keystore.password",
            "ssl.truststore.password",
            "sasl.jaas.config",
            "ssl.key.pem",
            "ssl.keystore.key",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.client.credentials.client.secret",
            "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.oauthbearer.assertion.private.key.pem",
        ] {
            assert!(is_secret(name), "{name}");
        }
        assert!(is_secret("ssl.TrustStore.Password") && is_secret("producer.sasl.jaas.config"));
        for name in ["sasl.username", "bootstrap.servers", "ssl.key.location", "client.id"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
