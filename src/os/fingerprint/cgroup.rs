//! Limits of CPU time that control groups set, and how often they struck. Both generations: v2 (cgroup-v2.rst) and v1
//! (scheduler/sched-bwc.rst).

use super::files::FilesBelow;
use crate::os::scheduling::cpu_stat_value;

/// Limits of CPU time.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct CgroupFacts {
    /// Generation of the CPU controller, 1 or 2.
    pub cgroup_version: Option<u32>,
    /// The group of pinload.
    pub cgroup_path: Option<String>,
    /// Tightest limit of the group and those above it; null: none is visible.
    pub cpu_limit: Option<CpuLimit>,
    /// How often the limit struck since the group was made.
    pub throttling: Option<Throttling>,
}

/// So much CPU time in each period.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct CpuLimit {
    /// CPU time.
    pub quota_us: u64,
    /// In so much time.
    pub limit_period_us: u64,
}

/// What a limit has done since the group was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Throttling {
    /// Periods in which the group ran.
    #[schemars(extend("unit" = "periods"))]
    pub limit_periods: u64,
    /// Periods in which it was stopped.
    #[schemars(extend("unit" = "periods"))]
    pub throttled_periods: u64,
    /// Time its threads were stopped for.
    pub throttled_us: u64,
}

impl CgroupFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        let Some(own) = files.text("proc/self/cgroup") else { return Self::default() };
        // `9:cpu,cpuacct:/path`; v2 has no controllers in the middle: `0::/path`.
        let entries = || own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
        let first_generation =
            entries().find(|(controllers, _)| controllers.split(',').any(|controller| controller == "cpu"));
        if let Some((controllers, path)) = first_generation {
            let mounts = [format!("sys/fs/cgroup/{controllers}"), "sys/fs/cgroup/cpu".to_owned()];
            let mount = mounts.iter().find(|mount| files.exists(mount)).unwrap_or(&mounts[1]);
            return Self::of(1, path, mount, |folder| limit_v1(files, folder), |folder| throttling_v1(files, folder));
        }
        let Some((_, path)) = entries().find(|(controllers, _)| controllers.is_empty()) else { return Self::default() };
        let unified = "sys/fs/cgroup";
        Self::of(2, path, unified, |folder| limit_v2(files, folder), |folder| throttling_v2(files, folder))
    }

    /// From the group up to the mount: a container sees its own group as the mount, under the host's name for it or
    /// `/`.
    fn of(
        version: u32,
        path: &str,
        mount: &str,
        limit: impl Fn(&str) -> Option<CpuLimit>,
        throttling: impl Fn(&str) -> Option<Throttling>,
    ) -> Self {
        let mut folders = vec![mount.to_owned()];
        // A path that climbs out of what is mounted names nothing in it.
        if !path.split('/').any(|part| part == "..") {
            for part in path.split('/').filter(|part| !part.is_empty()) {
                folders.push(format!("{}/{part}", folders[folders.len() - 1]));
            }
        }
        let tighter = |a: &CpuLimit, b: &CpuLimit| {
            let product = |x: u64, y: u64| u128::from(x) * u128::from(y);
            product(a.quota_us, b.limit_period_us).cmp(&product(b.quota_us, a.limit_period_us))
        };
        Self {
            cgroup_version: Some(version),
            cgroup_path: Some(path.to_owned()),
            cpu_limit: folders.iter().filter_map(|folder| limit(folder)).min_by(tighter),
            throttling: folders.iter().filter_map(|folder| throttling(folder)).max_by_key(|seen| seen.throttled_us),
        }
    }
}

fn limit_v2(files: &FilesBelow, folder: &str) -> Option<CpuLimit> {
    let text = files.text(&format!("{folder}/cpu.max"))?;
    // `max 100000`: no limit.
    let (quota, period) = text.split_once(' ')?;
    whole(CpuLimit { quota_us: quota.parse().ok()?, limit_period_us: period.trim().parse().ok()? })
}

fn limit_v1(files: &FilesBelow, folder: &str) -> Option<CpuLimit> {
    // -1: no limit.
    let quota_us = files.number(&format!("{folder}/cpu.cfs_quota_us"))?;
    whole(CpuLimit { quota_us, limit_period_us: files.number(&format!("{folder}/cpu.cfs_period_us"))? })
}

/// A limit has a period.
fn whole(limit: CpuLimit) -> Option<CpuLimit> {
    (limit.limit_period_us > 0).then_some(limit)
}

fn throttling_v2(files: &FilesBelow, folder: &str) -> Option<Throttling> {
    throttling(&files.text(&format!("{folder}/cpu.stat"))?, "throttled_usec", 1)
}

fn throttling_v1(files: &FilesBelow, folder: &str) -> Option<Throttling> {
    throttling(&files.text(&format!("{folder}/cpu.stat"))?, "throttled_time", 1_000)
}

/// The time in units of 1 µs divided by `per_us`.
fn throttling(stat: &str, time: &str, per_us: u64) -> Option<Throttling> {
    let value = |name: &str| cpu_stat_value(stat, name);
    Some(Throttling {
        limit_periods: value("nr_periods")?,
        throttled_periods: value("nr_throttled")?,
        throttled_us: value(time)? / per_us,
    })
}
