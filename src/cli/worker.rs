//! `pinload worker`: the server's thread takes requests, this (main) thread answers them one by one, because clients
//! belong to it.

use super::args::WorkerArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::{plans, raw_folder, root, token};
use crate::os::signals::Signal;
use crate::telemetry::sweep::sweep_dead;
use crate::worker::Interruption;
use crate::worker::metrics::MetricsEndpoint;
use crate::worker::server::session::SessionOptions;
use crate::worker::server::{Listening, ServerSettings, Session, WorkerStatus, http};
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Between two looks at clients and lease while nobody calls.
const TICK: Duration = Duration::from_millis(500);

/// Serves until a signal ends it.
pub(super) fn serve(args: &WorkerArgs, signals: Receiver<Signal>) -> ExitStatus {
    let mut messages = Messages::plain(args.color);
    let settings = match settings(args, &mut messages) {
        Ok(settings) => settings,
        Err(why) => {
            messages.error(&why);
            return ExitStatus::ConfigurationRefused;
        }
    };
    let machine = match plans::read_machine(root()) {
        Ok(machine) => machine,
        Err(why) => {
            messages.error(&why);
            return ExitStatus::MachineRefused;
        }
    };
    if let Some(folder) = &args.record_raw
        && let Err(why) = raw_folder::make(folder)
    {
        messages.error(&why);
        return ExitStatus::ResultsNotWritten;
    }
    for name in sweep_dead() {
        messages.detail(&format!("removed {name}: shared memory of a pinload that was killed"));
    }
    let ending = Arc::new(Ending::default());
    let (to_verbs, of_verbs) = crossbeam_channel::unbounded();
    let board = Arc::new(WorkerStatus::new(to_verbs.clone()));
    if let Err(error) = pass_on(signals, to_verbs, Arc::clone(&ending)) {
        messages.error(&format!("cannot start a thread: {error}"));
        return ExitStatus::MachineRefused;
    }
    let Listening { address, stats_address, calls, scrapes } = match http::listen(&settings, Arc::clone(&board)) {
        Ok(listening) => listening,
        Err(error) => {
            messages.error(&format!("{error}: take another port with --port and --stats-port, or end who has it"));
            return ExitStatus::MachineRefused;
        }
    };
    messages.step(&format!("pinload worker listening on http://{address}, metrics on http://{stats_address}/metrics"));
    let manner = SessionOptions {
        placement: args.placement.wishes(),
        lease: args.lease,
        delete_topics: args.delete_topics,
        stamps: !args.no_stamp,
        record_raw: args.record_raw.clone(),
    };
    let metrics = MetricsEndpoint::new(scrapes.clone(), false);
    let mut session = Session::new(machine, manner, board, of_verbs.clone(), metrics, root());
    let by = loop {
        crossbeam_channel::select! {
            recv(calls) -> call => match call {
                Ok(call) => {
                    let reply = session.answer(&call);
                    // Whoever asked may be gone.
                    let _ = call.reply.send(reply);
                }
                Err(_) => {
                    messages.error("the HTTP server has ended");
                    session.close("the HTTP server has ended");
                    return ExitStatus::MachineRefused;
                }
            },
            recv(scrapes) -> scrape => scrape.into_iter().for_each(|scrape| session.answer_scrape(scrape)),
            // Whatever it is, it is looked at below: a child that ended by `tick`, an end by `ending`.
            recv(of_verbs) -> _ => {}
            default(TICK) => {}
        }
        session.tick();
        session.take_log().iter().for_each(|line| messages.step(line));
        if let Some(by) = ending.asked() {
            break by;
        }
    };
    messages.step(&format!("ended by {by}"));
    session.close("the worker is ended");
    session.take_log().iter().for_each(|line| messages.step(line));
    by.into()
}

fn settings(args: &WorkerArgs, messages: &mut Messages) -> Result<ServerSettings, String> {
    if !args.bind.is_loopback() && args.token_file.is_none() && !args.insecure {
        return Err(format!(
            "--bind {}: whoever reaches this port can start processes here and send messages as you: give a token with \
             --token-file, or say --insecure on a network that you trust (OMB's coordinators know no token)",
            args.bind
        ));
    }
    let token = args.token_file.as_deref().map(token::read).transpose()?.map(|(token, warning)| {
        warning.iter().for_each(|warning| messages.warn(warning));
        token
    });
    Ok(ServerSettings {
        bind: args.bind,
        port: args.port,
        stats_port: args.stats_port,
        token,
        body_bytes: args.max_request.saturating_mul(1 << 20),
        connections: usize::try_from(args.max_connections).unwrap_or(usize::MAX),
    })
}

/// Signals go to the wait of whatever verb is under way, and those that end the program are kept here as well: a verb
/// takes the signal out of the channel and ends, and then the program has to know why.
#[derive(Debug, Default)]
struct Ending(AtomicU8);

impl Ending {
    fn asked(&self) -> Option<Interruption> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(Interruption::Interrupt),
            2 => Some(Interruption::Terminate),
            _ => None,
        }
    }
}

fn pass_on(signals: Receiver<Signal>, to_verbs: Sender<Signal>, ending: Arc<Ending>) -> std::io::Result<()> {
    std::thread::Builder::new().name("pinload-signals".to_owned()).spawn(move || {
        for signal in signals {
            match signal {
                Signal::Interrupt => ending.0.store(1, Ordering::Relaxed),
                Signal::Terminate => ending.0.store(2, Ordering::Relaxed),
                Signal::Child => {}
            }
            if to_verbs.send(signal).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
