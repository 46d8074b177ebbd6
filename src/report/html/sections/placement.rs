//! Which client ran where, as a picture of CPUs and nodes.

use super::super::reading::{ClientReading, ResultDocument};
use crate::os::affinity::CpuSet;
use maud::{Markup, html};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Size of a CPU's box and the gap behind it, in px.
const BOX: (usize, usize) = (112, 8);
/// Boxes in a row.
const IN_A_ROW: usize = 8;

/// What runs on one CPU.
#[derive(Debug, Default)]
struct OnCpu {
    loops: Vec<String>,
    io: usize,
    supervisor: bool,
}

pub(super) fn placement(run: &ResultDocument) -> Option<Markup> {
    let mut hosts: BTreeMap<&str, Vec<&ClientReading>> = BTreeMap::new();
    for client in &run.clients {
        let worker = client.facts.get("worker").and_then(Value::as_str).unwrap_or("");
        hosts.entry(worker).or_default().push(client);
    }
    if hosts.is_empty() {
        return None;
    }
    let notes: Vec<&str> = run.list("/plan/placement/notes").iter().filter_map(Value::as_str).collect();
    Some(html! {
        p.note { "▶ a client's own loop · ⇄ threads of librdkafka · S the supervisor" }
        @for (worker, clients) in &hosts {
            @if !worker.is_empty() { h3 { (worker) } }
            @for (node, cpus) in nodes(run, worker, clients) {
                figure.placement { figcaption { (node) } (picture(&cpus)) }
            }
        }
        @if !notes.is_empty() { ul { @for note in notes { li { (note) } } } }
    })
}

/// Node → CPU → what runs there.
fn nodes(run: &ResultDocument, worker: &str, clients: &[&ClientReading]) -> BTreeMap<String, BTreeMap<usize, OnCpu>> {
    let mut cpus: BTreeMap<usize, OnCpu> = BTreeMap::new();
    let mut node_of: BTreeMap<usize, u64> = BTreeMap::new();
    let set = |value: Option<&Value>| -> BTreeSet<usize> {
        value
            .and_then(Value::as_str)
            .and_then(|text| CpuSet::parse(text).ok())
            .map(|set| set.iter().collect())
            .unwrap_or_default()
    };
    if worker.is_empty() {
        cpus.extend(set(run.at("/plan/placement/allowed")).into_iter().map(|cpu| (cpu, OnCpu::default())));
        for cpu in set(run.at("/plan/placement/supervisor")) {
            cpus.entry(cpu).or_default().supervisor = true;
        }
    }
    for client in clients {
        let Some(planned) = client.facts.get("placement_planned") else { continue };
        let hot = planned.get("hot_cpu").and_then(Value::as_u64).and_then(|cpu| usize::try_from(cpu).ok());
        let io = set(planned.get("io_cpus"));
        let short =
            format!("{}{}", if client.produces() { "P" } else { "C" }, client.number(&["index"]).unwrap_or(0.0));
        hot.into_iter().for_each(|cpu| cpus.entry(cpu).or_default().loops.push(short.clone()));
        io.iter().for_each(|cpu| cpus.entry(*cpu).or_default().io += 1);
        if let Some(node) = planned.get("node").and_then(Value::as_u64) {
            node_of.extend(hot.iter().chain(&io).map(|cpu| (*cpu, node)));
        }
    }
    let mut nodes: BTreeMap<String, BTreeMap<usize, OnCpu>> = BTreeMap::new();
    for (cpu, on) in cpus {
        let node = node_of.get(&cpu).map_or_else(|| "other CPUs".to_owned(), |node| format!("NUMA node {node}"));
        nodes.entry(node).or_default().insert(cpu, on);
    }
    nodes
}

fn picture(cpus: &BTreeMap<usize, OnCpu>) -> Markup {
    let step = BOX.0 + BOX.1;
    let columns = cpus.len().min(IN_A_ROW);
    let (width, height) = (columns * step, cpus.len().div_ceil(IN_A_ROW) * step / 2 + 24);
    let told: Vec<String> = cpus.iter().map(|(cpu, on)| format!("CPU {cpu}: {}", lines(on).join(", "))).collect();
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) width=(width) role="img" aria-label=(told.join("; ")) {
            @for (at, (cpu, on)) in cpus.iter().enumerate() {
                @let (x, y) = (at % IN_A_ROW * step, at / IN_A_ROW * (step / 2 + 12));
                g transform=(format!("translate({x} {y})")) {
                    title { (told[at]) }
                    rect.loop[!on.loops.is_empty()] width=(BOX.0) height=(step / 2 + 4) rx="4" {}
                    text.cpu x="8" y="17" { "CPU " (cpu) }
                    @for (row, line) in lines(on).iter().enumerate() { text x="8" y=(34 + row * 15) { (line) } }
                }
            }
        }
    }
}

/// At most two lines.
fn lines(on: &OnCpu) -> Vec<String> {
    let loops = match on.loops.as_slice() {
        [] => String::new(),
        few if few.len() <= 3 => format!("▶ {}", few.join(" ")),
        [first, .., last] => format!("▶ {first} … {last} ({})", on.loops.len()),
        [_] => String::new(),
    };
    let io = if on.io > 0 { format!("⇄ {}", on.io) } else { String::new() };
    let rest: Vec<&str> =
        [io.as_str(), if on.supervisor { "S" } else { "" }].into_iter().filter(|text| !text.is_empty()).collect();
    [loops, rest.join(" · ")].into_iter().filter(|line| !line.is_empty()).collect()
}
