//! What a client is told when it is started.

use crate::client::{ClientSpec, CurvePart};
use crate::os::process;
use crate::plan::{ClientPlan, DriverKind, Plan};
use crate::telemetry::{Role, SupervisorEnd};
use crate::worker::local::LocalWorker;
use std::path::PathBuf;

impl LocalWorker {
    pub(super) fn spec(
        &self,
        plan: &Plan,
        client: &ClientPlan,
        end: &SupervisorEnd,
        topic: &str,
        group: Option<&str>,
    ) -> ClientSpec {
        let translated = match client.role {
            Role::Producer => &plan.driver.producer,
            Role::Consumer => &plan.driver.consumer,
        };
        let servers = self.bootstrap.as_deref().filter(|_| plan.driver.kind == DriverKind::Embedded);
        // One that the user gave stays as it is: brokers set quotas by it.
        let own_id = format!("pinload-{}-{}", client.role, client.index);
        let client_id = translated.get("client.id").is_none().then_some(own_id.as_str());
        let wire = plan.driver.wire.as_ref().map(|wire| wire.at_start(servers, client_id, group));
        let properties = match wire {
            None => librdkafkas(&translated.effective, servers, client_id, group),
            Some(_) => Vec::new(),
        };
        let (wire_producer, wire_consumer) = match (wire, client.role) {
            (Some(wire), Role::Producer) => (Some(wire.producer), None),
            (Some(wire), Role::Consumer) => (None, Some(wire.consumer)),
            (None, _) => (None, None),
        };
        ClientSpec {
            parent_pid: process::own_pid(),
            segment: end.name().to_owned(),
            shape: end.shape(),
            member: client.member,
            first_producer_of_topic: plan.first_producer_of(client.topic),
            producers_of_topic: plan.producers_of(client.topic),
            run_id: self.run_id,
            clock: self.clock,
            driver: plan.driver.kind,
            wire_producer,
            wire_consumer,
            members: plan.consumers_per_subscription,
            properties,
            ways: translated.ways,
            topic: topic.to_owned(),
            partitions: plan.partitions_of(client.topic),
            message: plan.message.without_bytes(),
            payload_pool: match client.role {
                Role::Producer => self.pool.as_ref().map(|pool| pool.name().to_owned()),
                Role::Consumer => None,
            },
            late: plan.rate.late,
            curve: plan.rate.curve.clone().filter(|_| client.role == Role::Producer).map(|curve| CurvePart {
                curve,
                index: client.index,
                producers: plan.rate.producers,
            }),
            arrivals: plan.rate.arrivals,
            outstanding_messages: plan.rate.outstanding_messages,
            first_window_messages: plan.rate.first_window_messages,
            processing: plan.consumer_processing,
            placement: client.placement.clone(),
            limits: plan.limits,
            wall_stamps: self.wall_stamps,
            omb_probes: self.growing.is_some(),
            message_later: match client.role {
                Role::Producer => self.growing.as_ref().map(|growing| growing.order.as_str().to_owned()),
                Role::Consumer => None,
            },
            auto_commit: plan.driver.auto_commit,
            group: group.map(str::to_owned),
            fetch_queue: plan.driver.consumer_settings.fetch_queue,
            idempotent: plan.driver.producer_settings.idempotent,
            raw_samples: self.raw_file(client),
        }
    }

    /// Where a client records its raw samples. The run's id is in the name, so that the files of several runs can lie
    /// in one folder.
    pub(super) fn raw_file(&self, client: &ClientPlan) -> Option<PathBuf> {
        let name = format!("{:016x}.{}-{}.raw", self.run_id, client.role, client.index);
        Some(self.raw_samples.as_ref()?.join(name))
    }
}

/// The properties that a client's librdkafka is given, with what is known only when the client starts.
fn librdkafkas(
    effective: &[(String, String)],
    servers: Option<&str>,
    client_id: Option<&str>,
    group: Option<&str>,
) -> Vec<(String, String)> {
    let of_start = [("bootstrap.servers", servers), ("client.id", client_id), ("group.id", group)];
    let of_start = of_start.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    effective.iter().cloned().chain(of_start).collect()
}
