//! Where the settings of a run come from: its files, and what the command line set over them.

use super::properties::{MASK, is_secret};
use crate::config::{DriverFile, KeySetting, WorkloadFile};

/// See the file's head. It holds no secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Inputs {
    /// The workload file; `(built in)/NAME` is one that pinload carries.
    pub workload: String,
    /// The same of the driver file.
    pub driver: String,
    /// `topics=3`, `producer.linger.ms=5`: keys and properties set over the files, secrets masked.
    pub set: Vec<String>,
}

impl Inputs {
    /// What these two were read from. No driver file is the embedded broker.
    pub fn of(workload: &WorkloadFile, driver: Option<&DriverFile>) -> Self {
        let mut set: Vec<String> = workload.keys_set.iter().map(KeySetting::typed).collect();
        if let Some(driver) = driver {
            set.extend(driver.keys_set.iter().map(KeySetting::typed));
            set.extend(driver.properties_set.iter().map(|property| match is_secret(&property.name) {
                true => format!("{}{}={MASK}", property.block.prefix(), property.name),
                false => property.typed(),
            }));
        }
        let driver =
            driver.map_or_else(|| "(built in)/embedded.yaml".to_owned(), |file| file.path.display().to_string());
        Self { workload: workload.path.display().to_string(), driver, set }
    }
}
