//! Properties that come over a network: a worker refuses again what the plan of an honest coordinator has refused.

use super::table::{self, Rule};
use super::{Refusal, addresses, kind};

/// Could these be what a plan gives librdkafka? Names outside the tables, those that are refused or never given
/// (plug-ins, callbacks, logs) and values that no plan lets through could not.
///
/// # Errors
/// The first that could not, and why. Holds no value.
pub fn recheck(effective: &[(String, String)]) -> Result<(), Refusal> {
    effective
        .iter()
        .try_for_each(|(name, value)| one(name, value).map_err(|why| Refusal { name: name.clone(), line: None, why }))
}

fn one(name: &str, value: &str) -> Result<(), String> {
    const NOT_OF_A_PLAN: &str = "no plan gives a client this property";
    if value.contains('\0') || name.contains('\0') {
        return Err("holds a character NUL".to_owned());
    }
    match table::find(name).map(|property| property.rule) {
        None | Some(Rule::Ignored(_) | Rule::Alias(..)) => Err(NOT_OF_A_PLAN.to_owned()),
        Some(Rule::Refused(why)) => Err(why.to_owned()),
        Some(Rule::Pass(kind::PropertyKind::Text)) => Ok(()),
        Some(Rule::Pass(kind)) => kind.read(value).map(drop),
        Some(Rule::By(_)) if name == "bootstrap.servers" => {
            value.split(',').try_for_each(|address| addresses::broker(address, true).map(drop))
        }
        Some(Rule::By(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), Refusal> {
        recheck(&[("acks".to_owned(), "all".to_owned()), (name.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_no_plan_gives_is_refused_with_its_name() {
        for (name, value) in [
            ("plugin.library.paths", "/tmp/evil.so"),
            ("ssl.engine.location", "/tmp/evil.so"),
            ("log_cb", "1"),
            ("interceptors", "1"),
            ("test.mock.num.brokers", "3"),
            ("debug", "all"),
            ("linger.ms", "soon"),
            ("bootstrap.servers", "a:99092"),
            ("client.id", "a\0b"),
            ("made.up", "1"),
        ] {
            let refused = checked(name, value).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{name}: ")), "{refused}");
        }
        for (name, value) in [("bootstrap.servers", "a:1,[::1]:2"), ("linger.ms", "0.5"), ("sasl.password", "# {x}")] {
            assert_eq!(checked(name, value), Ok(()));
        }
    }
}
