//! Rows about TLS stores: Java's to librdkafka's PEM files and PKCS#12 key store. Nothing is read here.

use super::kind::PropertyKind::Text;
use super::settings::RowSettings;
use super::table::{RowDecision, RowInput, ignored, set};
use super::tls::refused_if_used;

/// The forms of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Pem,
    Pkcs12,
    Jks,
}

/// The form of the store at `location`: as its type says, else by its ending, else the client's default.
fn store(settings: &RowSettings<'_>, type_name: &str, location: &str) -> Store {
    let ending = location.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let by_ending = match ending.as_str() {
        "pem" | "crt" | "cer" | "cert" => Some(Store::Pem),
        "p12" | "pfx" => Some(Store::Pkcs12),
        "jks" => Some(Store::Jks),
        _ => None,
    };
    match settings.get(type_name).map(str::to_ascii_uppercase).as_deref() {
        Some("PEM") => Store::Pem,
        Some("PKCS12") => Store::Pkcs12,
        // Java opens a PKCS#12 file under the name of JKS too.
        Some(_) if by_ending == Some(Store::Pkcs12) => Store::Pkcs12,
        Some(_) => Store::Jks,
        None => by_ending.unwrap_or(if settings.java { Store::Jks } else { Store::Pkcs12 }),
    }
}

/// A path as a shell takes it.
fn shell(path: &str) -> String {
    if path.chars().all(|char| char.is_ascii_alphanumeric() || "/._-+@%".contains(char)) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// The certificates to trust, in a file.
pub(super) fn truststore(asked: &RowInput<'_>) -> RowDecision {
    let path = shell(asked.value);
    match store(asked.settings, "ssl.truststore.type", asked.value) {
        Store::Pem => {
            set(vec![("ssl.ca.location", asked.value.to_owned())], "librdkafka's name for a PEM file of certificates")
        }
        Store::Pkcs12 => refused_if_used(
            asked,
            &format!(
                "librdkafka trusts certificates in PEM, not in a PKCS#12 store. Convert it: openssl pkcs12 -in {path} \
                 -nokeys -out ca.pem; then write ssl.truststore.type=PEM and ssl.truststore.location=ca.pem"
            ),
        ),
        Store::Jks => refused_if_used(
            asked,
            &format!(
                "librdkafka cannot read a Java key store (JKS). Convert it: keytool -list -rfc -keystore {path} > \
                 ca.pem (or keytool -exportcert -rfc -alias NAME for one certificate); then write \
                 ssl.truststore.type=PEM and ssl.truststore.location=ca.pem"
            ),
        ),
    }
}

/// The client's key and certificates, in a file.
pub(super) fn keystore(asked: &RowInput<'_>) -> RowDecision {
    match store(asked.settings, "ssl.keystore.type", asked.value) {
        Store::Pem => set(
            vec![("ssl.key.location", asked.value.to_owned()), ("ssl.certificate.location", asked.value.to_owned())],
            "librdkafka's names for the key and the certificates of one PEM file",
        ),
        Store::Pkcs12 => asked.pass(Text),
        Store::Jks => {
            let path = shell(asked.value);
            refused_if_used(
                asked,
                &format!(
                    "librdkafka cannot read a Java key store (JKS). Convert it: keytool -importkeystore -srckeystore \
                     {path} -destkeystore client.p12 -deststoretype PKCS12; then write ssl.keystore.type=PKCS12 and \
                     ssl.keystore.location=client.p12"
                ),
            )
        }
    }
}

/// ssl.keystore.type and ssl.truststore.type are looked at by the locations' rows.
pub(super) fn store_type(asked: &RowInput<'_>) -> RowDecision {
    match asked.value.to_ascii_uppercase().as_str() {
        "PEM" | "PKCS12" | "JKS" => ignored("says how the store's location is to be read"),
        _ => refused_if_used(asked, "write PEM or PKCS12"),
    }
}

/// Only a PKCS#12 store is opened with it.
pub(super) fn keystore_password(asked: &RowInput<'_>) -> RowDecision {
    let location = asked.settings.get("ssl.keystore.location").unwrap_or_default();
    if store(asked.settings, "ssl.keystore.type", location) == Store::Pem {
        return ignored("a PEM file has no password but its key's, ssl.key.password");
    }
    asked.pass(Text)
}

/// The password of a key in PEM; a PKCS#12 store has one for all.
pub(super) fn key_password(asked: &RowInput<'_>) -> RowDecision {
    let pkcs12 = asked
        .settings
        .get("ssl.keystore.location")
        .is_some_and(|location| store(asked.settings, "ssl.keystore.type", location) != Store::Pem);
    if pkcs12 {
        return ignored("the key of a PKCS#12 store is opened with ssl.keystore.password");
    }
    asked.pass(Text)
}

#[cfg(test)]
mod tests {
    use super::super::For::Producer;
    use super::super::TranslatedProperties;
    use super::super::trial::{accepted, ignored, refusal, translated};

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
    fn pem_files_keep_their_paths_under_librdkafkas_names() {
        let properties = tls("ssl.truststore.type=PEM\nssl.truststore.location=/etc/ca\nssl.truststore.password=x");
        assert_eq!(properties.get("ssl.ca.location"), Some("/etc/ca"));
        assert_eq!(tls("ssl.truststore.location=/etc/ca.pem").get("ssl.ca.location"), Some("/etc/ca.pem"));
        let properties =
            tls("ssl.keystore.type=PEM\nssl.keystore.location=/etc/me\nssl.key.password=k\nssl.keystore.password=s");
        assert_eq!(properties.get("ssl.key.location"), Some("/etc/me"));
        assert_eq!(properties.get("ssl.certificate.location"), Some("/etc/me"));
        assert_eq!(properties.get("ssl.key.password"), Some("k"));
        assert_eq!(properties.get("ssl.keystore.password"), None);
    }

    #[test]
    fn a_pkcs12_key_store_is_passed_on_with_its_password() {
        for lines in [
            "ssl.keystore.type=PKCS12\nssl.keystore.location=/etc/me\nssl.keystore.password=s\nssl.key.password=k",
            "ssl.keystore.location=/etc/me.p12\nssl.keystore.password=s\nssl.key.password=k",
            "ssl.keystore.type=JKS\nssl.keystore.location=/etc/me.pfx\nssl.keystore.password=s\nssl.key.password=k",
        ] {
            let properties = tls(lines);
            assert!(properties.get("ssl.keystore.location").is_some(), "{lines}");
            assert_eq!(properties.get("ssl.keystore.password"), Some("s"), "{lines}");
            assert_eq!(properties.get("ssl.key.password"), None, "{lines}");
        }
        assert!(refused("ssl.keystore.location=/etc/me.p12").contains("ssl.keystore.password"));
        let own = translated("", "ssl.keystore.location=/etc/me\nssl.keystore.password=s", Producer, false);
        assert_eq!(own.get("ssl.keystore.location"), Some("/etc/me"));
    }

    #[test]
    fn a_java_store_is_refused_with_the_command_that_converts_it() {
        let why = refused("ssl.truststore.location=/opt/my certs/trust.jks");
        assert!(why.contains("keytool -list -rfc -keystore '/opt/my certs/trust.jks' > ca.pem"), "{why}");
        assert!(refused("ssl.truststore.location=/opt/trust").contains("keytool"));
        assert!(
            refused("ssl.truststore.location=/opt/trust.p12").contains("openssl pkcs12 -in /opt/trust.p12 -nokeys")
        );
        let why = refused("ssl.keystore.location=/opt/me.jks\nssl.keystore.password=s");
        assert!(why.contains("keytool -importkeystore -srckeystore /opt/me.jks"), "{why}");
        let unused = translated("", "ssl.truststore.location=/opt/trust.jks", Producer, true);
        assert!(ignored(&unused, "ssl.truststore.location").contains("no TLS"));
    }
}
