// What brokers and hosts told of themselves, on the time axis of the run.
function brokerChart(run, number) {
  const { parts } = run.scrapes[number], names = parts.flatMap((part) => part.names);
  const series = names.map((name, i) => ({ name, label: name, colour: i, dash: i >> 3 }));
  const spec = timeSpec(run, "scrape-" + number, parts.map((part) => ({ table: [part.at_s, ...part.columns] })), series, { show: words.count, axis: words.countAxis });
  return spec && { ...spec, height: 180 };
}
const brokerCharts = (run) => (run.scrapes ?? []).forEach((_, number) => make("scrape-" + number, () => brokerChart(run, number)));
