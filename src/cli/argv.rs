//! What is done to the command line before it is parsed: OMB's spellings become ours.

use crate::plan::properties::{MASK, is_secret};
use std::ffi::{OsStr, OsString};

/// OMB's short options of two letters, and the long ones they mean.
const TWO_LETTERS: [(&str, &str); 2] = [("-wf", "--workers-file"), ("-sp", "--stats-port")];
/// Options that belong to the program itself.
const OWN_OPTIONS: [&str; 4] = ["-h", "--help", "-V", "--version"];

/// Spells out OMB's two-letter options and puts `run` where OMB has no command: `pinload -d driver.yaml workload.yaml`.
pub fn rewrite(argv: Vec<OsString>) -> Vec<OsString> {
    let mut options = true;
    let mut argv: Vec<OsString> = argv
        .into_iter()
        .map(|arg| {
            options &= arg != "--";
            let long = TWO_LETTERS.iter().find(|(short, _)| options && arg == *short);
            long.map_or(arg, |(_, long)| OsString::from(long))
        })
        .collect();
    if argv.get(1).is_some_and(|first| begins_a_run(first)) {
        argv.insert(1, "run".into());
    }
    argv
}

/// An option of `run`, or what looks like a file; any other word is left to the parser, which knows the commands and
/// what resembles them.
fn begins_a_run(first: &OsStr) -> bool {
    let first = first.to_string_lossy();
    !OWN_OPTIONS.contains(&&*first) && (first.starts_with('-') || first.contains(['.', '/']))
}

/// This process's command line as it may be shown: the values of secret properties are masked.
pub fn shown() -> Vec<String> {
    std::env::args_os().map(|arg| without_secret(&arg.to_string_lossy())).collect()
}

/// `--property=sasl.password=hush`, `producer.sasl.password=hush`: the value masked.
fn without_secret(arg: &str) -> String {
    let begin = if arg.starts_with("--") { arg.find('=').map_or(0, |at| at + 1) } else { 0 };
    let (option, setting) = arg.split_at(begin);
    match setting.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{option}{name}={MASK}"),
        _ => arg.to_owned(),
    }
}

/// `--color` as far as it matters for the parser's own messages.
pub fn color_wanted(argv: &[OsString]) -> clap::ColorChoice {
    let texts: Vec<_> = argv.iter().map(|arg| arg.to_string_lossy()).collect();
    let separate = texts.windows(2).filter(|pair| pair[0] == "--color").map(|pair| &*pair[1]);
    let joined = texts.iter().filter_map(|text| text.strip_prefix("--color="));
    match separate.chain(joined).next() {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_on_the_command_line_is_not_shown() {
        for (arg, told) in [
            ("--property=sasl.password=hush", "--property=sasl.password=****"),
            ("producer.sasl.jaas.config=a b=\"hush\";", "producer.sasl.jaas.config=****"),
            ("--property=linger.ms=5", "--property=linger.ms=5"),
            ("--token-file=secret.txt", "--token-file=secret.txt"),
            ("workload.yaml", "workload.yaml"),
            ("topics=3", "topics=3"),
        ] {
            assert_eq!(without_secret(arg), told);
        }
    }

    fn rewritten(line: &str) -> String {
        let argv = line.split(' ').map(OsString::from).collect();
        rewrite(argv).iter().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ombs_command_line_is_a_run() {
        for (typed, meant) in [
            ("pinload -d d.yaml w.yaml", "pinload run -d d.yaml w.yaml"),
            ("pinload w.yaml -d d.yaml", "pinload run w.yaml -d d.yaml"),
            ("pinload workloads/simple", "pinload run workloads/simple"),
            ("pinload -wf hosts.yaml w.yaml", "pinload run --workers-file hosts.yaml w.yaml"),
            ("pinload run -d d.yaml -- -wf", "pinload run -d d.yaml -- -wf"),
            ("pinload run w.yaml", "pinload run w.yaml"),
            ("pinload plan w.yaml", "pinload plan w.yaml"),
            ("pinload completions bash", "pinload completions bash"),
            ("pinload help run", "pinload help run"),
            ("pinload --help", "pinload --help"),
            ("pinload -V", "pinload -V"),
            ("pinload rnu", "pinload rnu"),
            ("pinload", "pinload"),
        ] {
            assert_eq!(rewritten(typed), meant);
        }
    }

    #[test]
    fn the_wanted_color_is_found_in_both_spellings() {
        for (line, color) in [
            ("pinload run", clap::ColorChoice::Auto),
            ("pinload run --color never", clap::ColorChoice::Never),
            ("pinload --color=always", clap::ColorChoice::Always),
        ] {
            assert_eq!(color_wanted(&line.split(' ').map(OsString::from).collect::<Vec<_>>()), color);
        }
    }
}
