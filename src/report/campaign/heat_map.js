// Two dimensions against each other: a table whose cells are coloured from the best value to the worst.
const heat = document.getElementById("heat");
if (heat && present.length) {
  const choose = (what) => heat.querySelector(`[data-choose=${what}]`), table = heat.querySelector("table");
  options(choose("figure"), present.map((f) => f.figure), first);
  options(choose("rows"), varied.map((d) => d.name), 0);
  options(choose("columns"), varied.map((d) => d.name), 1);
  // From blue-green over white-yellow to orange: told apart with any colour vision, and dark text is read on all of them.
  const stops = [[121, 199, 170], [246, 243, 190], [243, 160, 105]];
  const colourAt = (share) => { const at = Math.min(Math.max(share, 0), 1) * 2, i = Math.min(Math.floor(at), 1), part = at - i; return `rgb(${stops[i].map((v, c) => Math.round(v + (stops[i + 1][c] - v) * part)).join(" ")})`; };
  const draw = () => {
    const figure = present[choose("figure").value], rows = varied[choose("rows").value], columns = varied[choose("columns").value], text = textOf(figure);
    const cells = rows.values.map((_, r) => columns.values.map((_, c) => {
      const here = data.points.filter((p) => p.steps[rows.index] === r && p.steps[columns.index] === c).map((p) => p.figures[figure.index]).filter(Boolean);
      if (!here.length) return null;
      const mean = here.every((v) => v.mean > 0) ? Math.exp(here.reduce((sum, v) => sum + Math.log(v.mean), 0) / here.length) : here.reduce((sum, v) => sum + v.mean, 0) / here.length;
      return { mean, interval: here.length === 1 ? here[0].interval : null };
    }));
    const known = cells.flat().filter(Boolean).map((cell) => Math.log(Math.max(cell.mean, 1e-9))), low = Math.min(...known), high = Math.max(...known);
    // Differences of less than a tenth are not made to look like much.
    const width = Math.max(high - low, Math.log(1.1));
    const share = (mean) => { const at = (Math.log(Math.max(mean, 1e-9)) - low) / width; return figure.is_time ? at : (high - low) / width - at; };
    table.caption.textContent = `${figure.figure}: ${rows.name} (rows) against ${columns.name} (columns)`;
    table.tHead.replaceChildren(el("tr", {}, el("th", { textContent: `${rows.name} \\ ${columns.name}` }), ...columns.values.map((value) => el("th", { scope: "col", textContent: value }))));
    table.tBodies[0].replaceChildren(...rows.values.map((value, r) => el("tr", {}, el("th", { scope: "row", textContent: value }), ...cells[r].map((cell) => {
      if (!cell) return el("td", { className: "empty", textContent: "–" });
      const td = el("td", {}, text(cell.mean));
      if (cell.interval) td.append(el("small", { textContent: cell.interval.map(text).join(" to ") }));
      td.style.background = colourAt(share(cell.mean));
      return td;
    }))));
  };
  heat.querySelectorAll("[data-choose]").forEach((control) => { control.onchange = draw; });
  draw();
} else heat?.remove();
