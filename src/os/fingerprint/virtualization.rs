//! Is this a whole machine? Virtual machine, container, and the time that others took.

use super::clock::every_cpu_has;
use super::files::FilesBelow;

/// Virtual machine, container, stolen time.
#[derive(Debug, Clone, Default, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct VirtualizationFacts {
    /// Is there a hypervisor below?.
    ///
    /// Does the processor say that a hypervisor is below? None: /proc/cpuinfo lists no flags.
    pub hypervisor: Option<bool>,
    /// Maker and product of the machine.
    pub machine_product: Option<String>,
    /// Kind of container; null: none was recognised.
    pub container: Option<String>,
    /// Share of the CPUs' time since boot that the hypervisor gave to others; 0 may mean that it does not tell.
    #[schemars(extend("unit" = "percent"))]
    pub steal_percent: Option<f64>,
}

impl VirtualizationFacts {
    pub(super) fn read(files: &FilesBelow) -> Self {
        Self {
            hypervisor: every_cpu_has(&files.text("proc/cpuinfo").unwrap_or_default(), "hypervisor"),
            machine_product: product(files),
            container: container(files),
            steal_percent: steal_percent(&files.text("proc/stat").unwrap_or_default()),
        }
    }
}

fn product(files: &FilesBelow) -> Option<String> {
    let dmi = ["sys_vendor", "product_name"].map(|name| files.word(&format!("sys/class/dmi/id/{name}")));
    let words: Vec<_> = dmi.into_iter().flatten().collect();
    if words.is_empty() { files.word("sys/hypervisor/type") } else { Some(words.join(" ")) }
}

/// Marks that container engines leave.
fn container(files: &FilesBelow) -> Option<String> {
    if let Some(manager) = files.word("run/systemd/container") {
        return Some(manager);
    }
    for (mark, engine) in [(".dockerenv", "docker"), ("run/.containerenv", "podman")] {
        if files.exists(mark) {
            return Some(engine.to_owned());
        }
    }
    if files.exists("var/run/secrets/kubernetes.io") {
        return Some("kubernetes".to_owned());
    }
    let groups = files.text("proc/1/cgroup")?;
    ["kubepods", "docker", "containerd", "lxc", "podman"]
        .into_iter()
        .find(|engine| groups.contains(engine))
        .map(|engine| if engine == "kubepods" { "kubernetes" } else { engine }.to_owned())
}

/// `cpu  user nice system idle iowait irq softirq steal guest guest_nice` in ticks (man 5 proc); guest time is in user
/// time already.
#[expect(clippy::cast_precision_loss, reason = "ticks since boot are far below 2^53")]
fn steal_percent(stat: &str) -> Option<f64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().take(8).map_while(|word| word.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    (all > 0 && ticks.len() == 8).then(|| ticks[7] as f64 * 100.0 / all as f64)
}
