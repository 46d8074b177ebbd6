//! How the wire driver's connections are secured: TLS, and who logs in.

use super::GivenProperties;

/// How a client logs in (SASL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mechanism {
    /// The password itself is sent.
    Plain,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// SCRAM with SHA-512.
    ScramSha512,
}

/// By Kafka's names.
const MECHANISMS: [(&str, Mechanism); 3] =
    [("PLAIN", Mechanism::Plain), ("SCRAM-SHA-256", Mechanism::ScramSha256), ("SCRAM-SHA-512", Mechanism::ScramSha512)];

/// Their names.
pub(super) const MECHANISM_NAMES: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

impl Mechanism {
    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        MECHANISMS.iter().find(|(_, known)| *known == self).map_or("PLAIN", |(name, _)| name)
    }
}

/// Who logs in. Its password is in no form that is printed: serialised, it goes to a client's standard input alone.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaslUser {
    /// How.
    pub mechanism: Mechanism,
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for SaslUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaslUser").field("mechanism", &self.mechanism).field("user", &self.user).finish_non_exhaustive()
    }
}

/// Where PEM text is.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Pem {
    /// In this file.
    File(String),
    /// Here; it may hold a key.
    Text(String),
}

impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{path}"),
            Self::Text(_) => write!(f, "PEM text"),
        }
    }
}

/// What TLS needs to know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TlsWay {
    /// Certificates to trust; None: the system's.
    pub authorities: Option<Pem>,
    /// The client's own certificates and their key.
    pub own: Option<(Pem, Pem)>,
    /// Must the broker's name be that of its certificate?
    pub checks_name: bool,
}

/// How connections are secured.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Security {
    /// None: they are not encrypted.
    pub tls: Option<TlsWay>,
    /// None: nobody logs in.
    pub account: Option<SaslUser>,
}

impl Security {
    pub(super) fn of(given: GivenProperties<'_>) -> Self {
        let protocol = given.text("security.protocol").unwrap_or("plaintext").to_ascii_lowercase();
        let pem = |name: &str| {
            let text = given.text(&format!("{name}.pem")).map(|text| Pem::Text(text.to_owned()));
            text.or_else(|| given.text(&format!("{name}.location")).map(|path| Pem::File(path.to_owned())))
        };
        let tls = || TlsWay {
            authorities: pem("ssl.ca"),
            own: match (pem("ssl.certificate"), pem("ssl.key")) {
                (Some(certificates), Some(key)) => Some((certificates, key)),
                // One that holds both, or it will be told what is missing in it.
                (Some(both), None) | (None, Some(both)) => Some((both.clone(), both)),
                (None, None) => None,
            },
            checks_name: given.text("ssl.endpoint.identification.algorithm") != Some("none"),
        };
        let account = || {
            let name = given.text("sasl.mechanism").unwrap_or_default();
            SaslUser {
                mechanism: MECHANISMS.iter().find(|(known, _)| *known == name).map_or(Mechanism::Plain, |(_, of)| *of),
                user: given.exactly("sasl.username").unwrap_or_default().to_owned(),
                password: given.exactly("sasl.password").unwrap_or_default().to_owned(),
            }
        };
        Self { tls: protocol.ends_with("ssl").then(tls), account: protocol.starts_with("sasl_").then(account) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn security(pairs: &[(&str, &str)]) -> Security {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Security::of(GivenProperties(&pairs))
    }

    #[test]
    fn the_protocol_says_what_is_done() {
        let login = [("sasl.mechanism", "SCRAM-SHA-512"), ("sasl.username", "me"), ("sasl.password", "it's secret ")];
        let with = |protocol: &'static str| security(&[&login[..], &[("security.protocol", protocol)]].concat());
        assert_eq!(security(&login), Security::default());
        assert_eq!(with("plaintext"), Security::default());
        let account = with("sasl_plaintext").account.unwrap();
        assert_eq!((account.mechanism, &account.password[..]), (Mechanism::ScramSha512, "it's secret "));
        assert!(with("sasl_plaintext").tls.is_none() && with("ssl").account.is_none());
        assert!(with("sasl_ssl").account.is_some() && with("SASL_SSL").tls.is_some_and(|tls| tls.checks_name));
        assert!(!format!("{:?}", with("sasl_ssl")).contains("secret"));
    }

    #[test]
    fn certificates_come_from_files_or_from_the_property_itself() {
        let tls = security(&[
            ("security.protocol", "ssl"),
            ("ssl.ca.location", "/ca.pem"),
            ("ssl.certificate.pem", "CERT"),
            ("ssl.key.location", "/key.pem"),
            ("ssl.endpoint.identification.algorithm", "none"),
        ]);
        let tls = tls.tls.unwrap();
        assert_eq!(tls.authorities, Some(Pem::File("/ca.pem".into())));
        assert_eq!(tls.own, Some((Pem::Text("CERT".into()), Pem::File("/key.pem".into()))));
        assert!(!tls.checks_name);
        let both = security(&[("security.protocol", "ssl"), ("ssl.key.location", "/me.pem")]).tls.unwrap();
        assert_eq!(both.own, Some((Pem::File("/me.pem".into()), Pem::File("/me.pem".into()))));
        assert!(!format!("{tls:?}").contains("CERT"));
    }
}
