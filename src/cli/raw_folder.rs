//! The folder of `--record-raw`: made before the run, and named after it.

use super::exit::ExitStatus;
use super::messages::Messages;
use crate::stats::Counter;
use crate::units::counted;
use crate::workload_generator::RunResult;
use crate::workload_generator::totals::totals;
use std::path::Path;

/// Makes the folder where it is not there, and tries whether files can be made in it. Error: why not, and what to do.
pub(super) fn make(folder: &Path) -> Result<(), String> {
    let tried = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    tried.map(drop).map_err(|error| {
        format!("--record-raw {}: cannot write into the folder: {error}; name another one", folder.display())
    })
}

/// Says where samples are, and what is missing of them: why stands among the warnings.
pub(super) fn tell(result: &RunResult<'_>, messages: &mut Messages) -> ExitStatus {
    let totals = totals(result);
    let (recorded, lost) = (totals[Counter::RawSamplesRecorded], totals[Counter::RawSamplesLost]);
    let files = result.end.iter().flat_map(|end| &end.clients).filter_map(|client| client.raw_samples_file.as_deref());
    let files: Vec<&str> = files.collect();
    if let Some(first) = files.first() {
        let others = if files.len() > 1 { " and so on" } else { "" };
        messages.info(
            "raw",
            &format!("{} in {}: {first}{others}", counted(recorded, "sample"), counted(files.len(), "file")),
        );
    }
    if lost == 0 {
        return ExitStatus::Success;
    }
    messages.error(&format!(
        "{} could not be written: the raw files lack them, the figures do not",
        counted(lost, "raw sample")
    ));
    ExitStatus::ResultsNotWritten
}
