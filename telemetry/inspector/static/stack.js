// One stack: the application's own frames open, runs of library frames folded away.

import { marked } from "./chips.js";
import { disclosure, table } from "./data.js";
import { h } from "./dom.js";
import { plural } from "./format.js";

/** Draw frames (sent oldest first) with the most recent call on top. */
export function drawStack(frames, key) {
  const runs = [];
  for (const frame of frames.toReversed()) {
    const last = runs.at(-1);
    if (last && last[0].in_app === frame.in_app) last.push(frame);
    else runs.push([frame]);
  }
  const onlyLibraries = runs.every(([frame]) => !frame.in_app);
  return h("ol.stack", runs.map((run, index) => {
    const rows = run.map((frame, place) => drawFrame(frame, `${key}/${index}/${place}`));
    if (run[0].in_app || onlyLibraries) return rows;
    return h("li.folded", disclosure(`${key}/${index}`, h("span", `${plural(run.length, "library frame")} `, h("span.faint", names(run))), h("ol", rows)));
  }));
}

function names(run) {
  const packages = new Set(run.map((frame) => String(frame.module ?? frame.filename ?? "?").split(/[./]/)[0]));
  return [...packages].slice(0, 4).join(", ");
}

function drawFrame(frame, key) {
  const location = h("span.file", marked(frame.filename ?? frame.abs_path ?? frame.module ?? "unknown file"), frame.lineno !== null ? h("span.line", `:${frame.lineno}`) : null);
  return h("li.frame" + (frame.in_app ? ".app" : ""),
    h("div.where", h("code.function", frame.function ?? "?"), location, frame.in_app && h("span.badge.app", "in app")),
    frame.context_line !== null ? source(frame) : null,
    Object.keys(frame.vars).length ? disclosure(`${key}/vars`, "variables", table(frame.vars)) : null);
}

function source(frame) {
  const before = frame.pre_context;
  const first = (frame.lineno ?? 1) - before.length;
  const lines = [...before, frame.context_line, ...frame.post_context];
  return h("div.source", { tabindex: "0", role: "group", "aria-label": "Source lines" }, lines.map((line, index) =>
    h("div.sourceline" + (index === before.length ? ".current" : ""), h("span.no", String(first + index)), h("code", marked(line)))));
}
