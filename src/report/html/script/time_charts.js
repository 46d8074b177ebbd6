// Charts over the time of one run.
const timeAxis = { label: "at_s", axis: words.time, show: (s) => "at " + words.time(s), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400] };
const bandsOf = (run) => [...(run.bands ?? []), ...(run.periods.not_valid ?? []).map(([from, to]) => ({ from, to, bad: true }))];
const joined = (parts) => { const kept = parts.filter(Boolean); return kept.length > 1 ? uPlot.join(kept.map((p) => p.table)) : kept[0]?.table; };

function timeSpec(run, name, parts, series, y, choices) {
  const table = joined(parts);
  return table && { name, x: timeAxis, y, series, table, bands: bandsOf(run), sync: "time", choices };
}
const rateLabels = { send_rate_per_s: "sent/s", publish_rate_per_s: "acknowledged/s", consume_rate_per_s: "received/s", publish_error_rate_per_s: "failed/s", publish_bytes_per_s: "acknowledged bytes/s", consume_bytes_per_s: "received bytes/s" };
function rates(run, choice) {
  const messages = ["send_rate_per_s", "publish_rate_per_s", "consume_rate_per_s", "publish_error_rate_per_s"], bytes = ["publish_bytes_per_s", "consume_bytes_per_s"];
  const names = choice ? bytes : messages, lines = secondLines(run.seconds, names), part = lines ?? periodSteps(run.periods, names);
  if (!part) return null;
  const kept = part.names.map((name, i) => ({ name, i })).filter(({ name, i }) => name !== "publish_error_rate_per_s" || part.table[i + 1].some((v) => v > 0));
  const series = kept.map(({ name }, i) => ({ name, label: rateLabels[name], step: !lines, dash: i, colour: i }));
  const y = choice ? { show: words.bytes, axis: (v) => v ? words.bytes(v) : "0" } : { show: words.count, axis: words.countAxis };
  return timeSpec(run, "throughput", [{ table: [part.table[0], ...kept.map(({ i }) => part.table[i + 1])] }], series, y, ["messages", "bytes"]);
}
function backlog(run) {
  const part = secondLines(run.seconds, ["backlog_messages"]) ?? periodEnds(run.periods, "backlog_messages");
  return part && timeSpec(run, "backlog", [part], [{ name: "backlog_messages", label: "backlog" }], { show: words.count, axis: words.countAxis });
}
const figureLabels = { p50_ns: "p50", p99_ns: "p99", p99_9_ns: "p99.9", max_ns: "max" };
function latency(run, families, choice, name) {
  const known = families.filter((family) => column(run.periods, family + ".p50_ns"));
  if (!known.length) return null;
  const family = known[choice];
  const steps = periodSteps(run.periods, ["p50_ns", "p99_ns", "p99_9_ns"].map((f) => family + "." + f));
  const maxima = secondLines(run.seconds, [family + ".max_ns"]), most = maxima ?? periodSteps(run.periods, [family + ".max_ns"]);
  const series = [...steps.names, ...(most?.names ?? [])].map((n, i) => ({ name: n, label: figureLabels[n.split(".")[1]], step: !(maxima && n.endsWith(".max_ns")), dash: i, colour: i, width: n.endsWith(".max_ns") ? 1 : 1.8 }));
  return timeSpec(run, name, [steps, most], series, { show: words.ns, axis: words.nsAxis, log: true }, known.length > 1 ? known.map((f) => f.endsWith("_intended") ? "from the intended time" : "from the actual time") : null);
}
function search(run) {
  if (!run.search) return null;
  const { end_s, names, columns } = run.search, times = [0, ...end_s];
  const labels = { rate_per_s: "asked for", acknowledged_per_s: "acknowledged" };
  return timeSpec(run, "search", [{ table: [times, ...columns.map((c) => [c[0], ...c])] }], names.map((name, i) => ({ name, label: labels[name], step: true, dash: i })), { show: (v) => words.count(v) + "/s", axis: words.countAxis });
}
const cpuLabels = { producers_cpu: "producers", consumers_cpu: "consumers", supervisor_cpu: "supervisor" };
function cpu(run) {
  const seconds = secondLines(run.seconds, ["producers_cpu", "consumers_cpu"]), periods = periodSteps(run.periods, ["supervisor_cpu"]);
  const series = [...(seconds?.names ?? []).map((name) => [name, false]), ...(periods?.names ?? []).map((name) => [name, true])];
  if (!series.length) return null;
  return timeSpec(run, "cpu", [seconds, periods], series.map(([name, step], i) => ({ name, label: cpuLabels[name], step, dash: i })), { show: (v) => words.count(v) + " CPUs", axis: words.countAxis });
}
function timeCharts(run) {
  make("rates", (choice) => rates(run, choice));
  make("backlog", () => backlog(run));
  make("acknowledged", (choice) => latency(run, ["acknowledge_actual", "acknowledge_intended"], choice, "acknowledged"));
  make("end-to-end", (choice) => latency(run, ["end_to_end_actual", "end_to_end_intended"], choice, "end-to-end"));
  make("pacing", (choice) => latency(run, ["publish_delay"], choice, "pacing-error"));
  make("cpu", () => cpu(run));
  make("search", () => search(run));
}
