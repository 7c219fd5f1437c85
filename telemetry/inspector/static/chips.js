// Shows redaction markers as chips wherever a received string is shown. The patterns mirror redactions.py.

import { h } from "./dom.js";

const MARKER = /\[redacted:([\w.:/-]{1,64})(?: len=(\d{1,12}))?\]|\[(data|Filtered)\]/g;
const SQL = /^\s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH)\s/i;
const MARKER_OR_SQL_VALUE = new RegExp(`${MARKER.source}|(?<=[\\s(,=<>])\\?`, "g");

/** The attributes that hold a database query of any language; a ? in one stands for a value. */
export const QUERY_KEYS = new Set(["db.query.text", "db.statement"]);

/** The string as text nodes and chips; `isQuery` when its key is known to hold a query. */
export function marked(value, isQuery = false) {
  const string = String(value);
  const parts = [];
  let end = 0;
  for (const match of string.matchAll(isQuery || SQL.test(string) ? MARKER_OR_SQL_VALUE : MARKER)) {
    parts.push(string.slice(end, match.index), chip(match));
    end = match.index + match[0].length;
  }
  parts.push(string.slice(end));
  return parts;
}

function chip([whole, rule, length, plain]) {
  const label = rule ?? plain ?? "?";
  const title = rule ? `Redacted by the rule ${rule}${length ? `, ${length} characters` : ""}` : `Redacted value: ${whole}`;
  return h("span.chip", { title }, h("span.sr", "redacted: "), label, length && h("span.len", `·${length}`));
}

/** One chip a rule with its count; null when nothing was redacted. */
export function tally(redactions, caption) {
  const rules = Object.entries(redactions);
  if (!rules.length) return null;
  const sum = rules.reduce((total, [, number]) => total + number, 0);
  return h("div.tally", h("span.caption", caption ?? `${sum} redacted`),
    rules.map(([rule, number]) => h("span.chip", { title: `${number} × ${rule}` }, rule, h("span.len", `×${number}`))));
}

/** The total as one small chip, for rows. */
export function small(redactions) {
  const entries = Object.entries(redactions);
  const sum = entries.reduce((total, [, number]) => total + number, 0);
  if (!sum) return null;
  return h("span.chip", { title: entries.map(([rule, number]) => `${rule} ×${number}`).join(", ") }, h("span.sr", "redacted: "), String(sum));
}
