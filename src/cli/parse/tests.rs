//! Command lines and what they mean.

use super::*;
use crate::cli::argv::rewrite;
use crate::plan::{LatePolicy, PlacementPolicy, RateScope, ResolveOptions};
use crate::units::Rate;
use std::path::PathBuf;
use std::time::Duration;

fn parse(line: &str) -> Result<Pinload, clap::Error> {
    Pinload::parse_from_argv(&rewrite(line.split(' ').map(Into::into).collect()), clap::ColorChoice::Never)
}

fn run_args(line: &str) -> RunArgs {
    match parse(line).map(|pinload| pinload.command) {
        Ok(Command::Run(args) | Command::Plan(args)) => *args,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Pinload::command().debug_assert();
}

#[test]
fn ombs_command_lines_are_understood() {
    let args = run_args("pinload -d a.yaml,b.yaml -d c.yaml w1.yaml w2.yaml");
    assert_eq!(args.drivers, ["a.yaml", "b.yaml", "c.yaml"].map(PathBuf::from));
    assert_eq!(args.workloads, ["w1.yaml", "w2.yaml"].map(PathBuf::from));
    let args = run_args("pinload run --drivers d.yaml w.yaml -o out.json");
    assert_eq!(args.output, Some(PathBuf::from("out.json")));
}

#[test]
fn workers_are_named_as_in_omb() {
    let args = run_args("pinload -d d.yaml -w http://a:1,http://b:2 -x w.yaml");
    assert_eq!((args.workers, args.extra), (vec!["http://a:1".to_owned(), "http://b:2".to_owned()], true));
    assert_eq!(run_args("pinload -d d.yaml -wf hosts.yaml w.yaml").workers_file, Some(PathBuf::from("hosts.yaml")));
    let Ok(Pinload { command: Command::Worker(worker) }) = parse("pinload worker -p 9000 -sp 9001") else { panic!() };
    assert_eq!((worker.port, worker.stats_port, worker.lease), (9000, 9001, Duration::from_secs(60)));
    assert!(worker.bind.is_loopback());
}

#[test]
fn arguments_become_options() {
    let args = run_args(
        "pinload run --embedded --duration 30s --warmup 0s --rate 50k --rate-scope total --late-policy bounded:1.5 \
         --cpus 3,2 --numa-node 1 --placement compact --keep-topics --topics a,b --no-stamp --unknown-keys warn \
         --connect-timeout 3s --ready-timeout 5s w.yaml",
    );
    let options = ResolveOptions::from(&args);
    assert!(options.embedded && options.keep_topics && options.no_stamp && options.unknown_keys_warn);
    assert_eq!(options.duration, Some(Duration::from_secs(30)));
    assert_eq!(options.warmup, Some(Duration::ZERO));
    assert_eq!(options.rate, Some(Rate::PerSecond(50_000.0)));
    assert_eq!(options.rate_scope, Some(RateScope::Total));
    assert_eq!(options.late, Some(LatePolicy::Bounded { multiple: 1.5 }));
    assert_eq!(options.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(options.ready_timeout, Some(Duration::from_secs(5)));
    assert_eq!(options.existing_topics, ["a", "b"]);
    assert_eq!(options.placement.policy, PlacementPolicy::Compact);
    assert_eq!(options.placement.cpus, Some(vec![3, 2]));
    assert_eq!(options.placement.io_cpus, None);
    assert_eq!(options.placement.numa_node, Some(1));
}

#[test]
fn with_a_folder_for_csv_no_workload_is_needed_and_others_do_not_matter() {
    for line in
        ["pinload -c results", "pinload run --csv results", "pinload -d d.yaml -c results w.yaml -o x.csv v.yaml"]
    {
        assert_eq!(run_args(line).csv, Some(PathBuf::from("results")), "{line}");
    }
}

#[test]
fn the_tools_take_ombs_flags() {
    let Ok(Command::Generate(args)) = parse("pinload generate -t t.yaml -o out").map(|pinload| pinload.command) else {
        panic!("not understood")
    };
    assert_eq!((args.template_file, args.output_folder), (PathBuf::from("t.yaml"), PathBuf::from("out")));
    let Ok(Command::Csv(args)) = parse("pinload csv --wide -o - results").map(|pinload| pinload.command) else {
        panic!("not understood")
    };
    assert_eq!((args.wide, args.output, args.folder), (true, Some(PathBuf::from("-")), PathBuf::from("results")));
}

#[test]
fn what_is_not_given_is_left_to_the_files() {
    let args = run_args("pinload plan -d d.yaml w.yaml");
    assert_eq!(args.output_dir, PathBuf::from("."));
    let options = ResolveOptions::from(&args);
    assert_eq!((options.duration, options.warmup, options.rate), (None, None, None));
    assert_eq!((options.rate_scope, options.late, options.ready_timeout), (None, None, None));
    assert!(!options.embedded && !options.unknown_keys_warn && options.existing_topics.is_empty());
    assert_eq!(options.placement, crate::plan::placement::PlacementWishes::default());
}

#[test]
fn mistakes_are_usage_errors_that_name_what_is_wrong() {
    for (line, named) in [
        ("pinload run w.yaml", "-d FILE"),
        ("pinload run --bootstrap h:1 -d d.yaml w.yaml", "--bootstrap"),
        ("pinload run --embedded --producers 2 --set producersPerTopic=3", "is set twice"),
        ("pinload run --embedded --size 1k", "1KiB"),
        ("pinload run --embedded -d d.yaml w.yaml", "--embedded"),
        ("pinload run -d d.yaml -o x.json a.yaml b.yaml", "--output-dir"),
        ("pinload run -d d.yaml,e.yaml -o x.json a.yaml", "2 runs"),
        ("pinload run -d d.yaml --rate 0 w.yaml", "rate"),
        ("pinload run -d d.yaml --duration 30 w.yaml", "30s"),
        ("pinload run -d d.yaml --duration 0s w.yaml", "--duration"),
        ("pinload run -d d.yaml --rate-scope each w.yaml", "per-producer"),
        ("pinload run -d d.yaml --quiet --verbose w.yaml", "--verbose"),
        ("pinload run -d d.yaml --cpus 1,1 w.yaml", "twice"),
        ("pinload rnu", "unrecognized subcommand 'rnu'"),
        ("pinload plam", "'plan'"),
        ("pinload -d d.yaml -w http://h:1 -wf hosts.yaml w.yaml", "Only one between --workers and --workers-file"),
        ("pinload -d d.yaml -x w.yaml", "name them with -w or -wf"),
        ("pinload run --embedded -w http://h:1 w.yaml", "--embedded"),
        ("pinload run -d d.yaml -w http://h:1 --cpus 1 w.yaml", "give --cpus"),
        ("pinload worker --token-file t --insecure", "--insecure"),
        ("pinload plan -c results", "pinload csv DIR"),
        ("pinload csv", "DIR"),
        ("pinload generate -o out", "--template-file"),
        ("pinload generate -t t.yaml", "--output-folder"),
        ("pinload -t swarm -d d.yaml w.yaml", "-t/--topology is an option of OMB's Redpanda fork"),
        (
            "pinload run -d d.yaml --service-version 24.1 w.yaml",
            "-v/--service-version is an option of OMB's Redpanda fork",
        ),
        ("pinload -s -d d.yaml w.yaml", "-s/--separate is an option of OMB's AutoMQ fork"),
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(named), "{line}: {error}");
    }
}

#[test]
fn help_describes_what_exists_and_nothing_else() {
    for line in ["pinload run --help", "pinload plan --help", "pinload run -h", "pinload --help"] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 0);
        let help = error.to_string();
        for absent in ["--topology", "--separate", "embedded-broker", "consumer INDEX"] {
            assert!(!help.contains(absent), "{line}: {absent}");
        }
    }
}

#[test]
fn help_begins_with_what_the_command_is_for() {
    for (line, about) in [
        ("pinload --help", "Load generator for Apache Kafka"),
        ("pinload run --help", "Run each workload on each driver"),
        ("pinload run -h", "Run each workload on each driver"),
        ("pinload plan --help", "Show what `run` would do"),
        ("pinload completions --help", "Print a completion script"),
    ] {
        let help = parse(line).expect_err(line).to_string();
        assert!(help.starts_with(about), "{line}: {help}");
    }
}

#[test]
fn completions_offer_what_exists_and_nothing_else() {
    let mut script = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut Pinload::command(), "pinload", &mut script);
    let script = String::from_utf8(script).unwrap();
    assert!(script.contains("--late-policy"));
    for absent in ["--topology", "embedded-broker"] {
        assert!(!script.contains(absent), "{absent}");
    }
}

#[test]
fn every_option_is_explained() {
    let mut command = Pinload::command();
    command.build();
    for subcommand in command.get_subcommands() {
        for argument in subcommand.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "{} {}", subcommand.get_name(), argument.get_id());
        }
    }
}
