//! The way through the tables: every line to its row, later lines over earlier ones, then what was left out.

use super::in_progress::ConfigurationInProgress;
use super::settings::{GivenProperty, RowSettings};
use super::table::{Roles, RowDecision, RowInput, Rule, find};
use super::{For, Refusal, Translated, TranslatedProperties, consistency, java_defaults, needs, remarks, unknown};
use crate::config::properties::WrittenProperty;

/// Translates one client's properties. `own` (producerConfig or consumerConfig; nothing for the admin client) overlays
/// `common`, later lines overlay earlier ones. With `java_defaults` (the driver file names OMB's Java class) omitted
/// keys get the Java client's defaults where they differ and matter, and names that both clients know mean what they
/// mean in Java.
///
/// # Errors
/// Everything that cannot be honoured, each with its line and what to write instead. What stands in `common` is refused
/// for each role alike.
pub fn translate(
    common: &[WrittenProperty],
    own: &[WrittenProperty],
    role: For,
    java_defaults: bool,
) -> Result<TranslatedProperties, Vec<Refusal>> {
    let (given, mut refusals) = known(common.iter().chain(own));
    let settings = RowSettings { given, role, java: java_defaults };
    let mut made = ConfigurationInProgress::default();
    for (index, given) in settings.given.iter().enumerate() {
        match verdict(&settings, index) {
            RowDecision::Set { to, why } => made.set(given, to, &why),
            RowDecision::Ignored(why) => made.line(given.written, Translated::Ignored { why }),
            RowDecision::Refused(why) => {
                // What is wrong with an address is said of the address.
                let told = given.property.name == "bootstrap.servers";
                let why = if told { why } else { remarks::with_remark(given.written, &why) };
                refusals.push(Refusal { name: given.written.name.clone(), line: given.written.line, why });
            }
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut properties = made.properties;
    if java_defaults {
        java_defaults::complete(&settings, &mut properties);
    }
    needs::complete(&settings, &mut properties);
    let refusals = consistency::check(&settings, &properties);
    if refusals.is_empty() { Ok(properties) } else { Err(refusals) }
}

/// Each line with its row; the others refused.
fn known<'a>(all: impl Iterator<Item = &'a WrittenProperty>) -> (Vec<GivenProperty<'a>>, Vec<Refusal>) {
    let mut given = Vec::new();
    let mut refusals = Vec::new();
    for written in all {
        let found = find(&written.name).and_then(|property| match property.rule {
            Rule::Alias(of, alias) => find(of).map(|property| GivenProperty { written, property, alias }),
            _ => Some(GivenProperty { written, property, alias: "" }),
        });
        match found {
            Some(one) => given.push(one),
            None => refusals.push(Refusal {
                name: written.name.clone(),
                line: written.line,
                why: unknown::why(&written.name, true),
            }),
        }
    }
    (given, refusals)
}

/// What the row of one line says.
fn verdict(settings: &RowSettings<'_>, index: usize) -> RowDecision {
    let given = &settings.given[index];
    let property = given.property;
    if let Some(later) = settings.given[index + 1..].iter().rev().find(|later| later.property.name == property.name) {
        let line = later.written.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        return RowDecision::Ignored(format!("written again{line}, which holds"));
    }
    if property.roles != Roles::Any && !property.roles.has(settings.role) {
        return RowDecision::Ignored(format!("is for {}", property.roles.plural()));
    }
    let asked = RowInput { name: property.name, value: given.value(), settings };
    match property.rule {
        Rule::Pass(super::kind::PropertyKind::Text) if asked.value.is_empty() => {
            RowDecision::Ignored("empty".to_owned())
        }
        Rule::Pass(kind) => asked.pass(kind),
        Rule::By(decide) => decide(&asked),
        Rule::Ignored(why) => RowDecision::Ignored(why.to_owned()),
        Rule::Refused(why) => RowDecision::Refused(why.to_owned()),
        Rule::Alias(..) => RowDecision::Refused("a table row leads in a circle".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::For::{Admin, Consumer, Producer};
    use super::super::Translated;
    use super::super::trial::{ignored, outcome, refusal, refusals, translated};

    #[test]
    fn own_properties_overlay_common_ones_and_later_lines_earlier_ones() {
        let properties = translated("acks=1\nclient.id=all", "acks=0\nacks=all", Producer, false);
        assert_eq!(properties.get("acks"), Some("all"));
        assert_eq!(properties.get("client.id"), Some("all"));
        assert_eq!(properties.effective.iter().filter(|(name, _)| name == "acks").count(), 1);
        let whys: Vec<_> =
            properties.lines.iter().filter(|line| line.name == "acks").map(|line| &line.outcome).collect();
        assert_eq!(whys.len(), 3);
        assert_eq!(whys[0], &Translated::Ignored { why: "written again in line 2, which holds".into() });
        assert_eq!(whys[2], &Translated::Passed);
    }

    #[test]
    fn a_comment_behind_a_value_is_shown_with_the_refusal() {
        let refused = refusal("linger.ms=10 # wait", Producer, true);
        let words = "linger.ms: is read as `10 # wait`: properties have no comments behind a value, they stand on \
            lines of their own; write a";
        assert!(refused.starts_with(words), "{refused}");
        assert!(refusal("acks=\"all\"", Producer, true).contains("quotes are part of a value"));
        assert!(refusal("batch.size={batch}", Producer, true).contains("nobody fills in {batch}"));
    }

    #[test]
    fn spellings_of_one_property_overlay_each_other() {
        let properties = translated(
            "message.timeout.ms=5000\nlinger.ms=9",
            "delivery.timeout.ms=6000\nqueue.buffering.max.ms=7",
            Producer,
            false,
        );
        assert_eq!(properties.get("delivery.timeout.ms"), Some("6000"));
        assert_eq!(properties.get("linger.ms"), Some("7"));
        assert_eq!(properties.get("message.timeout.ms"), None);
        let outcome = outcome(&properties, "queue.buffering.max.ms");
        assert!(matches!(outcome, Translated::Renamed { to, .. } if to[0].0 == "linger.ms"));
    }

    #[test]
    fn of_two_properties_with_one_effect_the_later_holds_and_the_earlier_says_so() {
        let properties = translated("", "buffer.memory=67108864\nqueue.buffering.max.kbytes=100", Producer, false);
        assert_eq!(properties.get("queue.buffering.max.kbytes"), Some("100"));
        assert_eq!(properties.get("queue.buffering.max.messages"), Some("671088"));
        let properties = translated("", "max.request.size=5000\nmessage.max.bytes=6000", Producer, false);
        assert_eq!(properties.get("message.max.bytes"), Some("6000"));
        assert_eq!(ignored(&properties, "max.request.size"), "a later line sets message.max.bytes, which holds");
        let properties = translated("", "message.max.bytes=6000\nmax.request.size=5000", Producer, false);
        assert_eq!(properties.get("message.max.bytes"), Some("5000"));
        assert_eq!(ignored(&properties, "message.max.bytes"), "a later line sets message.max.bytes, which holds");
    }

    #[test]
    fn properties_of_other_clients_are_shown_and_not_given() {
        let common = "acks=1\nauto.offset.reset=earliest\nclient.rack=a\ntransactional.id=t";
        let consumer = translated(common, "", Consumer, true);
        assert_eq!(consumer.get("acks"), None);
        assert_eq!(ignored(&consumer, "acks"), "is for producers");
        assert_eq!(ignored(&consumer, "transactional.id"), "is for producers");
        assert_eq!(consumer.get("auto.offset.reset"), Some("earliest"));
        let admin = translated(common, "", Admin, true);
        assert_eq!(admin.get("client.rack"), Some("a"));
        assert_eq!(ignored(&admin, "auto.offset.reset"), "is for consumers");
        assert!(refusal(common, Producer, true).starts_with("transactional.id: "));
    }

    #[test]
    fn all_mistakes_are_refused_at_once_with_their_lines() {
        let refusals =
            refusals("linger.m=1\nacks=all", "\nbatch.size=big\ngroup.instance.id=x\nretention.ms=1", Producer, true);
        let found: Vec<_> = refusals.iter().map(|refusal| (refusal.name.as_str(), refusal.line)).collect();
        assert_eq!(found, [("linger.m", Some(1)), ("retention.ms", Some(4)), ("batch.size", Some(2))]);
        assert_eq!(
            refusals[0].to_string(),
            "linger.m: is a property of neither Kafka's Java clients nor librdkafka; did you mean linger.ms?"
        );
    }

    #[test]
    fn a_misspelt_secret_is_not_repeated() {
        let refusals = refusals("", "sasl.pasword=geheim\nssl.truststore.pasword=geheim", Producer, true);
        assert!(refusals.iter().all(|refusal| !refusal.to_string().contains("geheim")));
        let secret = translated("", "ssl.truststore.password=geheim\nsasl.password=geheim", Producer, true);
        assert!(secret.lines.iter().all(|line| line.value != "geheim"));
    }

    #[test]
    fn blanks_around_a_value_are_dropped_and_that_is_said() {
        let properties = translated("", "linger.ms= 5 \ncompression.type=\tlz4", Producer, true);
        assert_eq!(properties.get("linger.ms"), Some("5"));
        assert_eq!(properties.get("compression.type"), Some("lz4"));
        let Translated::Renamed { why, .. } = outcome(&properties, "linger.ms") else { panic!("not renamed") };
        assert_eq!(why, "blanks around a value are dropped, as Kafka does");
    }

    #[test]
    fn case_alone_is_no_translation() {
        let properties = translated("security.protocol=PLAINTEXT", "enable.idempotence=TRUE", Producer, false);
        assert_eq!(outcome(&properties, "security.protocol"), &Translated::Passed);
        assert_eq!(properties.get("security.protocol"), Some("plaintext"));
        assert_eq!(properties.get("enable.idempotence"), Some("true"));
    }

    #[test]
    fn an_empty_text_is_as_good_as_none() {
        let properties = translated("", "client.rack=", Producer, true);
        assert_eq!(ignored(&properties, "client.rack"), "empty");
        assert!(refusal("linger.ms=", Producer, true).contains("milliseconds"));
    }
}
