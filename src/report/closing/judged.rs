//! What is judged of a run, as lines: the verdict in a sentence, whose the figures are, and what else there is to know.

use crate::caveat::{Caveat, Subject, in_order};
use crate::report::caveats::{EMBEDDED, NOT_OPEN_LOOP, NULL_DRIVER, SHARED_CPUS, caveats};
use crate::verdict::{Judgement, OwnLevel, SystemAnswer, SystemEventKind, Trust, Verdict};
use crate::worker::Interruption;
use crate::workload_generator::{RunOutcome, RunResult};

/// Remarks below the verdict; the rest is counted.
const REMARKS: usize = 3;

/// A run and all that is judged of it, each once.
pub(in crate::report) struct JudgedRun<'a> {
    result: &'a RunResult<'a>,
    /// The verdicts on the measured periods.
    periods: &'a [Verdict],
    pub(super) system: SystemAnswer,
    judgement: Judgement,
    trust: Option<Trust>,
    pub(super) caveats: Vec<Caveat>,
}

impl<'a> JudgedRun<'a> {
    pub(in crate::report) fn of(result: &'a RunResult<'a>, periods: &'a [Verdict]) -> Self {
        Self {
            result,
            periods,
            system: SystemAnswer::of_run(result),
            judgement: Judgement::of_run(result, periods),
            trust: Trust::of_run(result),
            caveats: caveats(result),
        }
    }

    /// The verdict in one sentence: how far the figures are the broker's, or what spoils them with the remedy. Then
    /// what else there is to know: the most important first, three at most.
    pub(super) fn verdict_lines(&self) -> Vec<String> {
        let Self { result, judgement, .. } = self;
        let verdict = judgement.verdict;
        // Of figures that are wrong nobody asks whose they are.
        let trust = self.trust.as_ref().filter(|trust| verdict != Verdict::Invalid && trust.not_judged.is_none());
        let whose = trust.map(|trust| trust.sentence.clone()).filter(|sentence| !sentence.is_empty());
        let (said, below) = match (verdict, judgement.reasons.first()) {
            (Verdict::Valid, _) => {
                let said =
                    self.trust.as_ref().map(|trust| trust.sentence.as_str()).filter(|sentence| !sentence.is_empty());
                (format!("{verdict}: {}", said.unwrap_or("nothing speaks against these figures")), None)
            }
            (Verdict::NotJudged, _) => {
                let why = judgement.not_judged.first().map(|caveat| caveat.text.as_str());
                (format!("{verdict}: {}", why.unwrap_or("nobody could look at the generator")), None)
            }
            (Verdict::GeneratorLimited, _) if judgement.is_normal_on_shared_cpus(result.plan) => {
                let whose =
                    whose.unwrap_or_else(|| "counts are exact, latencies are this machine's as well".to_owned());
                let says = "as is normal where clients share CPUs";
                (format!("{verdict}, {says}: {whose}; for the broker's alone give each client a CPU of its own"), None)
            }
            (_, Some(reason)) => (format!("{verdict}: {}", Caveat::from(reason)), whose),
            (_, None) => (verdict.to_string(), whose),
        };
        let ending = ending(&result.outcome).map(|ending| format!(" · {ending}")).unwrap_or_default();
        let mut lines = vec![format!("{said}{ending}")];
        lines.extend(below.map(|whose| format!("  {whose}")));
        let remarks = self.remarks();
        let rest = remarks.len().saturating_sub(REMARKS);
        // One more takes no more room than saying that there is one more.
        let shown = if rest == 1 { remarks.len() } else { REMARKS };
        lines.extend(remarks.iter().take(shown).map(|remark| format!("  {remark}")));
        if rest > 1 {
            lines.push(format!("  {rest} more: in the detail file"));
        }
        // What somebody may have to do something about is told in full, however many remarks there are. What the plan
        // warned of was said before the run.
        lines.extend(result.warnings.iter().map(|warning| format!("  {warning}")));
        lines
    }

    /// All that stands below the verdict's sentence and whose the figures are, but for warnings.
    pub(in crate::report) fn remarks(&self) -> Vec<Caveat> {
        let Self { result, periods, system, judgement, trust, caveats } = self;
        let normal = judgement.is_normal_on_shared_cpus(result.plan);
        let of_generator = |code, text| Caveat::warning(code, Subject::Generator, text);
        let Judgement { verdict, reasons, not_judged } = judgement;
        let mut remarks: Vec<Caveat> = system.errors.iter().map(Caveat::from).collect();
        // What explains, and spoils nothing, is told where there is something to explain.
        let all_own = trust.as_ref().is_some_and(|trust| trust.reaches(OwnLevel::Max));
        let reasons = reasons.iter().skip(usize::from(verdict.spoils()));
        remarks.extend(reasons.filter(|reason| !normal && (reason.verdict.spoils() || !all_own)).map(Caveat::from));
        let stood = system.events.iter().filter(|event| event.kind == SystemEventKind::GeneratorStall && !normal);
        remarks.extend(stood.map(|event| of_generator("generator_stall", format!("the generator: {}", event.text))));
        let bad = periods.iter().filter(|verdict| verdict.spoils()).count();
        if bad > 0 && periods.len() > 1 && !normal {
            let text = format!("{bad} of {} periods are not valid by themselves", periods.len());
            remarks.push(of_generator("periods_not_valid", text));
        }
        // The run's first lines have said the first three, a line of its own below the latencies the last.
        let said_elsewhere = [EMBEDDED, NULL_DRIVER, SHARED_CPUS, NOT_OPEN_LOOP];
        remarks.extend(caveats.iter().filter(|caveat| !said_elsewhere.contains(&caveat.code)).cloned());
        // Where nobody could look, the verdict's sentence has said the first.
        let said = usize::from(*verdict == Verdict::NotJudged);
        remarks.extend(not_judged.iter().skip(said).cloned());
        in_order(remarks)
    }
}

/// How it ended, where neither the verdict's reasons nor the plan say.
fn ending(outcome: &RunOutcome) -> Option<String> {
    match outcome {
        RunOutcome::Interrupted { by } => {
            let signal = match by {
                Interruption::Interrupt => "Ctrl-C (SIGINT)",
                Interruption::Terminate => "SIGTERM or SIGHUP",
            };
            Some(format!("interrupted by {signal}: what follows is what was measured until then"))
        }
        RunOutcome::Running => Some("still running".to_owned()),
        RunOutcome::Completed
        | RunOutcome::ClientDied { .. }
        | RunOutcome::WorkerLost { .. }
        | RunOutcome::BrokerLost { .. }
        | RunOutcome::Failed { .. } => None,
    }
}
