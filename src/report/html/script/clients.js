// Small charts, one a client, all on one scale: drawn as lines without frills, since there may be hundreds.
const clientFigures = [["rate", "messages/s", words.count], ["p99", "latency p99", words.ns], ["max", "latency max", words.ns], ["pacing", "pacing error p99", words.ns], ["cpu", "CPU", words.share]];
function clientCharts(run) {
  const figure = place("clients");
  if (!figure) return;
  if (!run.clients?.length) { figure.remove(); return; }
  const tools = el("div", { className: "tools" }), select = el("select"), order = el("select"), grid = el("div", { className: "multiples" });
  select.setAttribute("aria-label", "What is shown of each client"); order.setAttribute("aria-label", "Order");
  select.append(...clientFigures.map(([, label], i) => el("option", { value: i, textContent: label })));
  order.append(el("option", { value: "name", textContent: "in order" }), el("option", { value: "high", textContent: "highest first" }), el("option", { value: "low", textContent: "lowest first" }));
  tools.append(select, order); figure.append(tools, grid);
  let plots = [];
  const draw = () => {
    plots.forEach((u) => u.destroy()); plots = [];
    const [name, , show] = clientFigures[+select.value];
    const rows = run.clients.map((client) => { const values = column(client, name), known = values.filter((v) => v != null && v >= 0); return { client, values, most: Math.max(...known, 0), usual: known.sort((a, b) => a - b)[known.length >> 1] ?? null, any: known.length > 0 }; }).filter((row) => row.any);
    if (order.value !== "name") rows.sort((a, b) => order.value === "high" ? b.usual - a.usual : a.usual - b.usual);
    const most = Math.max(...rows.map((row) => row.most), 1e-9), last = Math.max(...rows.map((row) => row.client.at_s[row.client.at_s.length - 1]));
    grid.replaceChildren(...rows.map((row) => {
      const box = el("div", {}, el("h4", { textContent: row.client.name }), el("p", { textContent: `median ${show(row.usual)}, highest ${show(row.most)}` })), plot = el("div", { className: "plot" });
      plot.setAttribute("aria-hidden", "true"); box.append(plot); row.plot = plot; return box;
    }));
    for (const row of rows) plots.push(new uPlot({
      width: row.plot.clientWidth || 180, height: 56, legend: { show: false }, cursor: { show: false }, padding: [2, 2, 2, 2],
      scales: { x: { time: false, range: [0, last] }, y: { range: [0, most * 1.05] } }, axes: [{ show: false }, { show: false }],
      series: [{}, { stroke: colour(row.client.producer ? 0 : 1), width: 1.2, points: { show: false } }],
    }, [row.client.at_s, row.values], row.plot));
  };
  select.onchange = order.onchange = draw;
  draw();
  charts.push({ figure, spec: {}, draw, get count() { return plots.length; } });
}
