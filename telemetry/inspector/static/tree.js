// Orders spans as a tree, whatever their parents claim.

/** Returns [{span, depth, orphan}] in display order: every span exactly once, even in a cycle. */
export function flatten(spans) {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = new Map();
  const roots = [];
  for (const span of spans) {
    const parent = span.parent_span_id;
    if (parent && ids.has(parent) && parent !== span.span_id) {
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(span);
    } else roots.push(span);
  }
  const rows = [];
  const seen = new Set();
  const visit = (start) => {
    const stack = [[start, 0]];
    while (stack.length) {
      const [span, depth] = stack.pop();
      if (seen.has(span.span_id)) continue;
      seen.add(span.span_id);
      rows.push({ span, depth, orphan: depth === 0 && Boolean(span.parent_span_id) });
      for (const child of (children.get(span.span_id) ?? []).toReversed()) stack.push([child, depth + 1]);
    }
  };
  roots.forEach(visit);
  spans.forEach((span) => seen.has(span.span_id) || visit(span));
  return rows;
}

/** What a span does, for its colour: server, db, cache, client or internal. */
export function category(span) {
  const system = span.attributes["db.system.name"] ?? span.attributes["db.system"];
  if (system === "redis" || system === "valkey" || String(span.attributes["sentry.op"] ?? "").startsWith("cache")) return "cache";
  if (system || String(span.attributes["sentry.op"] ?? "").startsWith("db")) return "db";
  if (span.kind === "server" || span.kind === "consumer") return "server";
  return span.kind === "client" || span.kind === "producer" ? "client" : "internal";
}
