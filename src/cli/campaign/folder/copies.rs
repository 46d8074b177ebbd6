//! Copies of the files that a campaign names, and its own text with their names.

use super::{FILES, write_private};
use crate::cli::campaign::point_run::PointRun;
use crate::config::campaign_file::{RunOrder, SettingKind};
use crate::config::yaml::YamlDocument;
use crate::config::{CampaignFile, Problems};
use serde_yaml::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Why no copy was made.
pub(super) enum CopyRefused {
    Copy(io::Error),
    File(Problems),
}

/// Copies the files that the campaign names into `folder`, and gives the campaign file's text with the copies' names.
pub(super) fn copied(folder: &Path, file: &CampaignFile, trips: &[PointRun]) -> Result<String, CopyRefused> {
    let mut names: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut copy = |from: &Path| -> Result<Value, CopyRefused> {
        if let Some(name) = names.get(from) {
            return Ok(Value::from(name.clone()));
        }
        let base = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let numbered = (2..).map(|number: u32| format!("{FILES}/{number}-{base}"));
        let mut free =
            std::iter::once(format!("{FILES}/{base}")).chain(numbered).filter(|name| !folder.join(name).exists());
        let name = free.next().expect("there are more numbers than files");
        copy_all(from, &folder.join(&name)).map_err(|error| {
            CopyRefused::Copy(io::Error::new(error.kind(), format!("{} cannot be copied: {error}", from.display())))
        })?;
        names.insert(from.to_owned(), name.clone());
        Ok(Value::from(name))
    };
    // Anew and without the environment: what it holds is no business of a copy's.
    let mut document = YamlDocument::read(&file.path).map_err(CopyRefused::File)?;
    let mut settings = document.get("settings").map(|entry| entry.value.clone());
    for set in file.settings.iter().filter(|set| set.knob.is_file()) {
        let name = copy(&file.folder().join(&set.value.0[0]))?;
        let inner = settings.as_mut().and_then(Value::as_mapping_mut).and_then(|pairs| pairs.get_mut(set.knob.name()));
        match inner {
            Some(value) => *value = name,
            None => document.set(set.knob.name(), name),
        }
    }
    let mut payloads: Vec<&PathBuf> = trips.iter().filter_map(|trip| trip.payload.as_ref()).collect();
    payloads.dedup();
    if let [payload] = payloads.as_slice() {
        let name = copy(payload)?;
        let pairs = settings.get_or_insert_with(|| Value::Mapping(serde_yaml::Mapping::new()));
        pairs.as_mapping_mut().map(|pairs| pairs.insert(SettingKind::Payload.name().into(), name));
    }
    if let Some(settings) = settings.filter(|value| document.get("settings").map(|entry| &entry.value) != Some(value)) {
        document.set("settings", settings);
    }
    let mut dimensions = document.get("dimensions").map(|entry| entry.value.clone()).unwrap_or_default();
    let before = dimensions.clone();
    for (item, dimension) in dimensions.as_sequence_mut().into_iter().flatten().zip(&file.dimensions) {
        for varied in dimension.knobs.iter().filter(|varied| varied.knob.is_file()) {
            let paths = varied.values.iter().map(|value| copy(&file.folder().join(&value.0[0])));
            let paths = paths.collect::<Result<Vec<Value>, CopyRefused>>()?;
            item.as_mapping_mut().map(|pairs| pairs.insert(varied.knob.name().into(), Value::Sequence(paths)));
        }
    }
    if dimensions != before {
        document.set("dimensions", dimensions);
    }
    if file.order == RunOrder::Random(None) {
        document.set("seed", Value::from(fastrand::u32(..)));
    }
    if document.get("name").is_none() {
        document.set("name", Value::from(file.name.clone()));
    }
    Ok(document.text)
}

/// A file, or a folder of files.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return write_private(to, fs::read(from)?);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
