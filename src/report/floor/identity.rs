//! Whose floor it is: the machine (not its boot), the build of pinload, the client library.

use crate::os::topology::Topology;
use std::io::Read;
use std::path::Path;

/// Machine and build. Two floors may be put beside each other's results when all of it is the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Host name.
    pub host_name: String,
    /// Checksum of /etc/machine-id (which is to be kept confidential); empty: there is none.
    pub machine_id_crc32: String,
    /// Model name of the CPU.
    pub cpu_model: String,
    /// CPUs that are online.
    pub online_cpus: String,
    /// Release of the kernel.
    pub kernel_release: String,
    /// Version of pinload.
    pub pinload_version: String,
    /// Checksum of the program itself; builds of one version differ in it.
    pub program_crc32: String,
    /// Version of librdkafka in use.
    pub librdkafka_version: String,
}

impl Identity {
    /// This program on this machine. `root` is where /proc, /sys and /etc are found; what cannot be read is empty.
    pub fn capture(root: &Path) -> Self {
        let text = |path: &str| {
            std::fs::read_to_string(root.join(path)).map(|text| text.trim().to_owned()).unwrap_or_default()
        };
        let topology = Topology::read(root).ok();
        let machine_id = text("etc/machine-id");
        Self {
            host_name: text("proc/sys/kernel/hostname"),
            machine_id_crc32: if machine_id.is_empty() { String::new() } else { crc32(machine_id.as_bytes()) },
            cpu_model: topology.as_ref().map(|topology| topology.model_name.clone()).unwrap_or_default(),
            online_cpus: topology.map(|topology| topology.online().to_string()).unwrap_or_default(),
            kernel_release: text("proc/sys/kernel/osrelease"),
            pinload_version: env!("CARGO_PKG_VERSION").to_owned(),
            program_crc32: crc32_of_program().unwrap_or_default(),
            librdkafka_version: rdkafka::util::get_rdkafka_version().1,
        }
    }

    /// What is not the same, in words; empty: all is.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        // Named one by one, so that a new field does not compile until it is compared.
        let Self {
            host_name,
            machine_id_crc32,
            cpu_model,
            online_cpus,
            kernel_release,
            pinload_version,
            program_crc32,
            librdkafka_version,
        } = self;
        [
            ("host", host_name, &other.host_name),
            ("machine id", machine_id_crc32, &other.machine_id_crc32),
            ("CPU model", cpu_model, &other.cpu_model),
            ("online CPUs", online_cpus, &other.online_cpus),
            ("kernel", kernel_release, &other.kernel_release),
            ("pinload", pinload_version, &other.pinload_version),
            ("build", program_crc32, &other.program_crc32),
            ("librdkafka", librdkafka_version, &other.librdkafka_version),
        ]
        .into_iter()
        .filter(|(_, mine, theirs)| mine != theirs)
        .map(|(what, mine, theirs)| format!("{what} {theirs}, here {mine}"))
        .collect()
    }
}

fn crc32(bytes: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}

/// Of the running program's file, even if another has taken its name since.
fn crc32_of_program() -> Option<String> {
    let mut file = std::fs::File::open("/proc/self/exe").ok()?;
    let mut crc = flate2::Crc::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk).ok()? {
            0 => return Some(format!("{:08x}", crc.sum())),
            read => crc.update(&chunk[..read]),
        }
    }
}
