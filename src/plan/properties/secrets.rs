//! Which properties are secrets, and how they are shown.

/// What is shown in place of a secret.
pub const MASK: &str = "****";

/// Names that are secrets without saying so. Java holds certificates in its `PASSWORD` type too: they are masked
/// likewise, a page of base64 helps nobody.
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

/// Is the value of this property a secret? Unknown and misspelt names that sound like one are. `producer.` and the like
/// may stand before it.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let narrow = ["common.", "producer.", "consumer."].iter().find_map(|block| name.strip_prefix(block));
    BY_NAME.contains(&narrow.unwrap_or(&name))
        || ["password", "passphrase", "secret", "basic.auth.user.info"].iter().any(|word| name.contains(word))
}

/// A text that holds properties, as it may be shown: on each line what stands behind the name of a secret is left
/// out, and the lines that go
/// on with it. `secrets` are values that are known to be secret, wherever they stand.
pub fn masked_text<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    // So short a value would mask half of the text; its line is masked anyhow.
    let secrets: Vec<&str> = secrets.into_iter().filter(|secret| secret.len() > 3 && *secret != MASK).collect();
    let mut shown = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let secret_goes_on = goes_on;
        let at = if secret_goes_on { Some(0) } else { secret_value_at(line) };
        match at {
            Some(at) => {
                shown.push_str(&line[..at]);
                shown.push_str(MASK);
                goes_on = line.trim_end().ends_with('\\');
            }
            None => shown.push_str(line),
        }
        shown.push_str(end);
    }
    secrets.into_iter().fold(shown, |shown, secret| shown.replace(secret, MASK))
}

/// Where the value of the first secret of a line begins; None: there is none.
fn secret_value_at(line: &str) -> Option<usize> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    line.char_indices().filter(|(_, c)| "=:".contains(*c)).find_map(|(at, _)| {
        let before = line[..at].trim_end_matches([' ', '\t', '"', '\'']);
        let last = before.char_indices().rev().find(|(_, c)| !in_name(*c));
        let begin = last.map_or(0, |(at, c)| at + c.len_utf8());
        // In one line of YAML `\n` may stand before the name.
        let name = before[begin..].to_ascii_lowercase();
        let secret = is_secret(&name) || BY_NAME.iter().any(|known| name.ends_with(known));
        secret.then_some(at + 1)
    })
}

/// The value as it may be shown.
pub(super) fn shown(name: &str, value: &str) -> String {
    if is_secret(name) { MASK.to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_shown_without_the_values_of_secrets() {
        let file = "\
commonConfig: |
  bootstrap.servers=h:9092
  # sasl.password=old
  sasl.jaas.config=org.x.PlainLoginModule required \\
    username=\"me\" \\
    password=\"hunter2\";
  client.id=me
consumerConfig: \"a=b\\nsasl.jaas.config=x y\"
producerConfig: {ssl.key.password: pass:word}
topicConfig: ''
other: it says t0psecret here
";
        let shown = masked_text(file, ["t0psecret", "me"]);
        for secret in ["old", "PlainLogin", "hunter2", "x y", "pass:word", "t0psecret"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        for plain in [
            "bootstrap.servers=h:9092\n",
            "# sasl.password=****\n",
            "  client.id=me\n",
            "topicConfig: ''\n",
            "it says **** here",
        ] {
            assert!(shown.contains(plain), "{plain}: {shown}");
        }
        assert_eq!(shown.lines().count(), file.lines().count());
    }

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
