//! Limits of CPU time.

use super::{CheckInput, End, Severity};
use crate::os::fingerprint::CpuLimit;
use crate::units::format_count;

pub(super) fn cpu_limit(case: &CheckInput<'_>) -> End {
    let cgroup = &case.facts.cgroup;
    if cgroup.cgroup_version.is_none() {
        return End::Unknown("the kernel does not tell the control group of this process");
    }
    match &cgroup.cpu_limit {
        None => End::Fine("no limit is visible".to_owned()),
        Some(CpuLimit { quota_us, limit_period_us }) => End::Found {
            severity: Severity::Severe,
            text: format!(
                "the control group may use {:.2} CPUs ({} µs in every {} µs)",
                ratio(*quota_us, *limit_period_us),
                format_count(*quota_us),
                format_count(*limit_period_us)
            ),
            effect: "hot loops spin, so they use their CPUs whole: when the share is used up, all threads stand still \
                     until the period ends (tens of ms), which looks like a stall of the broker",
            remedy: "take the limit away (Kubernetes: no CPU limit, or whole CPUs with the static CPU manager; Docker: \
                     --cpuset-cpus instead of --cpus; systemd: CPUQuota=)",
        },
    }
}

pub(super) fn throttled(case: &CheckInput<'_>) -> End {
    match case.facts.cgroup.throttling {
        None => End::Unknown("the kernel does not tell how often a limit struck"),
        Some(seen) if seen.throttled_periods == 0 => End::Fine("never".to_owned()),
        Some(seen) => End::Found {
            severity: Severity::Severe,
            text: format!(
                "the control group was stopped for its limit of CPU time in {} of {} periods, {:.3} s in all",
                format_count(seen.throttled_periods),
                format_count(seen.limit_periods),
                ratio(seen.throttled_us, 1_000_000)
            ),
            effect: "all threads of the group stand still meanwhile: latencies and pacing of such moments say nothing \
                     of the broker. (It counts since the group was made; the limit may be gone since)",
            remedy: "as for cpu_limit: take the limit away, or let fewer clients spin",
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a machine's life are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
