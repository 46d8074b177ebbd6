//! The CPUs: how fast, how sleepy, shared with whom.

use super::{CheckInput, End, Severity};
use crate::os::affinity::CpuSet;
use crate::units::counted;

/// One producer, one consumer, librdkafka's threads and the supervisor want this many.
const ENOUGH_CPUS: usize = 4;
/// States that take longer to wake from than this are deep, µs: acknowledgements on a fast network take some tens.
const DEEP_US: u64 = 10;

pub(super) fn few(case: &CheckInput<'_>) -> End {
    let usable = case.facts.processors.usable();
    if usable.is_empty() {
        return End::Unknown("the kernel lists no CPUs");
    }
    let text = format!("{} can be used ({usable})", counted(usable.len(), "CPU"));
    if usable.len() >= ENOUGH_CPUS {
        return End::Fine(text);
    }
    End::Found {
        severity: Severity::Notable,
        text,
        effect: "a producer, a consumer, librdkafka's threads and the supervisor share CPUs: pacing sleeps instead of \
                 spinning, and latencies include waiting for each other",
        remedy: "use a machine (or a CPU set) with at least a CPU for each client and two more; run the broker \
            elsewhere",
    }
}

pub(super) fn governor(case: &CheckInput<'_>) -> End {
    let frequency = &case.facts.frequency;
    if frequency.governors.is_empty() {
        return End::Unknown("the kernel sets no frequencies here (VMs) or hides it (no cpufreq)");
    }
    let slow: Vec<_> = frequency
        .governors
        .iter()
        .filter(|known| known.governor != "performance" && !known.cpus.intersection(&case.hot_and_others()).is_empty())
        .map(|known| format!("{} on CPUs {}", known.governor, known.cpus))
        .collect();
    if slow.is_empty() {
        return End::Fine("performance".to_owned());
    }
    End::Found {
        severity: Severity::Notable,
        text: format!("the frequency governor is {}", slow.join(", ")),
        effect: "CPUs of librdkafka's threads, idle between batches, are slowed down and take their time to speed up: \
                 latencies at low rates are higher than at high ones, and runs differ",
        remedy: "cpupower frequency-set -g performance (or write performance to \
            /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
    }
}

pub(super) fn turbo(case: &CheckInput<'_>) -> End {
    match case.facts.frequency.turbo {
        None => End::Unknown("the kernel does not tell whether turbo is on"),
        Some(false) => End::Fine("off".to_owned()),
        Some(true) => End::Found {
            severity: Severity::Minor,
            text: "turbo (boost) is on".to_owned(),
            effect: "the speed of a CPU depends on heat and on how many others are busy: highest rates vary from run \
                to run and fall in long runs",
            remedy: "for comparisons turn it off: write 1 to /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 to \
                     /sys/devices/system/cpu/cpufreq/boost; for the highest rate leave it on",
        },
    }
}

pub(super) fn idle_states(case: &CheckInput<'_>) -> End {
    let idle = &case.facts.idle;
    if idle.idle_states.is_empty() {
        return End::Unknown("the kernel lists no idle states (a hypervisor may choose them)");
    }
    let usable = case.hot_and_others();
    let reach = |state: &&crate::os::fingerprint::IdleState| !state.cpus.intersection(&usable).is_empty();
    let deepest = idle.idle_states.iter().filter(reach).max_by_key(|state| state.wake_latency_us);
    match deepest {
        Some(state) if state.wake_latency_us > DEEP_US => End::Found {
            severity: Severity::Notable,
            text: format!(
                "idle CPUs may sleep as deeply as {}, from which waking takes {} µs",
                state.state, state.wake_latency_us
            ),
            effect: "hot loops spin and do not sleep, but librdkafka's threads and shared CPUs do: each waking adds up \
                     to this much to acknowledgement and end-to-end latency, most at low rates",
            remedy: "cpupower idle-set -D 10 (until the next boot), hold /dev/cpu_dma_latency open with 0 (tuned-adm \
                     profile latency-performance), or boot with intel_idle.max_cstate=1 processor.max_cstate=1",
        },
        Some(state) => End::Fine(format!("no deeper than {} ({} µs)", state.state, state.wake_latency_us)),
        None => End::Fine("none is enabled".to_owned()),
    }
}

pub(super) fn siblings(case: &CheckInput<'_>) -> End {
    let processors = &case.facts.processors;
    if processors.online_cpus.is_none() {
        return End::Unknown("the kernel does not tell which CPUs share a core");
    }
    let shared: Vec<_> = processors
        .smt_siblings
        .iter()
        .filter(|siblings| !siblings.intersection(case.hot).is_empty())
        .map(|siblings| siblings.to_string())
        .collect();
    if shared.is_empty() {
        return End::Fine("no hot CPU shares its core".to_owned());
    }
    End::Found {
        severity: Severity::Notable,
        text: format!("hot CPUs share cores with others: {}", abridged(&shared)),
        effect: "whatever runs on the sibling takes up to half of the core's speed away, at moments that nobody \
            chooses: rates and pacing vary",
        remedy: "give pinload one CPU of each core (taskset, or --cpus and --io-cpus) and keep the siblings idle, or \
                 turn SMT off: write off to /sys/devices/system/cpu/smt/control",
    }
}

pub(super) fn isolation(case: &CheckInput<'_>) -> End {
    let processors = &case.facts.processors;
    let (isolated, tickless) = match (&processors.isolated_cpus, &processors.nohz_full_cpus) {
        (None, None) => return End::Unknown("the kernel does not tell isolated CPUs"),
        (isolated, tickless) => (isolated.clone().unwrap_or_default(), tickless.clone().unwrap_or_default()),
    };
    let open = case.hot.difference(&isolated);
    let ticking = case.hot.difference(&tickless);
    if open.is_empty() && ticking.is_empty() {
        return End::Fine(format!("CPUs {} are isolated and have no timer tick", case.hot));
    }
    End::Found {
        severity: Severity::Minor,
        text: match (open.is_empty(), ticking.is_empty()) {
            (true, _) => format!("hot CPUs {ticking} have a timer tick (not in nohz_full)"),
            (_, true) => format!("hot CPUs {open} are open to other processes (not in isolcpus)"),
            _ => format!("hot CPUs {} are open to other processes and have a timer tick", open.intersection(&ticking)),
        },
        effect: "the scheduler may put other threads on them, and a timer interrupts them 100 to 1,000 times a second \
                 for some µs: pacing error has a tail of that length",
        remedy: "boot with isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST and name these CPUs with --cpus; a cpuset \
            partition does it without a boot",
    }
}

pub(super) fn interrupts(case: &CheckInput<'_>) -> End {
    let groups = &case.facts.interrupts.interrupt_groups;
    if groups.is_empty() {
        return End::Unknown("the kernel does not show where device interrupts go");
    }
    let on_hot = || groups.iter().filter(|group| !group.cpus.intersection(case.hot).is_empty());
    let count: u32 = on_hot().map(|group| group.interrupts).sum();
    if count == 0 {
        return End::Fine("no device interrupts hot CPUs".to_owned());
    }
    let devices: Vec<_> = on_hot().flat_map(|group| group.devices.iter().cloned()).collect();
    let cpus: CpuSet = on_hot().flat_map(|group| group.cpus.intersection(case.hot).0).collect();
    End::Found {
        severity: Severity::Notable,
        text: format!("{} go to hot CPUs {cpus} ({})", counted(count, "device interrupt"), abridged(&devices)),
        effect: "a network or disk interrupt and the work behind it stop a hot loop for 5 to 100 µs: it shows as \
            pacing error and late acknowledgements",
        remedy: "stop irqbalance (or set IRQBALANCE_BANNED_CPULIST) and write the other CPUs to \
                 /proc/irq/N/smp_affinity_list; boot with irqaffinity=LIST; interrupts per queue follow the number of \
                 queues (ethtool -L)",
    }
}

impl CheckInput<'_> {
    /// CPUs that pinload's threads run on, hot or not.
    fn hot_and_others(&self) -> CpuSet {
        let usable = self.facts.processors.usable();
        CpuSet(&usable.0 | &self.hot.0)
    }
}

/// The first few of a list, and how many more there are.
fn abridged(words: &[String]) -> String {
    const SHOWN: usize = 4;
    match words.len().checked_sub(SHOWN) {
        None | Some(0) => words.join(" · "),
        Some(more) => format!("{} · and {more} more", words[..SHOWN].join(" · ")),
    }
}
