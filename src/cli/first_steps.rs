//! `pinload` alone: what to do first.

/// Ten lines, none wider than a terminal.
pub(super) const FIRST_STEPS: &str = "\
pinload measures Apache Kafka and says whether its figures can be trusted.

  pinload run --embedded                      a first run, nothing to install
  pinload run --bootstrap localhost:9092      the same on your Kafka
  pinload run --bootstrap localhost:9092 --producers 4 --size 1KiB --rate 50k
  pinload run -d driver.yaml workload.yaml    OpenMessaging Benchmark's files
  pinload examples                            files to begin with
  pinload doctor                              what disturbs measurements here

pinload help lists all commands, pinload run --help explains the options.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Pinload;
    use crate::cli::argv::rewrite;

    #[test]
    fn the_first_steps_are_ten_lines_and_every_command_in_them_is_understood() {
        assert_eq!(FIRST_STEPS.lines().count(), 10);
        assert!(FIRST_STEPS.lines().all(|line| line.chars().count() < 80));
        for line in FIRST_STEPS.lines().filter_map(|line| line.strip_prefix("  ")) {
            let command = line.split("   ").next().unwrap_or(line);
            let argv = rewrite(command.split_whitespace().map(Into::into).collect());
            assert!(Pinload::parse_from_argv(&argv, clap::ColorChoice::Never).is_ok(), "{command}");
        }
    }
}
