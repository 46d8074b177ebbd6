// Partitions side by side, as dots: there is nothing between them.
function partitions(run, choice) {
  if (!run.partitions) return null;
  const { labels } = run.partitions, at = labels.map((_, i) => i);
  const [names, y] = choice ? [["messages_per_s"], { show: words.count, axis: words.countAxis }] : [["p50_ns", "p99_ns", "p99_9_ns", "max_ns"], { show: words.ns, axis: words.nsAxis, log: true }];
  const label = (v) => labels[Math.round(v)] ?? "";
  return {
    name: "partitions", choices: ["end-to-end time", "messages/s"], y,
    x: { label: "partition", axis: (v) => v % 1 ? "" : label(v), show: (v) => "partition " + label(v), range: [-.5, labels.length - .5], incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
    series: names.map((name, i) => ({ name, label: figureLabels[name] ?? "messages/s", nothing: true, points: true, colour: i })),
    table: [at, ...names.map((name) => column(run.partitions, name))],
    rows: () => [["partition", ...names], ...at.map((i) => [labels[i], ...names.map((name) => column(run.partitions, name)[i])])],
  };
}
