// One trace: the waterfall, its errors and its logs.

import { marked, tally } from "./chips.js";
import { facts, section, value } from "./data.js";
import { h, link } from "./dom.js";
import { clock, duration, moment, plural } from "./format.js";
import { drawSpan } from "./span.js";
import { category, flatten } from "./tree.js";

const CATEGORIES = { server: "server", internal: "internal", db: "database", cache: "cache", client: "client" };

/** Draw a trace; the span `open` is shown with its details. */
export function drawTrace(trace, open) {
  const rows = flatten(trace.spans);
  const used = new Set(rows.map(({ span }) => category(span)));
  return h("div.view",
    h("nav.crumbs", { "aria-label": "Breadcrumb" }, h("a", { href: "#/" }, "All"), h("span", { "aria-hidden": "true" }, "/"), h("span", "Trace")),
    h("div.heading", h("span.dot." + (trace.has_error ? "bad" : "fine"), { title: trace.has_error ? "has an error" : "no error" }), h("h1", marked(trace.name))),
    facts([
      ["Duration", h("strong", duration(trace.duration_ms))], ["Spans", String(trace.span_count)],
      ["Not kept", trace.dropped_spans ? plural(trace.dropped_spans, "span") : null], ["Service", trace.service],
      ["Started", moment(trace.start_ms)], ["Received as", trace.sources.join(", ")], ["Trace id", h("code", trace.trace_id)],
    ]),
    tally(trace.redactions),
    trace.error_rows.length ? h("ul.linked", { "aria-label": "Linked errors" }, trace.error_rows.map(linkedError)) : null,
    h("section.card.waterfall", { "aria-label": "Waterfall" },
      h("div.legend", { "aria-hidden": "true" }, Object.keys(CATEGORIES).filter((key) => used.has(key)).map((key) => h("span", h("i." + key), CATEGORIES[key]))),
      axis(trace.duration_ms),
      h("ol.spans", { "data-arrows": "" }, rows.map((row) => spanRow(row, trace, open)))),
    section("Logs", trace.logs.length ? h("ol.logs", trace.logs.map(logRow)) : null, String(trace.logs.length)));
}

function linkedError(error) {
  return h("li", link(["error", error.event_id], "a", h("strong", error.type), " ", h("span.value", marked(error.value)), h("span.go", { "aria-hidden": "true" }, "→")));
}

function axis(total) {
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return h("div.axis", { "aria-hidden": "true" }, h("div"), h("div.ticks", ticks.map((at) => h("span", { vars: { at: `${at * 100}%` } }, at === 0 ? "0" : duration(total * at)))));
}

function spanRow({ span, depth, orphan }, trace, open) {
  const whole = Math.max(trace.duration_ms, 0.001);
  const left = Math.min(99.6, Math.max(0, ((span.start_ms - trace.start_ms) / whole) * 100));
  const width = Math.min(100 - left, Math.max(0.4, (span.duration_ms / whole) * 100));
  const failed = span.status.code === "error";
  const isOpen = span.span_id === open;
  const side = left + width > 82 ? (left > 18 ? "before" : "inside") : "after";
  const target = isOpen ? ["trace", trace.trace_id] : ["trace", trace.trace_id, "span", span.span_id];
  return h("li" + (isOpen ? ".open" : ""),
    h("button.span" + (failed ? ".failed" : ""), { type: "button", "aria-expanded": String(isOpen), "data-key": `span/${span.span_id}`, onclick: () => { location.hash = "/" + target.join("/"); } },
      h("span.label", { vars: { depth: Math.min(depth, 12) } }, h("i.swatch." + category(span)),
        h("span.title", marked(span.name)),
        orphan && h("span.badge", { title: "Its parent was not received" }, "parent missing"),
        span.errors.length ? h("span.errormark", { title: "An error is linked to this span" }, h("span.sr", "has a linked error"), h("span", { "aria-hidden": "true" }, "!")) : null,
        failed && !span.errors.length ? h("span.badge.bad", "failed") : null),
      h("span.lane", h("span.bar." + category(span) + "." + side, { vars: { left: `${left}%`, width: `${width}%` } }, h("span.time", duration(span.duration_ms))))),
    isOpen && drawSpan(span, trace));
}

function logRow(log) {
  const level = log.severity.toLowerCase();
  return h("li", h("time", clock(log.time_ms)), h("span.level." + (/^(error|fatal|critical)/.test(level) ? "error" : /^warn/.test(level) ? "warn" : "info"), level), h("div", value(log.body)));
}
