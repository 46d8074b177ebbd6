//! `pinload generate`: a template becomes workload files.

use super::exit::ExitStatus;
use super::messages::Messages;
use super::tool_args::GenerateArgs;
use crate::config::workload_set;
use std::fs;

/// Reads the template and writes every workload; files of the same names are replaced. Nothing is written when the
/// template is refused.
pub(super) fn generate(args: &GenerateArgs, messages: &mut Messages) -> ExitStatus {
    let (workloads, warnings) = match workload_set::read(&args.template_file) {
        Ok(read) => read,
        Err(problems) => {
            problems.0.iter().for_each(|problem| messages.error(&problem.to_string()));
            return ExitStatus::ConfigurationRefused;
        }
    };
    warnings.iter().for_each(|warning| messages.warn(&warning.to_string()));
    let folder = &args.output_folder;
    if let Err(error) = fs::create_dir_all(folder) {
        messages.error(&format!("cannot make the folder {}: {error}; name another with -o DIR", folder.display()));
        return ExitStatus::ResultsNotWritten;
    }
    for workload in &workloads {
        let path = folder.join(format!("{}.yaml", workload.name));
        if let Err(error) = fs::write(&path, workload.text()) {
            messages.error(&format!("cannot write {}: {error}; name another folder with -o DIR", path.display()));
            return ExitStatus::ResultsNotWritten;
        }
        // OMB's words.
        messages.result(&format!("Generated: {}", workload.name));
    }
    messages.result(&format!("Generated {} workloads.", workloads.len()));
    ExitStatus::Success
}
