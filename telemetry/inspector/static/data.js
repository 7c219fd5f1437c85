// Shows keys with values of any shape.

import { marked, QUERY_KEYS } from "./chips.js";
import { h } from "./dom.js";

/** A received value: strings with chips, other scalars as code, lists and mappings as indented JSON. */
export function value(item, isQuery = false) {
  if (item === null || item === undefined) return h("span.faint", "null");
  if (typeof item === "string") return item === "" ? h("span.faint", "empty") : h("span.text", marked(item, isQuery));
  if (typeof item === "object") return h("pre.json", marked(JSON.stringify(item, null, 2)));
  return h("span.number", String(item));
}

/** A definition list of a mapping, keys in order; null when it is empty. */
export function table(mapping) {
  const entries = Object.entries(mapping ?? {});
  if (!entries.length) return null;
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return h("dl.pairs", entries.map(([key, item]) => h("div.pair", h("dt", marked(key)), h("dd", value(item, QUERY_KEYS.has(key))))));
}

/** A titled section around a node; null stays null. */
export function section(title, content, note) {
  if (!content) return null;
  return h("section.card", h("h2", title, note && h("span.note", note)), content);
}

/** Small labelled values in one row; empty ones are left out. */
export function facts(pairs) {
  return h("dl.facts", pairs.filter(([, item]) => item !== null && item !== undefined && item !== "")
    .map(([label, item]) => h("div", h("dt", label), h("dd", item))));
}

/** A disclosure that stays open across live updates: `key` is its identity. */
export function disclosure(key, summary, ...content) {
  return h("details", { "data-key": key }, h("summary", { "data-key": `${key}/summary` }, summary), ...content);
}
