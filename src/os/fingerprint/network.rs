//! Network cards. Interfaces without a device behind them (loopback, bridges, a container's end of a pair) are left
//! out: their speed is a number that nobody measured.

use super::files::FilesBelow;

/// One card.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct NetworkInterface {
    /// Name of the interface.
    pub interface: String,
    /// Is it up?.
    pub up: bool,
    /// Speed of the link.
    #[schemars(extend("unit" = "Mbit/s"))]
    pub speed_mbit_per_s: Option<u64>,
    /// Largest packet.
    pub mtu_bytes: Option<u64>,
    /// Node of its slot.
    #[schemars(extend("unit" = "node number"))]
    pub numa_node: Option<usize>,
}

pub(super) fn read(files: &FilesBelow) -> Vec<NetworkInterface> {
    const FOLDER: &str = "sys/class/net";
    let has_device = |name: &String| files.exists(&format!("{FOLDER}/{name}/device"));
    files
        .names(FOLDER)
        .into_iter()
        .filter(has_device)
        .map(|interface| {
            let file = |name: &str| format!("{FOLDER}/{interface}/{name}");
            NetworkInterface {
                up: files.text(&file("operstate")).is_some_and(|state| state == "up"),
                // -1, or an error, where the driver does not know.
                speed_mbit_per_s: files.number(&file("speed")).filter(|speed| *speed > 0),
                mtu_bytes: files.number(&file("mtu")),
                numa_node: files.number(&file("device/numa_node")),
                interface,
            }
        })
        .collect()
}
