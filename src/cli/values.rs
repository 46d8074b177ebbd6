//! Values of options whose form is checked while parsing.

use crate::os::affinity::CpuSet;
use crate::plan::LatePolicy;
use crate::units::parse_duration;
use crate::verdict::{OwnLevel, Trust, Verdict};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// What a measurement of a calibration takes at least, and at most.
pub(super) const SHORTEST_MEASUREMENT: Duration = Duration::from_millis(100);
const LONGEST_MEASUREMENT: Duration = Duration::from_secs(600);

/// `3`, `0.5`: seconds of one measurement.
pub(super) fn measurement_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|seconds| (SHORTEST_MEASUREMENT..=LONGEST_MEASUREMENT).contains(seconds))
        .ok_or_else(|| "write seconds from 0.1 to 600".to_owned())
}

/// `none`, or a file.
pub(super) fn floor(text: &str) -> Result<FloorArg, std::convert::Infallible> {
    Ok(if text == "none" { FloorArg::None } else { FloorArg::File(text.into()) })
}

/// `--floor` of `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloorArg {
    /// No floor is put beside the result.
    None,
    /// This one.
    File(std::path::PathBuf),
}

/// `--require-valid` of `run`: a verdict that is VALID, and latencies that are the broker's up to a level, where one is
/// asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredLevel(Option<OwnLevel>);

impl RequiredLevel {
    /// Is it reached?
    pub fn met(self, verdict: Verdict, trust: Option<&Trust>) -> bool {
        verdict == Verdict::Valid && self.0.is_none_or(|level| trust.is_some_and(|trust| trust.reaches(level)))
    }
}

/// `valid`, `p99`.
pub(super) fn required_level(text: &str) -> Result<RequiredLevel, String> {
    if text == "valid" { Ok(RequiredLevel(None)) } else { text.parse().map(|level| RequiredLevel(Some(level))) }
}

pub(super) fn cpu_set(text: &str) -> Result<CpuSet, String> {
    match CpuSet::parse(text) {
        Ok(cpus) if cpus.is_empty() => Err("names no CPU: write for example 8-11".to_owned()),
        Ok(cpus) => Ok(cpus),
        Err(error) => Err(error.to_string()),
    }
}

/// `127.0.0.1:9100`, `[::1]:9100`, `localhost:9100`: the first address of a name.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    let example = "write HOST:PORT, for example 127.0.0.1:9100";
    match text.to_socket_addrs() {
        Ok(mut addresses) => addresses.next().ok_or_else(|| format!("{text:?} has no address: {example}")),
        Err(error) => Err(format!("{error}: {example}")),
    }
}

/// Least multiple of `bounded` with which a producer ever catches up.
const LEAST_MULTIPLE: f64 = 1.01;

pub(super) fn late_policy(text: &str) -> Result<LatePolicy, String> {
    match text {
        "bounded" => return Ok(LatePolicy::Bounded { multiple: 2.0 }),
        "catch-up" => return Ok(LatePolicy::CatchUp),
        "skip" => return Ok(LatePolicy::Skip),
        "shift" => return Ok(LatePolicy::Shift),
        _ => {}
    }
    let Some(multiple) = text.strip_prefix("bounded:") else {
        return Err("write bounded, bounded:N, catch-up, skip or shift".to_owned());
    };
    match multiple.parse::<f64>() {
        Ok(multiple) if multiple >= LEAST_MULTIPLE && multiple.is_finite() => Ok(LatePolicy::Bounded { multiple }),
        _ => Err(format!(
            "{multiple:?} is no multiple of the rate: write a number from {LEAST_MULTIPLE} on, for example bounded:1.5"
        )),
    }
}

/// `--precision`: a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision(pub f64);

/// Reads `2%` or `2`.
pub(super) fn precision(text: &str) -> Result<Precision, String> {
    let percent = text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let percent = percent.filter(|percent| (0.1..=50.0).contains(percent));
    percent
        .map(|percent| Precision(percent / 100.0))
        .ok_or_else(|| "write percent from 0.1 to 50, for example 2%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(socket_address("127.0.0.1:9100"), Ok(([127, 0, 0, 1], 9100).into()));
        assert!(socket_address("[::1]:0").is_ok_and(|address| address.is_ipv6()));
        for text in ["127.0.0.1", ":", "9100", "127.0.0.1:99999"] {
            assert!(socket_address(text).unwrap_err().contains("write HOST:PORT"), "{text}");
        }
    }

    #[test]
    fn late_policies_are_read() {
        for (text, policy) in [
            ("bounded", LatePolicy::Bounded { multiple: 2.0 }),
            ("bounded:3", LatePolicy::Bounded { multiple: 3.0 }),
            ("catch-up", LatePolicy::CatchUp),
            ("skip", LatePolicy::Skip),
            ("shift", LatePolicy::Shift),
        ] {
            assert_eq!(late_policy(text), Ok(policy));
        }
        for text in ["", "bounded:", "bounded:1", "bounded:nan", "bounded:inf", "bounded:-2", "fast"] {
            assert!(late_policy(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_measurement_has_a_shortest_and_a_longest_time() {
        assert_eq!(measurement_seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "0.05", "601", "-1", "nan", "inf", "3s", ""] {
            assert!(measurement_seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_floor_is_a_file_or_none() {
        assert_eq!(floor("none"), Ok(FloorArg::None));
        assert_eq!(floor("./none"), Ok(FloorArg::File("./none".into())));
    }

    #[test]
    fn a_wait_of_no_length_is_refused() {
        assert_eq!(positive_duration("5s"), Ok(Duration::from_secs(5)));
        assert!(positive_duration("0s").is_err() && positive_duration("5").is_err());
    }

    #[test]
    fn an_empty_cpu_set_is_refused() {
        assert_eq!(cpu_set("0-1").map(|cpus| cpus.len()), Ok(2));
        assert!(cpu_set("").is_err() && cpu_set("x").is_err());
    }
}
