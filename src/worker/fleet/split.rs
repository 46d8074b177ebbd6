//! Who does what (OMB's DistributedWorkersEnsemble): which workers produce, which consume, and which client goes to
//! which of them.

use crate::plan::ClientPlan;
use crate::telemetry::Role;

/// What one worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkerShare {
    /// Its place among the workers that produce.
    pub producers: Option<usize>,
    /// Its place among the workers that consume.
    pub consumers: Option<usize>,
}

/// The duties of `workers` workers in the order they were given: the first half produces (with `extra` the first (n +
/// 2) / 3), the others consume; a single one does both. As in OMB both groups are counted from their last worker on.
pub fn duties(workers: usize, extra: bool) -> Vec<WorkerShare> {
    if workers == 1 {
        return vec![WorkerShare { producers: Some(0), consumers: Some(0) }];
    }
    let producing = if extra { workers.div_ceil(3) } else { workers / 2 };
    (0..workers)
        .map(|worker| {
            if worker < producing {
                WorkerShare { producers: Some(producing - 1 - worker), consumers: None }
            } else {
                WorkerShare { producers: None, consumers: Some(workers - 1 - worker) }
            }
        })
        .collect()
}

/// The clients of one worker: clients of a role go to the workers of that role in turn (OMB's ListPartition).
pub fn clients_of(duties: WorkerShare, all: &[WorkerShare], clients: &[ClientPlan]) -> Vec<ClientPlan> {
    let of_role = |role| match role {
        Role::Producer => (duties.producers, all.iter().filter(|duties| duties.producers.is_some()).count()),
        Role::Consumer => (duties.consumers, all.iter().filter(|duties| duties.consumers.is_some()).count()),
    };
    clients
        .iter()
        .filter(|client| {
            let (place, workers) = of_role(client.role);
            place.is_some_and(|place| client.index as usize % workers == place)
        })
        .cloned()
        .collect()
}

/// OMB's two log lines.
pub fn log_lines(workers: &[String], duties: &[WorkerShare]) -> [String; 2] {
    let of = |place: fn(&WorkerShare) -> Option<usize>| {
        let mut named: Vec<(usize, &str)> =
            workers.iter().zip(duties).filter_map(|(worker, duties)| Some((place(duties)?, worker.as_str()))).collect();
        named.sort_unstable();
        named.into_iter().map(|(_, worker)| worker).collect::<Vec<_>>().join(",")
    };
    [
        format!("Workers list - producers: [{}]", of(|duties| duties.producers)),
        format!("Workers list - consumers: {}", of(|duties| duties.consumers)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use std::time::Duration;

    #[test]
    fn as_many_workers_produce_as_in_omb() {
        let producing = |workers, extra| duties(workers, extra).iter().filter(|duty| duty.producers.is_some()).count();
        assert_eq!([2, 3, 4, 5, 6, 7, 8, 9].map(|n| producing(n, false)), [1, 1, 2, 2, 3, 3, 4, 4]);
        assert_eq!([2, 3, 4, 5, 6, 7, 8, 9].map(|n| producing(n, true)), [1, 1, 2, 2, 2, 3, 3, 3]);
    }

    #[test]
    fn the_last_workers_consume_and_both_groups_are_counted_backwards() {
        let duties = duties(5, false);
        assert_eq!(duties.iter().map(|duty| duty.producers).collect::<Vec<_>>(), [Some(1), Some(0), None, None, None]);
        assert_eq!(
            duties.iter().map(|duty| duty.consumers).collect::<Vec<_>>(),
            [None, None, Some(2), Some(1), Some(0)]
        );
        let workers: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(
            log_lines(&workers, &duties),
            ["Workers list - producers: [b,a]", "Workers list - consumers: e,d,c"]
        );
    }

    #[test]
    fn one_worker_alone_does_both() {
        assert_eq!(duties(1, false), [WorkerShare { producers: Some(0), consumers: Some(0) }]);
        assert_eq!(duties(1, true), duties(1, false));
    }

    #[test]
    fn ten_clients_are_dealt_to_three_workers_in_turn_and_none_is_lost() {
        let mut clients = Plan::for_tests(Duration::ZERO, None).clients;
        let first = clients[0].clone();
        clients = (0..10).map(|index| ClientPlan { index, ..first.clone() }).collect();
        let duties = duties(6, false);
        let dealt: Vec<Vec<u32>> = [2, 1, 0]
            .map(|worker| clients_of(duties[worker], &duties, &clients).iter().map(|client| client.index + 1).collect())
            .into();
        assert_eq!(dealt, [vec![1, 4, 7, 10], vec![2, 5, 8], vec![3, 6, 9]]);
        assert!(clients_of(duties[3], &duties, &clients).is_empty(), "consumer workers get no producers");
    }
}
