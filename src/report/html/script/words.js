// Figures as people read them, in the same forms as the tables.
"use strict";
const digits3 = (v) => v >= 99.95 ? Math.round(v).toLocaleString("en-US") : v >= 9.995 ? v.toFixed(1) : v.toFixed(2);
const words = {
  ns(v) {
    if (v == null) return "–";
    if (v < 1e3) return Math.round(v) + " ns";
    for (const [unit, name] of [[1e3, "µs"], [1e6, "ms"]]) if (v < unit * 999.5) return digits3(v / unit) + " " + name;
    return digits3(v / 1e9) + " s";
  },
  // Labels of axes: no more digits than there are.
  nsAxis(v) {
    for (const [unit, name] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]]) if (v >= unit) return +(v / unit).toPrecision(6) + " " + name;
    return v === 0 ? "0" : "";
  },
  count(v) { return v == null ? "–" : (Math.abs(v) < 100 && v % 1 ? +v.toPrecision(3) : Math.round(v)).toLocaleString("en-US"); },
  countAxis(v) {
    for (const [unit, name] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) if (Math.abs(v) >= unit) return +(v / unit).toPrecision(6) + name;
    return String(+v.toPrecision(6));
  },
  bytes(v) {
    if (v == null) return "–";
    for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "KB"]]) if (v >= unit) return digits3(v / unit) + " " + name;
    return Math.round(v) + " B";
  },
  share(v) { return v == null ? "–" : +(v * 100).toPrecision(3) + " %"; },
  percentile(v) { return +v.toFixed(7) + " %"; },
  // 1:05, 1:02:05.
  time(s) {
    const sign = s < 0 ? "−" : "", all = Math.abs(s), h = Math.floor(all / 3600), m = Math.floor(all / 60) % 60, rest = all % 60;
    const two = (n) => String(n).padStart(2, "0");
    const part = rest % 1 ? (+rest.toFixed(2)).toString().padStart(rest < 10 ? 4 : 5, "0") : two(rest);
    return sign + (h ? h + ":" + two(m) : m) + ":" + part;
  },
};
