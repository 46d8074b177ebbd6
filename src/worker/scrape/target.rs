//! Whom to ask.

/// A page of metrics, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// What it is called in results.
    pub name: String,
    /// Where it is.
    pub url: String,
}

impl ScrapeTarget {
    /// `broker-1=http://10.0.0.1:7071/metrics`. Error: what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((name, url)) = text.split_once('=') else {
            return Err("write NAME=URL, such as broker-1=http://10.0.0.1:7071/metrics".to_owned());
        };
        if name.is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("the name before = is empty or has blanks".to_owned());
        }
        let Some(place) = url.strip_prefix("http://") else {
            let why = if url.starts_with("https://") { "pages are read without TLS: give" } else { "give" };
            return Err(format!("{why} an address that begins with http://"));
        };
        let host = place.split(['/', '?']).next().unwrap_or_default();
        if host.is_empty() || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("the address has no host, or blanks".to_owned());
        }
        if host.contains('@') {
            return Err("no user and password in the address: results show it".to_owned());
        }
        Ok(Self { name: name.to_owned(), url: url.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_name_and_an_address_without_secrets() {
        let target = ScrapeTarget::parse("b=http://h:1/metrics?x=y").unwrap();
        assert_eq!((&*target.name, &*target.url), ("b", "http://h:1/metrics?x=y"));
        for (wrong, why) in [
            ("http://h:1/metrics", "NAME=URL"),
            ("=http://h", "name"),
            ("a b=http://h", "blanks"),
            ("b=https://h", "TLS"),
            ("b=h:1", "http://"),
            ("b=http:///metrics", "no host"),
            ("b=http://me:secret@h/metrics", "password"),
        ] {
            let told = ScrapeTarget::parse(wrong).unwrap_err();
            assert!(told.contains(why) && !told.contains("secret"), "{wrong}: {told}");
        }
    }
}
