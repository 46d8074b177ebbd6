use super::*;

fn parse(text: &str) -> Result<CampaignFile, String> {
    let document = YamlDocument::parse(Path::new("c.yaml"), text).map_err(|problems| problems.to_string())?;
    CampaignFile::of(document).map_err(|problems| problems.to_string())
}

#[test]
fn a_whole_file_is_read() {
    let file = parse(
        "name: sweep\nworkload: w.yaml\ndriver: k.yaml\nsettings:\n  --duration: 5s\n  messageSize: 1000\ndimensions:\n\
         \x20 - producer.linger.ms: [0, 5, 20]\n  - common.acks: [1, all]\n    --rate: [10k, 5k]\n\
         repeats: 3\norder: random\nseed: 7\ncoolDown: 2s\nmeasure: capacity\n",
    )
    .unwrap();
    assert_eq!((file.name.as_str(), file.repeats, file.order), ("sweep", 3, RunOrder::Random(Some(7))));
    assert_eq!((file.cool_down, file.measure), (Duration::from_secs(2), Measure::Capacity));
    let set: Vec<_> = file.settings.iter().map(|turned| (turned.knob.name(), turned.line)).collect();
    assert_eq!(set, [("workload", Some(2)), ("driver", Some(3)), ("--duration", Some(5)), ("messageSize", Some(6))]);
    let steps: Vec<_> = file.dimensions.iter().map(|dimension| (dimension.name(), dimension.steps())).collect();
    assert_eq!(steps, [("producer.linger.ms".to_owned(), 3), ("acks and --rate".to_owned(), 2)]);
    assert_eq!(file.dimensions[1].shown(1), "all and 5k");
    assert_eq!(file.dimensions[1].knobs[1].line, Some(10));
}

#[test]
fn every_mistake_has_its_line_and_says_what_to_write() {
    for (text, expected) in [
        ("repeats: 0", "c.yaml:1: repeats: is 0"),
        ("driver: k.yaml\norder: shuffled", "c.yaml:2: order: \"shuffled\" is no order"),
        ("seed: 3", "c.yaml:1: seed: is for a random order"),
        ("order: random\nseed: -3", "c.yaml:2: seed: \"-3\" is no seed"),
        ("coolDown: 5", "c.yaml:1: coolDown: "),
        ("measure: speed", "c.yaml:1: measure: "),
        ("dimensions:\n  producer.linger.ms: [0]", "c.yaml:1: dimensions: a mapping is not a list of dimensions"),
        ("dimensions:\n  - producer.linger.ms: 5", "c.yaml:2: producer.linger.ms: 5 is no list of values"),
        ("dimensions:\n  - messageSize: [1, 2]\n    --rate: [1]", "c.yaml:3: --rate: has 1 values, and messageSize"),
        ("settings:\n  --rate: 5\ndimensions:\n  - --rate: [1]", "c.yaml:4: --rate: is set twice"),
        ("dimension:\n  - --rate: [1]", "did you mean dimensions?"),
        ("settings:\n  messageSize:\n", "c.yaml:2: messageSize: has no value"),
        ("driverClass: x\ncommonConfig: y", "is no campaign file"),
        ("goals: [lost == 0]", "write them into settings"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn a_campaign_without_dimensions_repeats_one_point() {
    let file = parse("driver: k.yaml\nrepeats: 5\n").unwrap();
    assert_eq!((file.dimensions.len(), file.repeats, file.order), (0, 5, RunOrder::Interleaved));
}
