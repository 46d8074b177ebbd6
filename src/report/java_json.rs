//! JSON as Jackson's default pretty printer lays it out, with doubles as Java's `Double.toString` writes them.
//!
//! Result files are compared and read by tools made for OMB, so they look as if OMB had written them: `"key" : value`,
//! objects indented by two blanks, arrays on one line (`[ 1.0, 2.0 ]`), empty ones `{ }` and `[ ]`, no newline at the
//! end. Left out: reading. Any JSON reader will do.

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use std::io::{self, Write};

/// `value` as text in Jackson's layout. Fails only for values that are no JSON (maps whose keys are no text).
/// A double that is not finite becomes `null`.
pub fn to_string(value: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, JacksonFormatter::default()))?;
    Ok(String::from_utf8(bytes).expect("serde_json and this formatter write UTF-8"))
}

/// A double as Java's `Double.toString` (19 and later) writes it: the shortest digits that read back as the same
/// number, plain from 0.001 to below 10,000,000 (`100.0`), else `1.0E7`, `9.0E-4`. Not finite: `NaN`, `Infinity`.
pub fn java_double(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "NaN".to_owned() } else { format!("{}Infinity", sign(value)) };
    }
    if value == 0.0 {
        return format!("{}0.0", sign(value));
    }
    let (digits, exponent) = shortest_digits(value.abs());
    let body = match exponent {
        0..=6 => {
            let whole = usize::try_from(exponent).expect("0 to 6") + 1;
            let padded = format!("{digits:0<width$}", width = whole + 1);
            format!("{}.{}", &padded[..whole], &padded[whole..])
        }
        -3..=-1 => {
            let zeros = usize::try_from(-1 - exponent).expect("0 to 2");
            format!("0.{}{digits}", "0".repeat(zeros))
        }
        _ => {
            let fraction = if digits.len() > 1 { &digits[1..] } else { "0" };
            format!("{}.{fraction}E{exponent}", &digits[..1])
        }
    };
    format!("{}{body}", sign(value))
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() { "-" } else { "" }
}

/// Significant digits and decimal exponent. Java wants two digits at least and, of all pairs of digits that read back
/// as the number, the pair nearest to it (`4.9E-324`, where one digit would do: `5e-324`).
fn shortest_digits(value: f64) -> (String, i32) {
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = split(&shortest);
    if mantissa.len() == 1 {
        let two = format!("{value:.1e}");
        if two.parse() == Ok(value) {
            let (mantissa, exponent) = split(&two);
            return (mantissa.trim_end_matches('0').to_owned(), exponent);
        }
    }
    (mantissa, exponent)
}

fn split(scientific: &str) -> (String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust's LowerExp writes an e");
    (mantissa.replace('.', ""), exponent.parse().expect("Rust's LowerExp writes a whole exponent"))
}

/// The layout, as serde_json asks for it.
#[derive(Debug, Default)]
struct JacksonFormatter {
    depth: usize,
    /// Has the object that ends next had an entry?
    has_entry: bool,
}

impl JacksonFormatter {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for JacksonFormatter {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(java_double(value).as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"\\/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            // Jackson writes these with capitals, serde_json's own formatters with small letters.
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04X}"),
        }
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" ]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b" " } else { b", " })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.has_entry = false;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.has_entry {
            self.new_line(writer)?;
        } else {
            writer.write_all(b" ")?;
        }
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.new_line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.has_entry = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn doubles_read_as_java_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (0.146, "0.146"),
            (1e-3, "0.001"),
            (0.01234, "0.01234"),
            (9e-4, "9.0E-4"),
            (3.120_407_150_725_026_5e-4, "3.1204071507250265E-4"),
            (9_999_999.5, "9999999.5"),
            (1e7, "1.0E7"),
            (1.25e7, "1.25E7"),
            (-12_345_678.9, "-1.23456789E7"),
            (2e23, "2.0E23"),
            (4.9e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(java_double(value), text);
        }
    }

    #[test]
    fn layout_is_that_of_jackson() {
        let value = json!({
            "a": 1, "list": [1.0, 2.5], "none": [], "map": {},
            "nested": {"b": [{"c": null}, {"d": true}]}, "t": "q\"\u{1f}\n"
        });
        assert_eq!(
            to_string(&value).unwrap(),
            r#"{
  "a" : 1,
  "list" : [ 1.0, 2.5 ],
  "none" : [ ],
  "map" : { },
  "nested" : {
    "b" : [ {
      "c" : null
    }, {
      "d" : true
    } ]
  },
  "t" : "q\"\u001F\n"
}"#
        );
    }

    #[test]
    fn a_file_of_omb_comes_out_byte_for_byte() {
        for text in [
            include_str!("../../tests/fixtures/golden/omb-result-local.json"),
            include_str!("../../tests/fixtures/golden/omb-result-distributed.json"),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(to_string(&value).unwrap() == text, "the text differs from Jackson's");
        }
    }
}
