//! CPUs for the I/O threads of the wire driver's producers: all of them have one, or none has. librdkafka's threads
//! share the I/O CPUs; one of these spins on its own.

use super::notes::note;
use super::{BROKER_CPUS, IoThreadCpu, Placement};
use crate::os::affinity::CpuSet;
use crate::os::topology::Topology;

impl Placement {
    /// Gives each of the `producers`, who are the first clients, an I/O thread if each of them spins on a hot CPU of
    /// its own and has an I/O CPU of its own: no loop, other I/O thread, supervisor or broker of this host (which may
    /// use `brokers`) needs it, and no loop spins on another thread of its core. `named`: the user has named the I/O
    /// CPUs, and means it also where the latter do.
    pub fn give_io_threads(&mut self, topology: &Topology, producers: u32, named: bool, brokers: &CpuSet) {
        let producers = usize::try_from(producers).unwrap_or(usize::MAX).min(self.clients.len());
        if producers == 0 {
            return;
        }
        let threads = self.io_thread_cpus(topology, producers, named, brokers);
        let text = match &threads {
            None => "The producers' loops do their socket work themselves, between two sends: there are too few CPUs \
                     for an I/O thread of the wire driver for each, on one of its own."
                .to_owned(),
            Some(threads) => {
                let cpus: CpuSet = threads.iter().map(|thread| thread.cpu).collect();
                let plural = if threads.len() == 1 { "CPU" } else { "CPUs" };
                if threads.iter().any(|thread| thread.shared) {
                    format!(
                        "Each producer's I/O thread (wire driver) runs on {plural} {cpus}, as asked with --io-cpus, \
                         where the supervisor or a broker runs too: it naps for 50 µs when it has nothing to do."
                    )
                } else {
                    format!(
                        "Each producer's I/O thread (wire driver) spins on a CPU of its own ({plural} {cpus}): no \
                         system call stands in the schedule of sends."
                    )
                }
            }
        };
        self.notes.push(note("io_threads", text));
        for (client, thread) in self.clients.iter_mut().zip(threads.into_iter().flatten()) {
            client.io_thread = Some(thread);
        }
    }

    fn io_thread_cpus(
        &self,
        topology: &Topology,
        producers: usize,
        named: bool,
        brokers: &CpuSet,
    ) -> Option<Vec<IoThreadCpu>> {
        let hot: CpuSet = self.clients.iter().filter_map(|client| client.hot_cpu).collect();
        let is_beside_hot =
            |cpu: usize| topology.cpu(cpu).is_some_and(|cpu| !cpu.siblings.intersection(&hot).is_empty());
        let (mut taken, mut in_order) = (CpuSet::default(), Vec::new());
        for client in &self.clients[..producers] {
            let _ = client.hot_cpu.filter(|_| !client.hot_cpu_shared)?;
            let mut free = client.io_cpus.iter().filter(|&cpu| !hot.contains(cpu) && !taken.contains(cpu));
            let cpu = free.find(|&cpu| named || !is_beside_hot(cpu))?;
            taken.0.insert(cpu);
            in_order.push(cpu);
        }
        let mut others = self.supervisor.clone();
        if brokers.difference(&hot).difference(&taken).len() < BROKER_CPUS {
            others.0.extend(brokers.0.iter());
        }
        let threads: Vec<_> =
            in_order.into_iter().map(|cpu| IoThreadCpu { cpu, shared: others.contains(cpu) }).collect();
        (named || threads.iter().all(|thread| !thread.shared)).then_some(threads)
    }
}

#[cfg(test)]
mod tests;
