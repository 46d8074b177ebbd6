//! Addresses of brokers, checked as Java's client checks them and a little more: what cannot work is refused where it
//! is written. librdkafka takes port 99092 for 33556, and a list with semicolons for one host.

use super::remarks;

/// Port where librdkafka finds none. Java's client wants one.
const LIBRDKAFKA_PORT: u16 = 9092;

/// One address as librdkafka is to be given it: without a protocol, with a port.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(super) fn broker(written: &str, java: bool) -> Result<String, String> {
    if let Some(placeholder) = remarks::placeholder(written) {
        return Err(format!("`{written}` holds the placeholder {placeholder}: {}", remarks::who_fills(placeholder)));
    }
    let wrong = |why: &str| format!("`{written}` is no address: {why}, write host:port,host:port");
    let (protocol, address) = written.split_once("://").unwrap_or(("", written));
    if !protocol.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(wrong("what stands before :// is no protocol"));
    }
    if address.contains(['"', '\'']) {
        return Err(wrong("quotes are part of a value, leave them out"));
    }
    if address.contains(';') {
        return Err(wrong("a comma stands between addresses, no semicolon"));
    }
    if address.contains(char::is_whitespace) {
        return Err(wrong("a comma stands between addresses, no blank"));
    }
    if address.contains('/') {
        return Err(wrong("a broker has no path"));
    }
    let (host, port) = host_and_port(address).map_err(|why| wrong(&why))?;
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._%".contains(c) || (inner.is_some() && c == ':');
    if inner.is_some_and(|inner| !inner.contains(':')) || inner.unwrap_or(host).is_empty() {
        return Err(wrong("it has no host"));
    }
    if let Some(strange) = inner.unwrap_or(host).chars().find(|c| !legal(*c)) {
        return Err(wrong(&format!("no host has a `{strange}`")));
    }
    match port {
        None if java => {
            Err(format!("`{written}` has no port: write {host}:{LIBRDKAFKA_PORT}, or whichever the broker listens on"))
        }
        None => Ok(format!("{host}:{LIBRDKAFKA_PORT}")),
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 && port.bytes().all(|digit| digit.is_ascii_digit()) => {
                Ok(format!("{host}:{number}"))
            }
            _ => Err(wrong(&format!("`{port}` is no port from 1 to 65535"))),
        },
    }
}

/// The host (with its brackets) and what stands behind its colon.
fn host_and_port(address: &str) -> Result<(&str, Option<&str>), String> {
    if address.starts_with('[') {
        let end = address.find(']').ok_or("a bracket is not closed")? + 1;
        let (host, rest) = address.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(format!("`{rest}` stands behind the bracket")),
        };
    }
    match address.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("IPv6 stands in brackets and a comma between addresses ([::1]:9092)".to_owned())
        }
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((address, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_work_are_taken() {
        for (written, given) in [
            ("localhost:9092", "localhost:9092"),
            ("PLAINTEXT://b-1.my_cluster.example.com:65535", "b-1.my_cluster.example.com:65535"),
            ("SASL_SSL://[::1]:09092", "[::1]:9092"),
            ("[fe80::1%eth0]:1", "[fe80::1%eth0]:1"),
            ("10.0.0.1:1", "10.0.0.1:1"),
        ] {
            assert_eq!(broker(written, true).as_deref(), Ok(given));
        }
        assert_eq!(broker("localhost", false).as_deref(), Ok("localhost:9092"));
        assert_eq!(broker("[::1]", false).as_deref(), Ok("[::1]:9092"));
    }

    #[test]
    fn addresses_that_cannot_work_are_refused_with_what_to_write() {
        for (written, why) in [
            ("a:99092", "`99092` is no port from 1 to 65535"),
            ("a:0", "`0` is no port"),
            ("a:-1", "`-1` is no port"),
            ("a:+1", "`+1` is no port"),
            ("a:", "`` is no port"),
            ("a:9092x", "`9092x` is no port"),
            ("a:9092/", "no path"),
            ("http://a:9092/kafka", "no path"),
            ("localhost", "has no port: write localhost:9092"),
            ("[::1]", "has no port: write [::1]:9092"),
            ("::1:9092", "IPv6 stands in brackets"),
            ("[::1:9092", "a bracket is not closed"),
            ("[::1]9092", "`9092` stands behind the bracket"),
            ("[]:9092", "it has no host"),
            (":9092", "it has no host"),
            ("SSL://", "it has no host"),
            ("\"a:9092\"", "leave them out"),
            ("'a:9092", "leave them out"),
            ("a:9092;b:9092", "no semicolon"),
            ("a:9092 b:9092", "no blank"),
            ("a:9092:b:9092", "a comma between addresses"),
            ("bröker:9092", "no host has a `ö`"),
            ("a@b:9092", "no host has a `@`"),
            ("<broker>:9092", "the placeholder <broker>"),
            ("{{ kafka }}:9092", "the placeholder {{ kafka }}"),
            ("${file:x:y}", "the placeholder ${file:x:y}"),
            ("$BROKER:9092", "no host has a `$`"),
            ("a b://c:1", "no protocol"),
        ] {
            let refused = broker(written, true).unwrap_err();
            assert!(refused.contains(why) && refused.contains(&format!("`{written}`")), "{refused}");
        }
    }
}
