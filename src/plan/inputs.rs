//! Where the settings of a run come from: its files, and what the command line set over them.

use super::properties::{MASK, is_secret, masked_text};
use crate::config::{DriverFile, KeySetting, WorkloadFile};
use std::path::Path;

/// The files and command-line settings of a run. It holds no secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Inputs {
    /// The workload file; (built in)/NAME is one that pinload carries.
    pub workload: String,
    /// The same of the driver file.
    pub driver: String,
    /// Keys and properties set over the files, as typed; secrets as ****.
    pub set: Vec<String>,
    /// Both files as written; for results only.
    #[serde(skip)]
    pub files: Vec<FileAsWritten>,
}

/// A file of the user's, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct FileAsWritten {
    /// Its path as given; (built in)/NAME is one that pinload carries.
    pub file_name: String,
    /// What stands in it.
    pub file_text: String,
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
        let secrets: Vec<&str> = driver.iter().flat_map(|file| secrets_of(file)).collect();
        let shown = |path: &Path, text: &str| FileAsWritten {
            file_name: path.display().to_string(),
            file_text: masked_text(text, secrets.iter().copied()),
        };
        let mut files = vec![shown(&workload.path, &workload.written)];
        files.extend(driver.map(|file| shown(&file.path, &file.written)));
        let driver =
            driver.map_or_else(|| "(built in)/embedded.yaml".to_owned(), |file| file.path.display().to_string());
        Self { workload: workload.path.display().to_string(), driver, set, files }
    }
}

/// Values of the file's properties that are secrets.
fn secrets_of(file: &DriverFile) -> impl Iterator<Item = &str> {
    let blocks = [&file.common_config, &file.producer_config, &file.consumer_config];
    let properties = blocks.into_iter().flatten();
    properties.filter(|property| is_secret(&property.name)).map(|property| property.value.as_str())
}
