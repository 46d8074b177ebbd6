// One chart: uPlot with a legend of buttons, a readout, a switch to log, zoom by mouse, touch and keyboard, tables and pictures to take away.
const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colour = (n) => styleOf("--c" + (n % 8));
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const charts = [];
// 1, 2, 5, 10 …; powers of ten alone where there are many.
function logSplits(min, max) {
  const low = Math.floor(Math.log10(min)), high = Math.ceil(Math.log10(max)), steps = high - low > 3 ? [1] : high - low > 1 ? [1, 2, 5] : [1, 2, 3, 5, 7], splits = [];
  for (let e = low; e <= high; e++) for (const step of steps) { const v = +(step * 10 ** e).toPrecision(3); if (v >= min && v <= max) splits.push(v); }
  return splits;
}
const el = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
const download = (name, type, text) => { const a = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name }); a.click(); setTimeout(() => URL.revokeObjectURL(a.href), 1000); };
const csvCell = (v) => v == null ? "" : /[",\n]/.test(v) ? '"' + String(v).replaceAll('"', '""') + '"' : String(v);
const csv = (rows) => rows.map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
const downloads = (name, rows) => {
  const [head, ...body] = rows();
  return { csv: csv([head, ...body]), json: JSON.stringify(body.map((row) => Object.fromEntries(head.map((key, i) => [key, row[i] ?? null]))), null, 1) };
};

// spec: { name, x: {label, log, show, axis, range}, y: {label, log, show, axis}, series: [{name, label, step, dash, width}], table, bands, draw, sync, readout, height, choices }
class Chart {
  constructor(figure, make) {
    this.figure = figure; this.make = make; this.hidden = new Set(); this.log = null; this.choice = 0; this.range = null;
    this.tools = el("div", { className: "tools" });
    this.plot = el("div", { className: "plot", tabIndex: 0 });
    this.plot.setAttribute("role", "img");
    this.readout = el("div", { className: "readout" });
    this.readout.setAttribute("aria-live", "off");
    this.legend = el("ul", { className: "legend" });
    figure.append(this.tools, this.readout, this.plot, this.legend);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.draw();
    this.toolbar();
    new ResizeObserver(() => { const w = this.plot.clientWidth; if (w && w !== this.u.width) this.u.setSize({ width: w, height: this.height() }); }).observe(this.plot);
    charts.push(this);
  }
  height() { return this.spec.height ?? (innerWidth < 600 ? 220 : 280); }
  draw() {
    const before = this.u;
    const spec = this.spec = this.make(this.choice);
    if (this.log === null) this.log = !!spec.y.log;
    if (before) before.destroy();
    this.plot.setAttribute("aria-label", this.figure.querySelector("h3").textContent + ": " + spec.series.map((s) => s.label).join(", ") + ". The figures are in the table below or can be downloaded.");
    const axis = (of, size) => ({ stroke: styleOf("--soft"), font: "12px system-ui, 'DejaVu Sans', sans-serif", grid: { stroke: styleOf("--line"), width: 1 }, ticks: { stroke: styleOf("--line"), width: 1 }, values: (u, splits) => splits.map((v) => v == null ? "" : of.axis(v)), ...(size ? { size } : {}) });
    const table = this.log ? [spec.table[0], ...spec.table.slice(1).map((c) => c.map((v) => v > 0 ? v : null))] : spec.table;
    const logY = { splits: (u, i, min, max) => logSplits(min, max), filter: (u, s) => s };
    const options = {
      width: this.plot.clientWidth || 600, height: this.height(),
      scales: {
        x: { time: false, distr: spec.x.log ? 3 : 1, ...(spec.x.range ? { range: (u, min, max) => this.range ?? spec.x.range } : {}) },
        y: { distr: this.log ? 3 : 1, range: spec.y.range ?? ((u, min, max) => this.log ? (min > 0 ? [min / 1.3, Math.max(max, min * 2) * 1.3] : [1, 10]) : [0, max > 0 ? max * 1.08 : 1]) },
      },
      axes: [{ ...axis(spec.x), ...(spec.x.incrs ? { incrs: spec.x.incrs } : {}), ...(spec.x.log && !spec.x.splits ? logY : {}), ...(spec.x.splits ? { splits: spec.x.splits, filter: (u, s) => s } : {}) }, { ...axis(spec.y, 68), ...(this.log ? logY : {}) }],
      series: [{}, ...spec.series.map((s, i) => ({
        label: s.label, show: !this.hidden.has(s.name), stroke: s.hidden ? undefined : colour(s.colour ?? i), dash: dashes[(s.dash ?? 0) % dashes.length], width: s.width ?? 1.6,
        points: { show: s.points ?? false, size: s.points ? 8 : 5, ...(s.points ? { fill: colour(s.colour ?? i) } : {}) }, spanGaps: true,
        paths: s.nothing ? () => null : s.step ? uPlot.paths.stepped({ align: -1 }) : uPlot.paths.linear(),
      }))],
      cursor: { drag: { x: true, y: false, setScale: true }, ...(spec.sync ? { sync: { key: spec.sync, setSeries: false, scales: ["x", null] } } : {}), points: { show: !spec.noPoints } },
      legend: { show: false },
      hooks: {
        drawClear: [(u) => this.bands(u)],
        draw: [(u) => spec.draw && spec.draw(u, this)],
        setCursor: [(u) => this.read(u)],
        setScale: [(u, key) => { if (key === "x" && spec.sync) this.zoomed(u); }],
      },
    };
    this.u = new uPlot(options, table, this.plot);
    this.keys();
    this.read(this.u);
  }
  bands(u) {
    const { ctx, bbox } = u;
    ctx.save();
    for (const band of this.spec.bands ?? []) {
      const x0 = Math.max(u.valToPos(band.from, "x", true), bbox.left), x1 = Math.min(u.valToPos(band.to, "x", true), bbox.left + bbox.width);
      const ratio = devicePixelRatio;
      if (band.event && x1 >= x0) { ctx.fillStyle = styleOf("--c3"); ctx.globalAlpha = .3; ctx.fillRect(x0, bbox.top, Math.max(x1 - x0, 2 * ratio), bbox.height); ctx.globalAlpha = 1; ctx.font = 12 * ratio + "px system-ui, 'DejaVu Sans', sans-serif"; ctx.textBaseline = "top"; ctx.textAlign = "left"; ctx.fillText(band.name, Math.min(x0 + 4 * ratio, bbox.left + bbox.width - ctx.measureText(band.name).width), bbox.top + 20 * ratio); continue; }
      if (!(x1 > x0)) continue;
      if (band.bad) { ctx.fillStyle = styleOf("--c1"); ctx.fillRect(x0, bbox.top, x1 - x0, 3 * ratio); continue; }
      ctx.fillStyle = styleOf("--soft"); ctx.globalAlpha = band.outside ? .14 : .05; ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height); ctx.globalAlpha = 1;
      ctx.font = 12 * ratio + "px system-ui, 'DejaVu Sans', sans-serif"; ctx.textBaseline = "top"; ctx.textAlign = "left";
      if (ctx.measureText(band.name).width < x1 - x0 - 6) ctx.fillText(band.name, x0 + 4 * ratio, bbox.top + 5 * ratio);
    }
    ctx.restore();
  }
  // The same stretch in all charts of time.
  zoomed(u) {
    const { min, max } = u.scales.x;
    if (Chart.zooming || min == null) return;
    Chart.zooming = true;
    for (const other of charts) if (other !== this && other.spec.sync === this.spec.sync && other.u) { const o = other.u.scales.x; if (o.min !== min || o.max !== max) other.u.setScale("x", { min, max }); }
    Chart.zooming = false;
  }
  full() { const x = this.u.data[0]; return this.spec.x.range ?? [x[0], x[x.length - 1]]; }
  zoom(factor) {
    let { min, max } = this.u.scales.x, [a, b] = this.full();
    if (this.spec.x.log) { const [l, h] = [Math.log(min), Math.log(max)], m = (l + h) / 2, w = (h - l) * factor / 2; min = Math.exp(m - w); max = Math.exp(m + w); }
    else { const m = this.u.cursor.idx != null ? this.u.data[0][this.u.cursor.idx] : (min + max) / 2, w = (max - min) * factor; min = m - w / 2; max = m + w / 2; }
    this.to(Math.max(min, a), Math.min(max, b));
  }
  to(min, max) { this.range = this.spec.x.range ? [min, max] : null; this.u.setScale("x", { min, max }); }
  all() { const [a, b] = this.full(); this.range = null; this.u.setScale("x", { min: a, max: b }); }
  key(event) {
    const u = this.u, x = u.data[0];
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const step = event.key === "ArrowLeft" ? -1 : 1, at = Math.min(Math.max((u.cursor.idx ?? (step > 0 ? -1 : x.length)) + step, 0), x.length - 1);
      u.setCursor({ left: u.valToPos(x[at], "x"), top: u.cursor.top > 0 ? u.cursor.top : 20 });
    } else if (event.key === "+" || event.key === "=") this.zoom(.5); else if (event.key === "-") this.zoom(2); else if (event.key === "0" || event.key === "Escape") this.all(); else return;
    event.preventDefault();
  }
  read(u) {
    const at = u.cursor.idx, spec = this.spec;
    this.readout.textContent = spec.readout ? spec.readout(u) ?? "" : at == null ? "" : spec.x.show(u.data[0][at]);
    this.legend.querySelectorAll("output").forEach((output, i) => {
      let v = at == null ? null : u.data[i + 1][at];
      // Joined columns have gaps: the value that holds is the next one of a step, the last one of a line.
      for (let j = at; at != null && v == null && j >= 0 && j < u.data[0].length; j += spec.series[i].step ? 1 : -1) v = u.data[i + 1][j];
      output.textContent = at == null || v == null ? "" : spec.y.show(v);
    });
  }
  keys() {
    this.legend.replaceChildren(...(this.spec.noLegend ? [] : this.spec.series.map((s, i) => {
      const button = el("button", { type: "button" });
      button.setAttribute("aria-pressed", String(!this.hidden.has(s.name)));
      const dash = dashes[(s.dash ?? 0) % dashes.length].join(" ");
      button.innerHTML = `<svg width="22" height="8" aria-hidden="true"><line x1="0" y1="4" x2="22" y2="4" stroke="${colour(s.colour ?? i)}" stroke-width="2.5" stroke-dasharray="${dash}"/></svg>`;
      button.append(s.label, el("output"));
      button.onclick = () => {
        const shown = this.hidden.has(s.name);
        shown ? this.hidden.delete(s.name) : this.hidden.add(s.name);
        button.setAttribute("aria-pressed", String(shown));
        this.u.setSeries(i + 1, { show: shown });
      };
      return el("li", {}, button);
    })));
  }
  toolbar() {
    const add = (label, what) => { const b = el("button", { type: "button", textContent: label }); b.onclick = what; this.tools.append(b); return b; };
    if (this.spec.choices) {
      const select = el("select");
      select.setAttribute("aria-label", "What is shown");
      select.append(...this.spec.choices.map((label, i) => el("option", { value: i, textContent: label })));
      select.onchange = () => { this.choice = +select.value; this.log = null; this.draw(); if (toggle) toggle.setAttribute("aria-pressed", String(this.log)); };
      this.tools.append(select);
    }
    let toggle = null;
    if (!this.spec.y.fixed) {
      toggle = add("Log scale", () => { this.log = !this.log; toggle.setAttribute("aria-pressed", String(this.log)); this.draw(); });
      toggle.setAttribute("aria-pressed", String(this.log));
    }
    this.tools.append(el("span", { className: "space" }));
    add("+", () => this.zoom(.5)).setAttribute("aria-label", "Zoom in");
    add("−", () => this.zoom(2)).setAttribute("aria-label", "Zoom out");
    add("All", () => this.all()).setAttribute("aria-label", "Show all");
    const rows = () => this.spec.rows ? this.spec.rows() : [[this.spec.x.label, ...this.spec.series.map((s) => s.name)], ...this.spec.table[0].map((x, r) => [x, ...this.spec.table.slice(1).map((c) => c[r])])];
    add("CSV", () => download(this.spec.name + ".csv", "text/csv", downloads(this.spec.name, rows).csv));
    add("JSON", () => download(this.spec.name + ".json", "application/json", downloads(this.spec.name, rows).json));
    add("PNG", () => this.u.ctx.canvas.toBlob((blob) => { const a = el("a", { href: URL.createObjectURL(blob), download: this.spec.name + ".png" }); a.click(); }));
  }
}
Chart.zooming = false;
const place = (kind) => document.querySelector(`[data-chart="${kind}"]`);
const make = (kind, spec) => { const figure = place(kind); if (figure && spec(0)) return new Chart(figure, spec); if (figure) figure.remove(); };
