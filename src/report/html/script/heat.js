// The heat map: strength of colour is the logarithm of how many messages of a period fell into a row.
const ramp = { light: [[247, 251, 255], [158, 202, 225], [49, 130, 189], [8, 48, 107]], dark: [[24, 34, 48], [49, 104, 142], [53, 183, 121], [253, 231, 37]] };
function heatColour(share) {
  const stops = ramp[document.documentElement.dataset.theme === "dark" ? "dark" : "light"], at = share * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2), f = at - i;
  return "rgb(" + stops[i].map((v, c) => Math.round(v + (stops[i + 1][c] - v) * f)).join(",") + ")";
}
const rowFrom = (bucket) => 2 ** (bucket / 4);
function heat(run, choice) {
  const families = Object.keys(run.heat ?? {});
  if (!families.length) return null;
  const family = families[choice], columns = run.heat[family];
  let low = Infinity, high = 0, most = 1;
  for (const [, , cells] of columns) for (const [bucket, count] of cells) { low = Math.min(low, bucket); high = Math.max(high, bucket); most = Math.max(most, count); }
  const times = [columns[0][0], ...columns.map((c) => c[1])], edge = columns.map(() => rowFrom(high + 1));
  const range = [rowFrom(low), rowFrom(high + 1)];
  return {
    name: "heat-map-" + family, x: timeAxis, sync: "time", noLegend: true, noPoints: true, bands: run.bands, choices: families.map((f) => familyName[f] ?? f),
    y: { show: words.ns, axis: words.nsAxis, log: true, fixed: true, range: () => range },
    series: [{ name: "latency", label: familyName[family], nothing: true }], table: [times, [edge[0], ...edge]],
    rows: () => [["from_s", "to_s", "from_ns", "to_ns", "messages"], ...columns.flatMap(([from, to, cells]) => cells.map(([b, n]) => [from, to, Math.round(rowFrom(b)), Math.round(rowFrom(b + 1)), n]))],
    draw(u) {
      const { ctx, bbox } = u;
      ctx.save(); ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      for (const [from, to, cells] of columns) {
        const x0 = u.valToPos(from, "x", true), x1 = u.valToPos(to, "x", true);
        if (x1 < bbox.left || x0 > bbox.left + bbox.width) continue;
        for (const [bucket, count] of cells) {
          const y0 = u.valToPos(rowFrom(bucket + 1), "y", true), y1 = u.valToPos(rowFrom(bucket), "y", true);
          ctx.fillStyle = heatColour(.15 + .85 * Math.log(1 + count) / Math.log(1 + most));
          ctx.fillRect(Math.floor(x0), Math.floor(y0), Math.max(Math.ceil(x1) - Math.floor(x0), 1), Math.max(Math.ceil(y1) - Math.floor(y0), 1));
        }
      }
      ctx.restore();
    },
    readout(u) {
      const { left, top } = u.cursor;
      if (left == null || left < 0) return "";
      const t = u.posToVal(left, "x"), bucket = Math.floor(Math.log2(u.posToVal(top, "y")) * 4);
      const of = columns.find(([from, to]) => t >= from && t < to);
      if (!of) return "at " + words.time(Math.round(t));
      const count = (of[2].find(([b]) => b === bucket) ?? [0, 0])[1];
      return `${words.time(Math.round(of[0]))} to ${words.time(Math.round(of[1]))}, ${words.ns(rowFrom(bucket))} to ${words.ns(rowFrom(bucket + 1))}: ${words.count(count)} messages`;
    },
  };
}
