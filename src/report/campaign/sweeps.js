// A figure over a dimension: a line for each choice of the others, with bars for the intervals.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const el = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const significant = (v) => +(v >= 1000 ? Math.round(v) : v.toPrecision(3));
const timeText = (ns) => { for (const [unit, name] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]]) if (ns >= unit * .9995) return significant(ns / unit) + " " + name; return significant(ns) + " ns"; };
const rateText = (v) => v >= 999999.5 ? significant(v / 1e6) + " M/s" : (v < 100 ? significant(v) : Math.round(v)).toLocaleString("en-US") + "/s";
const textOf = (figure) => figure.is_time ? timeText : rateText;
// Numbers as people write them: 50k, 1.5M, 16384, 20ms; null where one of the values is none.
const units = { k: 1e3, M: 1e6, G: 1e9, KiB: 1024, MiB: 1048576, KB: 1e3, MB: 1e6, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
const number = (text) => { const m = /^(-?[0-9][0-9_]*(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(text); return m && (m[2] === "" || m[2] in units) ? parseFloat(m[1].replaceAll("_", "")) * (units[m[2]] ?? 1) : null; };
const varied = data.dimensions.map((d, index) => ({ ...d, index })).filter((d) => d.values.length > 1);
const present = data.figures.map((f, index) => ({ ...f, index })).filter((f) => data.points.some((p) => p.figures[f.index]));
const first = Math.max(0, present.findIndex((f) => f.figure === "end_to_end_actual p99"));
const options = (select, names, chosen) => { select.replaceChildren(...names.map((name, i) => el("option", { value: i, textContent: name }))); select.value = chosen; };
const axisStyle = (values, size, label) => ({ label, labelSize: 22, labelFont: "12px system-ui, sans-serif", stroke: styleOf("--soft"), font: "12px system-ui, 'DejaVu Sans', sans-serif", grid: { stroke: styleOf("--line"), width: 1 }, ticks: { stroke: styleOf("--line"), width: 1 }, values, ...(size ? { size } : {}) });
function logTicks(min, max) {
  const steps = Math.log10(max / min) > 3 ? [1] : Math.log10(max / min) > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7], ticks = [];
  for (let e = Math.floor(Math.log10(min)); e <= Math.ceil(Math.log10(max)); e++) for (const step of steps) { const v = step * 10 ** e; if (v >= min && v <= max) ticks.push(v); }
  return ticks;
}

const sweeps = document.getElementById("sweeps");
if (sweeps && present.length) {
  const choose = (what) => sweeps.querySelector(`[data-choose=${what}]`), plot = sweeps.querySelector(".plot"), legend = sweeps.querySelector(".legend");
  options(choose("figure"), present.map((f) => f.figure), first);
  options(choose("dimension"), varied.map((d) => d.name), 0);
  // Where values lie far apart the small ones are only seen on a log scale.
  const fit = () => { const all = data.points.map((p) => p.figures[present[choose("figure").value].index]?.mean).filter((v) => v > 0); choose("log").checked = Math.max(...all) > 20 * Math.min(...all); };
  let drawn = null;
  // Places of the values: their numbers where all are numbers that rise, else one beside the other.
  const places = (dimension) => {
    const numbers = dimension.values.map(number);
    const rising = numbers.every((v, i) => v != null && (i === 0 || v > numbers[i - 1]));
    const spread = numbers.at(-1) / numbers.find((v) => v > 0);
    // Numbers that lie far apart, or begin at 0 and then leap, stand beside one another: nobody could tell the small ones apart.
    const even = rising && Math.max(...numbers.slice(1).map((v, i) => v - numbers[i])) < 6 * Math.min(...numbers.slice(1).map((v, i) => v - numbers[i]));
    return even && spread < 50 ? numbers : dimension.values.map((_, i) => i);
  };
  const draw = () => {
    const figure = present[choose("figure").value], dimension = varied[choose("dimension").value], x = places(dimension);
    const others = varied.filter((d) => d !== dimension), lines = new Map();
    for (const point of data.points) {
      const key = others.map((d) => `${d.name} ${d.values[point.steps[d.index]]}`).join(", ");
      if (!lines.has(key)) lines.set(key, x.map(() => null));
      lines.get(key)[point.steps[dimension.index]] = point.figures[figure.index];
    }
    const names = [...lines.keys()], all = [...lines.values()], text = textOf(figure);
    const ends = all.flat().filter(Boolean).flatMap((v) => v.interval ?? [v.mean]), means = all.flat().filter(Boolean).map((v) => v.mean);
    const log = choose("log").checked && means.every((v) => v > 0);
    // Of few repeats an interval may reach very far: the lines stay to be read.
    const top = Math.min(Math.max(...ends), 3 * Math.max(...means)), low = log ? Math.max(Math.min(...ends), Math.min(...means) / 3) : 0;
    const step = x.length > 1 ? Math.min(...x.slice(1).map((v, i) => v - x[i])) : 1, pad = step / 2;
    const offset = (i) => names.length < 2 ? 0 : (i / (names.length - 1) - .5) * Math.min(14, 3 * names.length);
    // A label that would lie on the one before it is left out.
    const width = (plot.clientWidth || 600) - 110, reach = x.at(-1) - x[0] + 2 * pad;
    const labels = (u, splits) => {
      let end = -Infinity;
      return splits.map((v) => {
        const label = String(dimension.values[x.indexOf(v)] ?? ""), half = label.length * 3.7, at = (v - x[0] + pad) / reach * width;
        if (at - half < end + 6) return "";
        end = at + half;
        return label;
      });
    };
    drawn?.destroy();
    drawn = new uPlot({
      width: plot.clientWidth || 600, height: innerWidth < 600 ? 260 : 360,
      scales: { x: { time: false, range: [x[0] - pad, x.at(-1) + pad] }, y: { distr: log ? 3 : 1, range: log ? [low / 1.1, top * 1.1] : [0, top * 1.08] } },
      axes: [{ ...axisStyle(labels, 0, dimension.name), splits: x, filter: (u, s) => s },
        { ...axisStyle((u, splits) => splits.map((v) => v == null ? "" : v === 0 ? "0" : text(v)), 84, figure.figure), ...(log ? { splits: (u, i, min, max) => logTicks(min, max), filter: (u, s) => s } : {}) }],
      series: [{}, ...names.map((name, i) => ({ label: name, stroke: styleOf("--c" + (i % 8)), width: 1.8, dash: dashes[(i >> 3) % 4], points: { show: true, size: 6 } }))],
      legend: { show: false }, cursor: { drag: { x: false, y: false } },
      hooks: { draw: [(u) => {
        const { ctx } = u, ratio = devicePixelRatio;
        ctx.save(); ctx.beginPath(); ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); ctx.clip();
        ctx.lineWidth = 1.3 * ratio;
        all.forEach((line, i) => line.forEach((over, at) => {
          if (!over?.interval || log && over.interval[0] <= 0) return;
          const cx = u.valToPos(x[at], "x", true) + offset(i) * ratio, [y0, y1] = over.interval.map((v) => u.valToPos(v, "y", true)), cap = 3 * ratio;
          ctx.strokeStyle = styleOf("--c" + (i % 8)); ctx.globalAlpha = .75; ctx.beginPath();
          ctx.moveTo(cx, y0); ctx.lineTo(cx, y1);
          for (const y of [y0, y1]) { ctx.moveTo(cx - cap, y); ctx.lineTo(cx + cap, y); }
          ctx.stroke();
        }));
        ctx.restore();
      }] },
    }, [x, ...all.map((line) => line.map((over) => over?.mean ?? null))], plot);
    legend.replaceChildren(...names.filter((name) => name).map((name, i) => {
      const item = el("li");
      item.innerHTML = `<svg width="22" height="8" aria-hidden="true"><line x1="0" y1="4" x2="22" y2="4" stroke="${styleOf("--c" + (i % 8))}" stroke-width="2.5" stroke-dasharray="${dashes[(i >> 3) % 4].join(" ")}"/></svg>`;
      item.append(name);
      return item;
    }));
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `${figure.figure} over ${dimension.name}; the figures are in the table below`);
    sweeps.dataset.lines = names.length;
  };
  sweeps.querySelectorAll("[data-choose]").forEach((control) => { control.onchange = draw; });
  choose("figure").onchange = () => { fit(); draw(); };
  fit();
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
} else sweeps?.remove();
