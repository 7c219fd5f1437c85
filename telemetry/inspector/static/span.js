// One span's details, beneath its bar.

import { marked, tally } from "./chips.js";
import { disclosure, facts, table } from "./data.js";
import { h, link } from "./dom.js";
import { duration, moment } from "./format.js";

/** Draw what a span carries: linked errors, status, attributes, events, links, resource. */
export function drawSpan(span, trace) {
  const errors = trace.error_rows.filter((error) => span.errors.includes(error.event_id));
  return h("div.detail", { role: "region", "aria-label": `Span ${span.name}` },
    errors.map((error) => link(["error", error.event_id], "a.errorlink", h("strong", error.type), " ", h("span.value", marked(error.value)), h("span.go", "Open the error →"))),
    facts([
      ["Kind", span.kind], ["Status", h("span.status." + span.status.code, span.status.code)],
      ["Message", span.status.message ? h("span", marked(span.status.message)) : null],
      ["Starts at", `+${duration(span.start_ms - trace.start_ms)}`], ["Duration", duration(span.duration_ms)],
      ["Scope", span.scope], ["Span id", h("code", span.span_id)], ["Parent", span.parent_span_id ? h("code", span.parent_span_id) : null],
    ]),
    tally(span.redactions),
    part("Attributes", table(span.attributes) ?? h("p.faint", "No attributes.")),
    span.events.length ? part("Events", h("ol.events", span.events.map((event) => h("li", h("div.eventhead", h("span.offset", `+${duration(event.time_ms - trace.start_ms)}`), h("strong", marked(event.name))), table(event.attributes))))) : null,
    span.links.length ? part("Links", h("ul.plain", span.links.map((item) => h("li", link(["trace", item.trace_id, "span", item.span_id], "a", h("code", `${item.trace_id} / ${item.span_id}`)), table(item.attributes))))) : null,
    Object.keys(span.resource).length ? disclosure(`resource/${span.span_id}`, "Resource", table({ ...span.resource })) : null,
    h("p.faint.small", `Started ${moment(span.start_ms)}, received as ${span.source}`));
}

function part(title, content) {
  return h("div.part", h("h3", title), content);
}
