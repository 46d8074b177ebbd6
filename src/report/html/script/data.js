// The figures of the page, and columns of them by name.
const data = JSON.parse(document.getElementById("data").textContent);
const column = (table, name) => { const at = table ? table.names.indexOf(name) : -1; return at < 0 ? null : table.columns[at]; };
const familyName = Object.fromEntries(data.families);

// A period's value holds from its begin to its end: a step needs one point more than there are periods.
function periodSteps(periods, names) {
  const kept = names.filter((name) => column(periods, name));
  if (!kept.length || !periods.end_s.length) return null;
  const times = [periods.start_s ?? 0, ...periods.end_s];
  return { names: kept, table: [times, ...kept.map((name) => { const c = column(periods, name); return [c[0], ...c]; })] };
}
function periodEnds(periods, name) {
  return column(periods, name) ? { names: [name], table: [periods.end_s, column(periods, name)] } : null;
}
function secondLines(seconds, names) {
  const kept = names.filter((name) => column(seconds, name));
  return kept.length ? { names: kept, table: [seconds.at_s, ...kept.map((name) => column(seconds, name))] } : null;
}
