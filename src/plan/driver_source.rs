//! The driver file as it was given, for workers that read it themselves.

use crate::config::{DriverClass, DriverFile};

/// The bytes of the driver file, for workers that read it themselves. It may hold secrets: it is neither serialized nor
/// shown.
#[derive(Clone)]
pub struct DriverSource {
    /// Every byte of the file; what the command line set over it is in it.
    pub text: String,
    /// `driverClass` as written.
    pub class_name: String,
    /// The same understood.
    pub class: Option<DriverClass>,
    /// Blocks of properties that OMB needs and the file does not have.
    pub missing_blocks: Vec<&'static str>,
}

impl From<&DriverFile> for DriverSource {
    fn from(file: &DriverFile) -> Self {
        let blocks = ["topicConfig", "commonConfig", "producerConfig", "consumerConfig"];
        Self {
            text: file.text.clone(),
            class_name: file.class_name.trim().to_owned(),
            class: file.class,
            missing_blocks: blocks.into_iter().filter(|block| !file.has(block)).collect(),
        }
    }
}

impl std::fmt::Debug for DriverSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DriverSource({}, {} bytes)", self.class_name, self.text.len())
    }
}
