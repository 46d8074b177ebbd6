// What is done once: theme, definitions, downloads of tables, all charts.
const root = document.documentElement, themeButton = document.getElementById("theme");
function setTheme(dark) { root.dataset.theme = dark ? "dark" : "light"; themeButton.textContent = dark ? "Light" : "Dark"; themeButton.setAttribute("aria-pressed", String(dark)); }
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(prefersDark.matches);
const redraw = () => charts.forEach((chart) => chart.draw());
prefersDark.addEventListener("change", (event) => { setTheme(event.matches); redraw(); });
themeButton.onclick = () => { setTheme(root.dataset.theme !== "dark"); redraw(); };

// On paper it is light, and everything is open.
let before = null;
addEventListener("beforeprint", () => { before = { dark: root.dataset.theme === "dark", closed: [...document.querySelectorAll("details:not([open])")].filter((d) => d.querySelectorAll("tr").length < 40) }; before.closed.forEach((d) => { d.open = true; }); if (before.dark) { setTheme(false); redraw(); } charts.forEach((c) => c.u && c.u.setSize({ width: Math.min(c.plot.clientWidth, 680), height: 220 })); });
addEventListener("afterprint", () => { before?.closed.forEach((d) => { d.open = false; }); if (before?.dark) setTheme(true); redraw(); });

const tip = el("div", { id: "tip", hidden: true });
document.body.append(tip);
function showTip(target) {
  tip.textContent = target.dataset.tip; tip.hidden = false;
  const box = target.getBoundingClientRect(), left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8));
  tip.style.left = left + "px";
  tip.style.top = (box.bottom + tip.offsetHeight + 8 < innerHeight ? box.bottom + 6 : Math.max(8, box.top - tip.offsetHeight - 6)) + "px";
}
for (const [show, hide] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
  document.addEventListener(show, (event) => { const def = event.target.closest?.(".def"); if (def) showTip(def); });
  document.addEventListener(hide, () => { tip.hidden = true; });
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

for (const table of document.querySelectorAll("table[data-name]")) {
  const rows = () => [...table.rows].map((row, r) => [...row.cells].map((cell) => r ? cell.dataset.value : cell.dataset.field));
  const tools = el("div", { className: "tools" });
  for (const [label, type] of [["CSV", "csv"], ["JSON", "json"]]) {
    const button = el("button", { type: "button", textContent: label });
    button.setAttribute("aria-label", `Download the table ${table.caption.textContent} as ${label}`);
    button.onclick = () => download(table.dataset.name + "." + type, type === "csv" ? "text/csv" : "application/json", downloads("", rows)[type]);
    tools.append(button);
  }
  table.parentElement.append(tools);
}
for (const button of document.querySelectorAll("[data-copy]")) button.onclick = () => {
  const pre = button.parentElement.querySelector("pre"), range = document.createRange();
  range.selectNodeContents(pre); getSelection().removeAllRanges(); getSelection().addRange(range);
  (navigator.clipboard?.writeText(pre.textContent) ?? Promise.reject()).then(() => { button.textContent = "Copied"; }, () => { button.textContent = document.execCommand("copy") ? "Copied" : "Selected"; });
};

// Several runs on top of each other.
function runsRate() {
  const parts = data.runs.map((run) => secondLines(run.seconds, ["publish_rate_per_s"]) ?? periodSteps(run.periods, ["publish_rate_per_s"]));
  const kept = data.runs.map((run, i) => ({ run, i, part: parts[i] })).filter(({ part }) => part);
  return kept.length ? { name: "runs-rate", x: timeAxis, y: { show: words.count, axis: words.countAxis }, sync: "time", table: joined(kept.map(({ part }) => part)), series: kept.map(({ run, i }) => ({ name: run.file, label: run.file, colour: i, dash: i >> 2, step: !run.seconds })) } : null;
}
const familiesOfRuns = () => data.families.map(([family]) => family).filter((family) => data.runs.some((run) => column(run.periods, family + ".p99_ns")));
function runsLatency(choice) {
  const choices = familiesOfRuns().flatMap((family) => ["p50_ns", "p99_ns", "p99_9_ns", "max_ns"].map((f) => [family, f]));
  choices.sort((a, b) => (b[1] === "p99_ns") - (a[1] === "p99_ns"));
  if (!choices.length) return null;
  const name = choices[choice].join("."), kept = data.runs.map((run, i) => ({ run, i, part: periodSteps(run.periods, [name]) })).filter(({ part }) => part);
  return { name: "runs-" + name, x: timeAxis, y: { show: words.ns, axis: words.nsAxis, log: true }, sync: "time", table: joined(kept.map(({ part }) => part)), series: kept.map(({ run, i }) => ({ name: run.file, label: run.file, colour: i, dash: i >> 2, step: true })), choices: choices.map(([family, f]) => `${figureLabels[f]}, ${familyName[family]}`) };
}
function runsPercentiles(choice) {
  const known = data.families.map(([family]) => family).filter((family) => data.runs.some((run) => run.percentile_curves?.[family]));
  if (!known.length) return null;
  const family = known[choice], kept = data.runs.map((run, i) => ({ run, i })).filter(({ run }) => run.percentile_curves?.[family]);
  return curvesSpec("runs-percentiles", kept.map(({ run }) => curveOf(run.percentile_curves[family], run.figures?.[family]?.count)), kept.map(({ run, i }) => ({ name: run.file, label: run.file, colour: i, dash: i >> 2 })), known.map((f) => familyName[f]));
}

if (data.runs.length === 1) {
  const run = data.runs[0];
  timeCharts(run);
  brokerCharts(run);
  make("heat", (choice) => heat(run, choice));
  make("percentiles", () => percentiles(run));
  make("distribution", (choice) => distribution(run, choice));
  clientCharts(run);
  make("partitions", (choice) => partitions(run, choice));
} else {
  make("runs-rate", runsRate);
  make("runs-latency", runsLatency);
  make("runs-percentiles", runsPercentiles);
  document.querySelectorAll("[data-run]").forEach((swatch) => { swatch.style.background = `var(--c${swatch.dataset.run % 8})`; });
}
const said = data.runs.flatMap((run) => [["seconds", run.seconds?.rows_of_two], ["periods", run.periods.rows_of_two], ...(run.scrapes ?? []).flatMap(({ parts }) => parts.map((part) => ["reads of a page", part.rows_of_two]))]).filter(([, rows]) => rows);
document.querySelectorAll("[data-thinned]").forEach((note) => {
  if (said.length) note.textContent = "Thinned for drawing: " + [...new Set(said.map(([what, rows]) => `each ${rows} ${what} are drawn as their smallest and their largest value`))].join("; ") + ". No extreme is left out; the result file has all.";
  else note.remove();
});
