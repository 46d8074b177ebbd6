//! Rows about authentication. Built in: PLAIN and SCRAM; OAUTHBEARER only with librdkafka's unsecured test tokens.

use super::jaas;
use super::kind::PropertyKind::Text;
use super::table::{RowDecision, RowInput, ignored, refused, set};

const NOT_USED: &str = "security.protocol asks for no SASL";

/// Which way to authenticate.
pub(super) fn mechanism(asked: &RowInput<'_>) -> RowDecision {
    match asked.value {
        "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" => asked.pass(Text),
        "OAUTHBEARER" if asked.settings.says("enable.sasl.oauthbearer.unsecure.jwt", "true") => asked.pass(Text),
        _ if !asked.settings.uses_sasl() => ignored(NOT_USED),
        "GSSAPI" => refused("GSSAPI (Kerberos) is not built in: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
        "OAUTHBEARER" => refused(
            "tokens from a server are not built in (librdkafka's unsecured test tokens are: \
             enable.sasl.oauthbearer.unsecure.jwt=true): use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        ),
        _ => refused("is not built in: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
    }
}

/// User and password out of Java's login text.
pub(super) fn jaas_config(asked: &RowInput<'_>) -> RowDecision {
    match jaas::login(asked.value) {
        Ok(login) => set(
            vec![("sasl.username", login.username), ("sasl.password", login.password)],
            "librdkafka takes the login without Java's module around it",
        ),
        Err(_) if !asked.settings.uses_sasl() => ignored(NOT_USED),
        Err(remedy) => RowDecision::Refused(remedy),
    }
}

/// Login classes and callback handlers.
pub(super) fn java_class(asked: &RowInput<'_>) -> RowDecision {
    if asked.value.is_empty() {
        return ignored("empty");
    }
    if !asked.settings.uses_sasl() {
        return ignored(NOT_USED);
    }
    refused(
        "Java classes are not run: write user and password with PlainLoginModule or ScramLoginModule in \
         sasl.jaas.config",
    )
}

/// librdkafka's unsecured test tokens.
pub(super) fn unsecured_token(asked: &RowInput<'_>) -> RowDecision {
    if asked.settings.says("sasl.mechanism", "OAUTHBEARER") {
        return asked.pass(Text);
    }
    ignored("sasl.mechanism is not OAUTHBEARER")
}

#[cfg(test)]
mod tests {
    use super::super::For::{Admin, Consumer, Producer};
    use super::super::trial::{accepted, ignored, outcome, real_client, refusal, translated};
    use super::super::{MASK, Translated};

    const PLAIN: &str = "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=\
        org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" password=\"wonder\";";

    #[test]
    fn a_java_login_reaches_librdkafka_and_its_password_reaches_no_report() {
        for role in [Admin, Producer, Consumer] {
            let properties = translated(PLAIN, "", role, true);
            assert_eq!(properties.get("sasl.username"), Some("alice"));
            assert_eq!(properties.get("sasl.password"), Some("wonder"));
            assert_eq!(properties.get("security.protocol"), Some("sasl_ssl"));
            assert_eq!(accepted(&properties), Ok(()));
            let report =
                format!("{}{:?}{:?}", serde_json::to_string(&properties).unwrap(), properties, properties.masked());
            assert!(!report.contains("wonder"), "{report}");
            assert!(properties.masked().contains(&("sasl.password".to_owned(), MASK.to_owned())));
            let Translated::Renamed { to, .. } = outcome(&properties, "sasl.jaas.config") else {
                panic!("not renamed")
            };
            assert_eq!(to[1], ("sasl.password".to_owned(), MASK.to_owned()));
        }
    }

    #[test]
    fn scram_and_librdkafkas_own_names_make_clients() {
        let scram = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=a\nsasl.password=b";
        let jaas = "security.protocol=SASL_PLAINTEXT\nsasl.mechanisms=SCRAM-SHA-256\nsasl.jaas.config=\
            org.apache.kafka.common.security.scram.ScramLoginModule required username='a' password='b';";
        let test_tokens = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n\
            enable.sasl.oauthbearer.unsecure.jwt=true\nsasl.oauthbearer.config=principal=admin";
        for text in [scram, jaas, test_tokens] {
            let properties = translated(text, "", Producer, true);
            assert_eq!(real_client(&properties, Producer), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_built_in_is_refused_only_where_it_is_asked_for() {
        let sasl = "security.protocol=SASL_SSL\nsasl.username=a\nsasl.password=b\n";
        for (mechanism, word) in [("GSSAPI", "Kerberos"), ("OAUTHBEARER", "tokens"), ("AWS_MSK_IAM", "SCRAM-SHA-256")] {
            let why = refusal(&format!("{sasl}sasl.mechanism={mechanism}"), Producer, true);
            assert!(why.contains(word), "{why}");
            let without = translated("", &format!("sasl.mechanism={mechanism}"), Producer, true);
            assert!(ignored(&without, "sasl.mechanism").contains("no SASL"));
        }
        assert!(refusal(sasl, Producer, true).contains("is missing, which means GSSAPI"));
        let handler = "sasl.client.callback.handler.class=a.B";
        assert!(refusal(&format!("{sasl}sasl.mechanism=PLAIN\n{handler}"), Producer, true).contains("Java classes"));
        assert!(
            ignored(&translated("", handler, Producer, true), "sasl.client.callback.handler.class").contains("no SASL")
        );
        let kerberos = "sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required;";
        assert!(ignored(&translated("", kerberos, Producer, true), "sasl.jaas.config").contains("no SASL"));
    }

    #[test]
    fn a_mechanism_without_user_or_password_is_refused_in_the_mechanisms_line() {
        let refusals =
            super::super::trial::refusals("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n", "", Consumer, true);
        assert_eq!((refusals.len(), refusals[0].line), (1, Some(2)));
        assert!(refusals[0].why.contains("sasl.jaas.config"));
    }
}
