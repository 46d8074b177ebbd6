//! PEM text within a property. Java takes it in one line; OpenSSL wants its lines.

/// The text with a line break after each BEGIN line, before each END line, and every 64 characters between.
/// Refused without a single complete block.
pub(super) fn with_lines(text: &str) -> Result<String, String> {
    let mut lines = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let what = block["-----BEGIN ".len()..].split("-----").next().unwrap_or_default();
        let begin = format!("-----BEGIN {what}-----");
        let end = format!("-----END {what}-----");
        let Some(stop) = block.find(&end).filter(|_| block.starts_with(&begin)) else {
            return Err(format!("PEM text without {end}"));
        };
        let body = &block[begin.len()..stop];
        lines.push_str(&begin);
        lines.push('\n');
        // Headers (Proc-Type: 4,ENCRYPTED) have lines that mean something: such a body stays as it is.
        if body.contains(": ") {
            lines.push_str(body.trim());
            lines.push('\n');
        } else {
            let base64: Vec<char> = body.chars().filter(|char| !char.is_whitespace()).collect();
            for line in base64.chunks(64) {
                lines.extend(line);
                lines.push('\n');
            }
        }
        lines.push_str(&end);
        lines.push('\n');
        rest = &block[stop + end.len()..];
    }
    if lines.is_empty() {
        return Err("write PEM text: -----BEGIN …----- to -----END …-----".to_owned());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_pem_gets_its_lines_and_others_keep_theirs() {
        let long = "A".repeat(70);
        let one_line = format!("-----BEGIN CERTIFICATE----- {long} -----END CERTIFICATE-----");
        let lines = format!("-----BEGIN CERTIFICATE-----\n{}\nAAAAAA\n-----END CERTIFICATE-----\n", "A".repeat(64));
        assert_eq!(with_lines(&one_line).unwrap(), lines);
        assert_eq!(with_lines(&lines).unwrap(), lines);
        assert_eq!(with_lines(&format!("noise {one_line} {one_line}")).unwrap(), lines.repeat(2));
    }

    #[test]
    fn an_encrypted_key_of_the_old_form_keeps_its_headers() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
            -----END RSA PRIVATE KEY-----\n";
        assert_eq!(with_lines(key).unwrap(), key);
    }

    #[test]
    fn text_without_a_whole_block_is_refused() {
        for wrong in ["", "/etc/ca.pem", "-----BEGIN CERTIFICATE----- AAAA", "-----BEGIN CERTIFICATE AAAA"] {
            assert!(with_lines(wrong).is_err(), "{wrong}");
        }
    }
}
