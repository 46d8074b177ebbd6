//! SASL/SCRAM over TLS against a real Kafka, as OMB's users write it and as librdkafka's do; and what is said when it
//! fails.

use crate::scene::results::Detail;
use crate::scene::workload::{JAVA_CLASS, driver};
use crate::scene::{Kafka, Outcome, Scene, Workload};
use std::time::Duration;

const REFUSED_BY_BROKER: i32 = 4;
const LIMIT: Duration = Duration::from_secs(90);
/// A refusal takes the start (a second for the clock) and a few round trips; the rest is for a busy machine. It is well
/// below the 30 s that an unreachable broker is waited for.
const QUICK: Duration = Duration::from_secs(10);

/// The listener that wants both, and what it takes to get in.
struct Secured {
    address: &'static str,
    user: &'static str,
    password: &'static str,
    ca: &'static str,
}

impl Secured {
    fn find() -> Option<Self> {
        let kafka = Kafka::shared()?;
        let found = (|| {
            Some(Self {
                address: kafka.variable("PINLOAD_KAFKA_SASL_TLS")?,
                user: kafka.variable("PINLOAD_KAFKA_USER")?,
                password: kafka.variable("PINLOAD_KAFKA_PASSWORD")?,
                ca: kafka.variable("PINLOAD_KAFKA_CA")?,
            })
        })();
        if found.is_none() {
            // Past the capture of the test runner: a test that did not test must be seen.
            use std::io::Write as _;
            let _ = writeln!(
                std::io::stderr(),
                "!! LEFT OUT: the given Kafka has no listener with SASL and TLS of tools/kafka"
            );
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "CI tests with a broker of tools/kafka --sasl … --tls"
            );
        }
        found
    }

    /// Kafka's Java names, as in OMB's driver files.
    fn java(&self, mechanism: &str, password: &str) -> Vec<String> {
        let user = self.user;
        vec![
            "security.protocol=SASL_SSL".to_owned(),
            format!("sasl.mechanism={mechanism}"),
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\".to_owned(),
            format!("    username=\"{user}\" password=\"{password}\";"),
            "ssl.truststore.type=PEM".to_owned(),
            format!("ssl.truststore.location={}", self.ca),
            "ssl.endpoint.identification.algorithm=https".to_owned(),
        ]
    }

    /// librdkafka's names.
    fn librdkafka(&self, mechanism: &str, password: &str) -> Vec<String> {
        vec![
            "security.protocol=sasl_ssl".to_owned(),
            format!("sasl.mechanisms={mechanism}"),
            format!("sasl.username={}", self.user),
            format!("sasl.password={password}"),
            format!("ssl.ca.location={}", self.ca),
        ]
    }

    fn run(&self, scene: &Scene, common: &[String]) -> Outcome {
        let common: Vec<_> = common.iter().map(String::as_str).collect();
        let consumer = ["auto.offset.reset=earliest", "enable.auto.commit=false"];
        scene.write("driver.yaml", &driver(JAVA_CLASS, self.address, &common, &["acks=all", "linger.ms=1"], &consumer));
        let args =
            ["run", "--no-progress", "-d", "driver.yaml", "--warmup=0s", "--duration=2s", "-o", "r.json", "w.yaml"];
        scene.pinload(args).limit(LIMIT).run()
    }
}

#[test]
fn scram_over_tls_works_in_javas_words_and_in_librdkafkas() {
    let Some(secured) = Secured::find() else { return };
    let scene = Scene::untimed("scram_over_tls_works_in_javas_words_and_in_librdkafkas");
    scene.write("w.yaml", &Workload::small("secured").text());
    for common in [
        secured.java("SCRAM-SHA-512", secured.password),
        secured.java("SCRAM-SHA-256", secured.password),
        secured.librdkafka("SCRAM-SHA-512", secured.password),
    ] {
        let done = secured.run(&scene, &common);
        done.assert_code(0);
        let totals = Detail::read(&scene.path("r.detail")).totals();
        assert!(totals.acknowledged >= 800, "{totals:?}");
        assert_eq!((totals.received, totals.lost, totals.failed), (totals.acknowledged, 0, 0), "{totals:?}");
        let told = scene.read("r.detail");
        assert!(!done.says(secured.password) && !told.contains(secured.password), "the password is shown");
        scene.assert_no_leftovers();
    }
}

#[test]
fn a_wrong_password_over_tls_is_one_clear_error() {
    let Some(secured) = Secured::find() else { return };
    let scene = Scene::untimed("a_wrong_password_over_tls_is_one_clear_error");
    scene.write("w.yaml", &Workload::small("refused").text());
    for common in [secured.java("SCRAM-SHA-512", "not-this-one"), secured.librdkafka("SCRAM-SHA-256", "not-this-one")] {
        let ended = secured.run(&scene, &common);
        assert_one_error(&scene, &ended, secured.address, "authentication");
        assert!(!ended.says("not-this-one"), "the password is shown\n{ended}");
    }
}

#[test]
fn an_unknown_authority_is_one_clear_error() {
    let Some(secured) = Secured::find() else { return };
    let scene = Scene::untimed("an_unknown_authority_is_one_clear_error");
    scene.write("w.yaml", &Workload::small("refused").text());
    // Without a CA of its own the system's decide, and those know nothing of the broker's.
    for common in
        [secured.java("SCRAM-SHA-512", secured.password), secured.librdkafka("SCRAM-SHA-512", secured.password)]
    {
        let common: Vec<_> = common
            .into_iter()
            .filter(|line| !line.starts_with("ssl.truststore.") && !line.starts_with("ssl.ca."))
            .collect();
        let ended = secured.run(&scene, &common);
        assert_one_error(&scene, &ended, secured.address, "certificate");
    }
}

/// Told once, quickly, with the broker and the cause, and nothing is left behind.
fn assert_one_error(scene: &Scene, ended: &Outcome, address: &str, cause: &str) {
    ended.assert_code(REFUSED_BY_BROKER).assert_stderr_has(address).assert_stderr_has(cause);
    let errors: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{ended}");
    assert!(errors[0].contains(address) && errors[0].contains(cause), "{ended}");
    assert!(ended.took < QUICK, "told after {:?}\n{ended}", ended.took);
    scene.assert_no_leftovers();
}
