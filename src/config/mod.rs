//! What the user wrote: workload and driver files, Java properties text. Only form is checked here; `plan` decides.
//!
//! A file that cannot be read as YAML is an error. One that can is returned with the mistakes found in it, and
//! `plan::resolve` refuses them together with its own, so that the user sees all mistakes of all files at once.

pub mod campaign_file;
pub mod driver;
mod environment;
pub mod fields;
pub mod problem;
pub mod properties;
pub mod setting;
pub mod shipped;
mod surrogates;
pub mod workers;
pub mod workload;
pub mod workload_set;
pub mod yaml;

pub use campaign_file::CampaignFile;
pub use driver::{ClientLibrary, DriverClass, DriverFile};
pub use problem::{Problem, Problems};
pub use setting::{KeySetting, PropertySetting};
pub use workers::WorkersFile;
pub use workload::WorkloadFile;
