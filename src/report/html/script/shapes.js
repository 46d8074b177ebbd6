// Percentile curves on an axis of nines, and the distribution with marks at percentiles.
const nines = (percentile) => 100 / Math.max(100 - percentile, 1e-9);
const ofNines = (x) => 100 - 100 / x;
const ladder = [1, 2, 4, 10, 20, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
// The last point is the maximum: it stands where the count of values ends.
function curveOf(curve, count) {
  const last = count ? Math.max(count, 2) : Math.max(...curve.percentile.filter((p) => p < 100).map(nines), 10) * 1.5;
  return [curve.percentile.map((p) => p >= 100 ? last : Math.min(nines(p), last)), curve.value_ns];
}
function curvesSpec(name, curves, series, choices) {
  if (!curves.length) return null;
  const table = uPlot.join(curves.map(([x, y]) => { const seen = new Set(), keep = x.map((v) => !seen.has(v) && seen.add(v)); return [x.filter((_, i) => keep[i]), y.filter((_, i) => keep[i])]; }));
  const most = table[0][table[0].length - 1];
  return { name, x: { label: "one_in", log: true, axis: (x) => +ofNines(x).toFixed(6) + " %", show: (x) => "up to " + words.percentile(ofNines(x)) + " of messages", range: [1, Math.max(most, 10)], splits: (u, i, min, max) => ladder.filter((x) => x >= min * .999 && x <= max * 1.001) },
    y: { show: words.ns, axis: words.nsAxis, log: true }, series, table, choices,
    rows: () => [["percentile", ...series.map((s) => s.name)], ...table[0].map((x, r) => [+ofNines(x).toFixed(7), ...table.slice(1).map((c) => c[r])])] };
}
function percentiles(run) {
  const known = data.families.map(([family]) => family).filter((family) => family !== "publish_delay" && run.percentile_curves?.[family]);
  const curves = known.map((family) => curveOf(run.percentile_curves[family], run.figures?.[family]?.count));
  return curvesSpec("percentiles", curves, known.map((family) => ({ name: family + ".value_ns", label: familyName[family], colour: family.startsWith("end") ? 1 : 0, dash: family.endsWith("_intended") ? 1 : 0 })));
}
function distribution(run, choice) {
  const known = data.families.map(([family]) => family).filter((family) => run.distributions?.[family]);
  if (!known.length) return null;
  const family = known[choice], { bucket, count } = run.distributions[family], all = count.reduce((a, b) => a + b, 0);
  const from = (b) => 2 ** (b / 8), range = [from(bucket[0]) / 1.1, from(bucket[bucket.length - 1] + 1) * 1.1];
  const figures = run.figures?.[family] ?? {}, marks = [["p50", "p50_ns"], ["p90", "p90_ns"], ["p99", "p99_ns"], ["p99.9", "p99_9_ns"], ["max", "max_ns"]].filter(([, f]) => figures[f] > 0);
  return {
    name: "distribution-" + family, noLegend: true, noPoints: true, choices: known.map((f) => familyName[f] ?? f),
    x: { label: "from_ns", log: true, axis: words.nsAxis, show: words.ns, range }, y: { show: words.share, axis: words.share },
    series: [{ name: "share", label: familyName[family], nothing: true }], table: [bucket.map((b) => from(b + .5)), count.map((n) => n / all)],
    rows: () => [["from_ns", "to_ns", "messages"], ...bucket.map((b, i) => [Math.round(from(b)), Math.round(from(b + 1)), count[i]])],
    draw(u) {
      const { ctx, bbox } = u, bottom = bbox.top + bbox.height, ratio = devicePixelRatio;
      ctx.save(); ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      ctx.fillStyle = colour(0);
      bucket.forEach((b, i) => { const x0 = u.valToPos(from(b), "x", true), x1 = u.valToPos(from(b + 1), "x", true), y = u.valToPos(count[i] / all, "y", true); ctx.fillRect(x0 + .5, Math.min(y, bottom - ratio), Math.max(x1 - x0 - 1, 1), Math.max(bottom - y, ratio)); });
      ctx.font = 12 * ratio + "px system-ui, 'DejaVu Sans', sans-serif"; ctx.textBaseline = "top"; ctx.textAlign = "left"; ctx.strokeStyle = ctx.fillStyle = styleOf("--ink"); ctx.lineWidth = ratio; ctx.setLineDash([4 * ratio, 3 * ratio]);
      marks.forEach(([label, f], i) => {
        const x = u.valToPos(figures[f], "x", true), y = bbox.top + 2 * ratio + (i % 3) * 15 * ratio, text = label + " " + words.ns(figures[f]), width = ctx.measureText(text).width;
        ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bottom); ctx.stroke();
        const left = x + width + 6 * ratio > bbox.left + bbox.width ? x - width - 4 * ratio : x + 4 * ratio;
        ctx.save(); ctx.fillStyle = styleOf("--paper"); ctx.globalAlpha = .8; ctx.fillRect(left - 1, y - 1, width + 2, 15 * ratio); ctx.restore();
        ctx.fillText(text, left, y);
      });
      ctx.restore();
    },
    readout(u) { const at = u.cursor.idx; return at == null ? "" : `${words.ns(from(bucket[at]))} to ${words.ns(from(bucket[at] + 1))}: ${words.count(count[at])} messages, ${words.share(count[at] / all)}`; },
  };
}
