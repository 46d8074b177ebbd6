//! Flags of OMB's forks: known by name, refused with a reason.

use clap::Args;

// Not a doc comment: the parser would make it the help text of the commands that the options are added to.
// `-v` is pinload's own `--verbose`; the fork's `-v TEXT` is refused only in its long form.
#[derive(Debug, Args)]
pub(super) struct ForkFlags {
    /// Redpanda: swarm or ensemble.
    #[arg(short, long, hide = true, value_name = "TOPOLOGY")]
    topology: Option<String>,
    /// Redpanda: a text for the result.
    #[arg(long, hide = true, value_name = "TEXT")]
    service_version: Option<String>,
    /// AutoMQ: workers either produce or consume.
    #[arg(short, long, hide = true)]
    separate: bool,
}

impl ForkFlags {
    /// Why the first of these flags that was given is refused.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        let Self { topology, service_version, separate } = self;
        [
            (
                topology.is_some(),
                "-t/--topology is an option of OMB's Redpanda fork: pinload has one topology, producers and consumers \
                 apart as in OMB itself (the fork's `ensemble`); leave it out",
            ),
            (
                service_version.is_some(),
                "-v/--service-version is an option of OMB's Redpanda fork: OMB's result file has no field for it; put \
                 the version into the driver file's name",
            ),
            (
                *separate,
                "-s/--separate is an option of OMB's AutoMQ fork and what pinload does anyway: producers and consumers \
                 are apart; leave it out",
            ),
        ]
        .into_iter()
        .find_map(|(given, why)| given.then_some(why))
    }
}
