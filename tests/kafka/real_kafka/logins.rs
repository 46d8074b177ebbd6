//! Passwords, SCRAM and certificates: what works, and what is said where it does not.

use super::*;

#[test]
fn sasl_by_password_and_by_scram_works_from_a_jaas_line() {
    let Some(kafka) = Kafka::shared() else { return };
    let Some(address) = kafka.variable("PINLOAD_KAFKA_SASL") else { return no_listener("SASL") };
    let scene = Scene::untimed("sasl_by_password_and_by_scram_works_from_a_jaas_line");
    scene.write("small.yaml", &Workload::small("sasl").text());
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let common = sasl(kafka, "SASL_PLAINTEXT", mechanism, &secret(kafka));
        scene.write("driver.yaml", &driver(JAVA_CLASS, address, &refs(&common), &PRODUCER, &CONSUMER));
        let file = format!("{mechanism}.json");
        let done = run(&scene, &[SHORT, "--output", &file]);
        done.assert_code(0);
        let totals = Detail::read(&scene.path(&format!("{mechanism}.detail"))).totals();
        assert_eq!(totals.acknowledged, totals.received, "{mechanism}: {totals:?}");
        let detail = scene.read(&format!("{mechanism}.detail"));
        assert!(!done.says(&secret(kafka)) && !detail.contains(&secret(kafka)), "the password is shown");
    }
}

#[test]
fn tls_with_and_without_sasl_works_from_pem_files() {
    let Some(kafka) = Kafka::shared() else { return };
    let (Some(tls), Some(both), Some(ca)) = (
        kafka.variable("PINLOAD_KAFKA_TLS"),
        kafka.variable("PINLOAD_KAFKA_SASL_TLS"),
        kafka.variable("PINLOAD_KAFKA_CA"),
    ) else {
        return no_listener("TLS");
    };
    let scene = Scene::untimed("tls_with_and_without_sasl_works_from_pem_files");
    scene.write("small.yaml", &Workload::small("tls").text());
    let ca = format!("ssl.ca.location={ca}");
    let mut with_sasl = sasl(kafka, "SASL_SSL", "SCRAM-SHA-512", &secret(kafka));
    with_sasl.push(ca.clone());
    for (address, common) in [(tls, vec!["security.protocol=SSL".to_owned(), ca]), (both, with_sasl)] {
        scene.write("driver.yaml", &driver(JAVA_CLASS, address, &refs(&common), &PRODUCER, &CONSUMER));
        run(&scene, &[SHORT]).assert_code(0);
    }
}

#[test]
fn a_wrong_password_is_one_clear_error_at_once() {
    let Some(kafka) = Kafka::shared() else { return };
    let Some(address) = kafka.variable("PINLOAD_KAFKA_SASL") else { return no_listener("SASL") };
    let scene = Scene::untimed("a_wrong_password_is_one_clear_error_at_once");
    scene.write("small.yaml", &Workload::small("refused").text());
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let common = sasl(kafka, "SASL_PLAINTEXT", mechanism, "wrong");
        scene.write("driver.yaml", &driver(JAVA_CLASS, address, &refs(&common), &PRODUCER, &CONSUMER));
        let ended = run(&scene, &[SHORT]);
        ended.assert_code(UNREACHABLE).assert_stderr_has("authentication");
        assert!(ended.took < QUICK, "{mechanism}: told after {:?}\n{ended}", ended.took);
        assert!(!ended.says("\"wrong\""), "the password is shown\n{ended}");
        scene.assert_no_leftovers();
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_one_clear_error() {
    let Some(kafka) = Kafka::shared() else { return };
    let Some(address) = kafka.variable("PINLOAD_KAFKA_TLS") else { return no_listener("TLS") };
    let scene = Scene::untimed("a_certificate_that_nobody_vouches_for_is_one_clear_error");
    scene.write("small.yaml", &Workload::small("refused").text());
    scene.write("driver.yaml", &driver(JAVA_CLASS, address, &["security.protocol=SSL"], &PRODUCER, &CONSUMER));
    let ended = run(&scene, &[SHORT]);
    ended.assert_code(UNREACHABLE).assert_stderr_has(address).assert_stderr_has("certificate");
    assert!(ended.took < QUICK, "told after {:?}\n{ended}", ended.took);
    scene.assert_no_leftovers();
}

fn no_listener(kind: &str) {
    // The broker was given from outside and has only an open listener: said past the capture of the test runner.
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "!! LEFT OUT: the given Kafka has no {kind} listener of tools/kafka");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI tests with a broker of tools/kafka --sasl … --tls");
}

fn secret(kafka: &Kafka) -> String {
    kafka.variable("PINLOAD_KAFKA_PASSWORD").expect("with a SASL listener").to_owned()
}

fn sasl(kafka: &Kafka, protocol: &str, mechanism: &str, password: &str) -> Vec<String> {
    let user = kafka.variable("PINLOAD_KAFKA_USER").expect("with a SASL listener");
    let module = if mechanism == "PLAIN" { "plain.PlainLoginModule" } else { "scram.ScramLoginModule" };
    vec![
        format!("security.protocol={protocol}"),
        format!("sasl.mechanism={mechanism}"),
        format!(
            "sasl.jaas.config=org.apache.kafka.common.security.{module} required username=\"{user}\" \
             password=\"{password}\";"
        ),
    ]
}

fn refs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}
