// The list: traces with their errors beneath, newest first.

import { marked, small, tally } from "./chips.js";
import { h, link } from "./dom.js";
import { clock, duration, moment, plural } from "./format.js";

/** Draw the list. `query` is the hash route's URLSearchParams: q filters, errors=1 shows only what failed. */
export function drawList({ summary, traces, errors }, query) {
  if (!traces.length && !errors.length && !summary.received.spans && !summary.received.errors) return empty(summary);
  const text = (query.get("q") ?? "").toLowerCase();
  const onlyErrors = query.get("errors") === "1";
  const groups = grouped(traces, errors).filter((group) => matches(group, text, onlyErrors));
  return h("div.view",
    h("h1.sr", "Traces and errors"),
    controls(query, summary),
    groups.length
      ? h("ul.rows", { "data-arrows": "" }, groups.map((group) => h("li.group", group.trace && traceRow(group.trace), group.errors.map((error) => errorRow(error, Boolean(group.trace))))))
      : h("p.nothing", "Nothing matches the filter."));
}

function grouped(traces, errors) {
  const byTrace = new Map(traces.map((trace) => [trace.trace_id, { trace, errors: [], time: trace.start_ms }]));
  const alone = [];
  for (const error of errors) {
    const group = byTrace.get(error.trace_id);
    if (group) group.errors.push(error);
    else alone.push({ trace: null, errors: [error], time: error.time_ms });
  }
  return [...byTrace.values(), ...alone].sort((a, b) => b.time - a.time);
}

function matches(group, text, onlyErrors) {
  if (onlyErrors && !(group.errors.length || group.trace.has_error)) return false;
  if (!text) return true;
  const words = [group.trace?.name, group.trace?.service, group.trace?.trace_id, Object.keys(group.trace?.redactions ?? {}),
    group.errors.flatMap((error) => [error.type, error.value, error.transaction, error.event_id, Object.keys(error.redactions)])];
  return words.flat(2).join("\n").toLowerCase().includes(text);
}

function controls(query, summary) {
  const change = (name, value) => {
    // Not `query`: the address may have moved on while this view was waiting for its data.
    const next = new URLSearchParams(location.hash.split("?")[1]);
    if (value) next.set(name, value);
    else next.delete(name);
    history.replaceState(null, "", `#/${next.size ? "?" + next : ""}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return h("div.controls",
    h("input", { type: "search", id: "filter", "data-key": "filter", placeholder: "Filter by name, service, id, rule", "aria-label": "Filter", value: query.get("q"), oninput: (event) => change("q", event.target.value) }),
    h("label.toggle", h("input", { type: "checkbox", "data-key": "errors", checked: query.get("errors") === "1", onchange: (event) => change("errors", event.target.checked ? "1" : "") }), "Errors only"),
    tally(summary.redactions, "Redacted"));
}

function traceRow(trace) {
  const status = trace.has_error ? "error" : trace.status;
  return link(["trace", trace.trace_id], "a.row",
    h("span.dot." + (trace.has_error ? "bad" : "fine"), { title: trace.has_error ? "has an error" : "no error" }),
    h("span.name", h("span.title", marked(trace.name)), h("span.sub", [trace.service, plural(trace.span_count, "span"), trace.dropped_spans ? `${trace.dropped_spans} not kept` : null].filter(Boolean).join(" · "))),
    h("span.redacted", small(trace.redactions)),
    h("span.status." + status, status === "unset" ? "" : status),
    h("span.duration", duration(trace.duration_ms)),
    h("time", { datetime: moment(trace.start_ms), title: moment(trace.start_ms) }, clock(trace.start_ms)));
}

function errorRow(error, nested) {
  return link(["error", error.event_id], nested ? "a.row.error.nested" : "a.row.error",
    h("span.mark", { "aria-hidden": "true" }, nested ? "↳" : "!"),
    h("span.name", h("span.title", h("strong", error.type), " ", h("span.value", marked(error.value))),
      !nested && h("span.sub", [error.transaction, error.trace_id ? "trace not received" : "no trace"].filter(Boolean).join(" · "))),
    h("span.redacted", small(error.redactions)),
    h("span.status." + (error.level === "error" || error.level === "fatal" ? "error" : "warn"), error.handled === false ? "unhandled" : error.level),
    h("span.duration"),
    h("time", { datetime: moment(error.time_ms), title: moment(error.time_ms) }, clock(error.time_ms)));
}

function empty(summary) {
  const { protocol, host } = location;
  const lines = [
    ["Sentry SDK: errors and traces", `export SENTRY_DSN=${protocol}//inspector@${host}/1`],
    ["OpenTelemetry: traces, logs, metrics", `export OTEL_EXPORTER_OTLP_ENDPOINT=${protocol}//${host}`],
  ];
  return h("div.view.empty",
    h("div.rings", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    h("h1", "Listening. Nothing has arrived yet."),
    h("p", "Point an application here and make a request. What it sends stays in this process's memory and goes nowhere else."),
    lines.map(([title, line]) => h("div.step", h("h2", title), h("code", line))),
    summary.received.refused ? h("p.warnline", `${plural(summary.received.refused, "request")} could not be read; the answers said why.`) : null);
}
