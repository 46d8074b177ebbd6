//! Which workers a run is for, if it is for any.

use super::args::RunArgs;
use super::messages::Messages;
use super::token;
use crate::config::WorkersFile;
use crate::config::workers::address;
use crate::worker::fleet::FleetSettings;
use std::path::Path;

/// OMB takes this file from the current folder without being asked, which surprises whoever has one lying there.
const OMB_DEFAULT: &str = "workers.yaml";

/// The workers as the arguments name them; None: clients run on this host.
///
/// # Errors
/// All that is wrong with addresses, workers file and token file; nothing has been contacted.
pub(super) fn settings(args: &RunArgs, messages: &mut Messages) -> Result<Option<FleetSettings>, Vec<String>> {
    let mut wrong = Vec::new();
    let workers = match &args.workers_file {
        Some(path) => match WorkersFile::read(path) {
            Ok(file) => file.workers,
            Err(problems) => return Err(problems.0.iter().map(ToString::to_string).collect()),
        },
        None => args.workers.clone(),
    };
    if workers.is_empty() {
        if Path::new(OMB_DEFAULT).exists() {
            messages.info(
                "note",
                "there is a workers.yaml in this folder; it is used only when asked for: -wf workers.yaml",
            );
        }
        return Ok(None);
    }
    for (at, worker) in workers.iter().enumerate() {
        if let Err(why) = address(worker) {
            wrong.push(format!("--workers: {why}"));
        } else if workers[..at].iter().any(|other| other.trim_end_matches('/') == worker.trim_end_matches('/')) {
            wrong.push(format!("--workers: {worker} is named twice"));
        }
    }
    let token = args.token_file.as_deref().map(token::read).transpose().unwrap_or_else(|why| {
        wrong.push(why);
        None
    });
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let token = token.map(|(token, warning)| {
        warning.iter().for_each(|warning| messages.warn(warning));
        token
    });
    Ok(Some(FleetSettings { workers, token, extra_consumers: args.extra }))
}
