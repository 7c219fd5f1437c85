// Routes the hash to a view and keeps it current while data arrives.

import { h } from "./dom.js";
import { drawError } from "./error.js";
import { plural } from "./format.js";
import { drawList } from "./list.js";
import { drawTrace } from "./trace.js";

const POLL_MS = 1000;
const main = document.getElementById("main");
const live = document.getElementById("live");
let revision = null;
let shown = "";
let shownPath = null;
let turn = 0;

async function get(path) {
  const answer = await fetch(`/inspector/api/${path}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

function route() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [kind, id, , open] = path.split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  return { kind: kind || "list", id, open, query: new URLSearchParams(search) };
}

async function load({ kind, id }) {
  if (kind === "trace") return get(`traces/${encodeURIComponent(id)}`);
  if (kind === "error") return get(`errors/${encodeURIComponent(id)}`);
  const [summary, traces, errors] = await Promise.all([get("summary"), get("traces"), get("errors")]);
  return { summary, traces, errors };
}

function draw({ kind, open, query }, data) {
  if (data === null) return h("div.view.empty", h("h1", "Not here"), h("p", `This ${kind} has not arrived, or is no longer kept.`), h("p", h("a", { href: "#/" }, "Show everything that is")));
  if (kind === "trace") return drawTrace(data, open);
  return kind === "error" ? drawError(data) : drawList(data, query);
}

async function refresh() {
  const mine = ++turn;
  const target = route();
  try {
    const data = await load(target);
    if (mine !== turn) return;
    const key = location.hash + JSON.stringify(data);
    if (key === shown) return;
    shown = key;
    show(target, draw(target, data));
    document.title = title(target, data);
  } catch {
    if (mine === turn) offline();
  }
}

function title({ kind }, data) {
  if (kind === "trace" && data) return `${data.name} · Inspector`;
  return kind === "error" && data ? `${data.type} · Inspector` : "Inspector";
}

// Replacing the view keeps focus, the caret and open disclosures, which are found again by data-key.
function show(target, view) {
  const path = `${target.kind}/${target.id ?? ""}`;
  const active = document.activeElement?.dataset?.key;
  const caret = document.activeElement?.selectionStart;
  const opened = new Set([...main.querySelectorAll("details[open]")].map((item) => item.dataset.key));
  main.replaceChildren(view);
  if (path !== shownPath) {
    if (shownPath !== null) main.focus({ preventScroll: true });
    scrollTo(0, 0);
    if (target.open) main.querySelector("li.open")?.scrollIntoView({ block: "nearest" });
    shownPath = path;
    return;
  }
  for (const item of main.querySelectorAll("details")) if (opened.has(item.dataset.key)) item.open = true;
  if (!active) return;
  const again = main.querySelector(`[data-key="${CSS.escape(active)}"]`);
  again?.focus({ preventScroll: true });
  if (again?.type === "search" && caret !== null) again.setSelectionRange(caret, caret);
}

async function poll() {
  try {
    if (!document.hidden) {
      const summary = await get("summary");
      online(summary);
      if (summary.revision !== revision) {
        revision = summary.revision;
        await refresh();
      }
    }
  } catch {
    offline();
  }
  setTimeout(poll, POLL_MS);
}

function online({ kept, received }) {
  setText(live, "live", "Live");
  const words = [plural(kept.traces, "trace"), plural(kept.errors, "error")];
  if (received.metrics) words.push(plural(received.metrics, "metric"));
  if (received.refused) words.push(`${received.refused} refused`);
  const counts = document.getElementById("counts");
  if (counts.textContent !== words.join(" · ")) counts.textContent = words.join(" · ");
}

function offline() {
  setText(live, "live off", "Not reachable");
}

function setText(element, name, text) {
  element.className = name;
  if (element.textContent !== text) element.textContent = text;
}

document.getElementById("clear").addEventListener("click", async () => {
  try {
    await fetch("/inspector/api/all", { method: "DELETE" });
    location.hash = "#/";
    await refresh();
  } catch {
    offline();
  }
});

// The skip link must not be taken for a route.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

// Up and down move between rows, as in a list of files.
main.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-arrows]");
  if (!list || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const rows = [...list.querySelectorAll(".row, button.span")];
  const place = rows.indexOf(event.target.closest(".row, button.span"));
  if (place < 0) return;
  event.preventDefault();
  rows[place + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
});

addEventListener("hashchange", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
refresh();
poll();
