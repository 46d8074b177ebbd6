//! Logins and TLS.

use super::*;

#[test]
fn logins_and_tls_are_kafkas() {
    let Some(kafka) = Kafka::shared() else { return };
    let found = (|| {
        let variable = |name: &str| kafka.variable(name);
        let login = (variable("PINLOAD_KAFKA_USER")?, variable("PINLOAD_KAFKA_PASSWORD")?);
        let at = ["PINLOAD_KAFKA_SASL_TLS", "PINLOAD_KAFKA_SASL", "PINLOAD_KAFKA_TLS"].map(variable);
        Some((login, at, variable("PINLOAD_KAFKA_CA")?))
    })();
    let Some(((user, password), [Some(both), Some(sasl), Some(tls)], ca)) = found else {
        panic!("a broker of tools/kafka --sasl … --tls");
    };
    let scene = Scene::untimed("logins_and_tls_are_kafkas");
    scene.write("small.yaml", &Workload::small("secured").with("producerRate", 2000).text());
    let authority = format!("ssl.ca.location={ca}");
    let login = [format!("sasl.username={user}"), format!("sasl.password={password}")];
    for (address, protocol, mechanism) in [
        (both, "SASL_SSL", Some("PLAIN")),
        (both, "SASL_SSL", Some("SCRAM-SHA-256")),
        (sasl, "SASL_PLAINTEXT", Some("SCRAM-SHA-512")),
        (tls, "SSL", None),
    ] {
        let mut common = vec![format!("security.protocol={protocol}"), authority.clone()];
        if let Some(mechanism) = mechanism {
            common.push(format!("sasl.mechanism={mechanism}"));
            common.extend(login.iter().cloned());
        }
        let common: Vec<&str> = common.iter().map(String::as_str).collect();
        let producer = ["acks=all", "linger.ms=1", "enable.idempotence=true", "compression.type=lz4"];
        scene.write("driver.yaml", &driver(JAVA_CLASS, address, &common, &producer, &CONSUMER));
        let done = short(&scene, &["-d", "driver.yaml", "--client", "wire", "--output", "secured.json"]);
        done.assert_code(0);
        balanced(&Detail::read(&scene.path("secured.detail")), 1);
        let told = scene.read("secured.detail");
        assert!(!done.says(password) && !told.contains(password), "the password is shown");
        scene.assert_no_leftovers();
    }
}
