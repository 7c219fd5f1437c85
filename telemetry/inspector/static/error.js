// One error: its chain of exceptions, where it happened and what led to it.

import { marked, tally } from "./chips.js";
import { disclosure, facts, section, table } from "./data.js";
import { h, link } from "./dom.js";
import { clock, moment } from "./format.js";
import { drawStack } from "./stack.js";

const HIDDEN_CONTEXTS = new Set(["trace"]);

/** Draw an error, the exception that surfaced first and its causes beneath. */
export function drawError(error) {
  const chain = error.exceptions.toReversed();
  const user = error.user.id ?? null;
  return h("div.view",
    h("nav.crumbs", { "aria-label": "Breadcrumb" }, h("a", { href: "#/" }, "All"), h("span", { "aria-hidden": "true" }, "/"), h("span", "Error")),
    h("div.heading.bad", h("h1", error.type), h("span.status." + (/^(error|fatal)$/.test(error.level) ? "error" : "warn"), error.level),
      error.handled === null ? null : h("span.badge" + (error.handled ? "" : ".bad"), error.handled ? "handled" : "unhandled")),
    error.value && h("p.lead", marked(error.value)),
    traceLink(error),
    facts([
      ["When", moment(error.time_ms)], ["Transaction", error.transaction], ["Release", error.release], ["Environment", error.environment],
      ["Server", error.server_name], ["User id", user === null ? null : h("span", marked(user))], ["Logger", error.logger],
      ["Sent by", error.sdk], ["Event id", h("code", error.event_id)],
    ]),
    tally(error.redactions),
    section(chain.length > 1 ? "Exceptions" : "Stack", chain.length ? h("div.chain", chain.map(drawException)) : null, chain.length > 1 ? "latest first, each caused by the next" : "most recent call first"),
    section("Breadcrumbs", error.breadcrumbs.length ? h("ol.crumblist", error.breadcrumbs.map(breadcrumb)) : null, "oldest first"),
    section("Tags", table(error.tags)),
    section("Request", table(error.request)),
    section("Extra", table(error.extra)),
    section("User", Object.keys(error.user).some((key) => key !== "id") ? table(error.user) : null),
    section("Contexts", contexts(error.contexts)));
}

function traceLink(error) {
  if (!error.trace_id) return h("p.faint", "This error names no trace.");
  if (!error.trace_kept) return h("p.faint", "Its trace ", h("code", error.trace_id), " has not arrived, or is no longer kept.");
  const path = error.span_id && error.span_name !== null ? ["trace", error.trace_id, "span", error.span_id] : ["trace", error.trace_id];
  return link(path, "a.tracelink", h("span.mini", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", h("span.caption", "Happened in"), h("strong", marked(error.span_name ?? error.trace_id))), h("span.go", "Show in its trace →"));
}

function drawException(exception, index) {
  const mechanism = exception.mechanism;
  return h("article.exception", index > 0 && h("p.cause", h("span", { "aria-hidden": "true" }, "↳"), "caused by"),
    h("h3", h("span.type", exception.module ? h("span.faint", `${exception.module}.`) : null, exception.type), exception.value && h("span.value", marked(exception.value))),
    mechanism && h("p.mechanism", "mechanism ", h("code", String(mechanism.type ?? "unknown")), mechanism.handled === false ? " · not handled" : mechanism.handled === true ? " · handled" : ""),
    exception.frames.length ? drawStack(exception.frames, `stack/${index}`) : h("p.faint", "No stack."));
}

function breadcrumb(crumb) {
  const level = /^(error|fatal)$/.test(crumb.level) ? "error" : crumb.level === "warning" ? "warn" : "info";
  return h("li", h("time", crumb.time_ms === null ? "" : clock(crumb.time_ms)), h("span.level." + level, crumb.category || crumb.level), h("div", marked(crumb.message), table(crumb.data)));
}

function contexts(all) {
  const shown = Object.entries(all).filter(([name]) => !HIDDEN_CONTEXTS.has(name));
  if (!shown.length) return null;
  return h("div", shown.map(([name, content]) => disclosure(`context/${name}`, name, typeof content === "object" && content !== null ? table(content) : h("p", marked(content)))));
}
