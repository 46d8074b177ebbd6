//! Java's login text, `sasl.jaas.config`: `module flag name="value" …;`, read as Kafka's own tokenizer reads it (quotes
//! of both kinds, backslash and octal escapes, comments), but taking bare words more freely. Messages hold no values.

/// What librdkafka needs of a login.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Login {
    /// `username`.
    pub(super) username: String,
    /// `password`.
    pub(super) password: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
    End,
}

/// Reads the text, or says what to write.
pub(super) fn login(text: &str) -> Result<Login, String> {
    let mut tokens = tokens(text)?.into_iter();
    let Some(Token::Word(module)) = tokens.next() else {
        return Err(example("begins with no login module"));
    };
    match tokens.next() {
        Some(Token::Word(flag))
            if ["required", "requisite", "sufficient", "optional"].contains(&flag.to_ascii_lowercase().as_str()) => {}
        _ => return Err(example("has no control flag (required) after the login module")),
    }
    let mut options = Vec::new();
    loop {
        match tokens.next() {
            Some(Token::End) => break,
            None => return Err(example("does not end with a semicolon")),
            Some(Token::Equals) => return Err(example("has an = without a name before it")),
            Some(Token::Word(name)) => match (tokens.next(), tokens.next()) {
                (Some(Token::Equals), Some(Token::Word(value))) => options.push((name, value)),
                _ => return Err(example(&format!("has no value for `{name}`"))),
            },
        }
    }
    if tokens.next().is_some() {
        return Err(example("holds more than one login module"));
    }
    let option = |wanted: &str| options.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    match module.rsplit('.').next().unwrap_or_default() {
        "PlainLoginModule" => {}
        "ScramLoginModule" => {
            if option("tokenauth").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                return Err("delegation tokens (tokenauth) are not built: write a user's name and password".to_owned());
            }
        }
        "Krb5LoginModule" => return Err(not_built("Kerberos")),
        "OAuthBearerLoginModule" => return Err(not_built("OAUTHBEARER")),
        _ => return Err(not_built("this login module")),
    }
    match (option("username"), option("password")) {
        (Some(username), Some(password)) => Ok(Login { username, password }),
        (None, _) => Err(example("has no username")),
        (_, None) => Err(example("has no password")),
    }
}

fn not_built(what: &str) -> String {
    format!(
        "{what} is not built in: use PlainLoginModule (sasl.mechanism=PLAIN) or ScramLoginModule (SCRAM-SHA-256, \
         SCRAM-SHA-512)"
    )
}

fn example(wrong: &str) -> String {
    format!(
        "{wrong}: write org.apache.kafka.common.security.plain.PlainLoginModule required username=\"…\" \
         password=\"…\"; or sasl.username and sasl.password"
    )
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '=' => found.push(Token::Equals),
            ';' => found.push(Token::End),
            '"' | '\'' => found.push(Token::Word(quoted(char, &mut chars)?)),
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|&next| next != '\n').is_some() {},
            '/' if chars.next_if_eq(&'*').is_some() => {
                let mut before = ' ';
                while let Some(next) = chars.next()
                    && (before, next) != ('*', '/')
                {
                    before = next;
                }
            }
            blank if blank.is_whitespace() => {}
            first => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|&next| !next.is_whitespace() && !"=;\"'".contains(next)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

/// The rest of a quoted word, `\n`, `\t` and `\101` resolved, any other escaped character as it is.
fn quoted(quote: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut word = String::new();
    loop {
        match chars.next() {
            None | Some('\n') => return Err(example("has a quote that is not closed")),
            Some(end) if end == quote => return Ok(word),
            Some('\\') => match chars.next() {
                Some('n') => word.push('\n'),
                Some('t') => word.push('\t'),
                Some('r') => word.push('\r'),
                Some('a') => word.push('\u{7}'),
                Some('b') => word.push('\u{8}'),
                Some('f') => word.push('\u{c}'),
                Some('v') => word.push('\u{b}'),
                Some(octal @ '0'..='7') => {
                    let mut code = octal.to_digit(8).unwrap_or_default();
                    // Three digits only up to \377.
                    let more = if octal <= '3' { 2 } else { 1 };
                    for _ in 0..more {
                        let Some(digit) = chars.peek().and_then(|next| next.to_digit(8)) else { break };
                        chars.next();
                        code = code * 8 + digit;
                    }
                    word.extend(char::from_u32(code));
                }
                Some(other) => word.push(other),
                None => return Err(example("has a quote that is not closed")),
            },
            Some(other) => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        login(text).map(|login| (login.username, login.password))
    }
    fn pair(user: &str, password: &str) -> Result<(String, String), String> {
        Ok((user.to_owned(), password.to_owned()))
    }

    /// Texts and results of Kafka 3.6.1's own JaasConfig.
    #[test]
    fn logins_are_read_as_kafka_reads_them() {
        assert_eq!(
            read(
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" \
                 password=\"p;w\\\"x\\\\\";"
            ),
            pair("alice", r#"p;w"x\"#)
        );
        assert_eq!(read("PlainLoginModule required username='bob' password=abc-1_$;"), pair("bob", "abc-1_$"));
        assert_eq!(read(r#"PlainLoginModule REQUIRED username=bob password="a\101\n\tb";"#), pair("bob", "aA\n\tb"));
        assert_eq!(read(r#"PlainLoginModule required username="a"password="b" ; "#), pair("a", "b"));
        assert_eq!(read("/* c */ ScramLoginModule required // x\n username=\"a\"\n password=\"\\q\";"), pair("a", "q"));
        assert_eq!(read(r#"ScramLoginModule required username="a" password="=";"#), pair("a", "="));
        assert_eq!(read(r#"PlainLoginModule required username="a" password="1" password="2";"#), pair("a", "2"));
    }

    #[test]
    fn a_broken_login_says_what_is_missing_and_shows_no_password() {
        for (text, word) in [
            ("", "no login module"),
            ("PlainLoginModule", "no control flag"),
            (r#"PlainLoginModule username="a";"#, "no control flag"),
            (r#"PlainLoginModule required username="a" password="geheim""#, "semicolon"),
            (r#"PlainLoginModule required username password="geheim";"#, "no value for `username`"),
            (r#"PlainLoginModule required password="geheim";"#, "no username"),
            (r#"PlainLoginModule required username="a";"#, "no password"),
            (r#"PlainLoginModule required username="a" password="geheim;"#, "not closed"),
            ("PlainLoginModule required ='geheim';", "without a name"),
            (r#"PlainLoginModule required username="a" password="geheim"; B required;"#, "more than one"),
            (r#"com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true;"#, "Kerberos is not built in"),
            ("software.amazon.msk.auth.iam.IAMLoginModule required;", "this login module is not built in"),
            ("org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;", "OAUTHBEARER is not"),
            (r#"ScramLoginModule required username="a" password="geheim" tokenauth="true";"#, "delegation tokens"),
        ] {
            let why = login(text).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
            assert!(!why.contains("geheim"), "{why}");
        }
    }
}
