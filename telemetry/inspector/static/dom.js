// Builds elements from text only: no function here, or anywhere on this page, parses HTML.

/** h("a.link", {href}, "text", child): an element with classes, properties or attributes, and children. */
export function h(selector, ...rest) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  const [first, ...others] = rest;
  const hasProps = first !== null && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first);
  if (hasProps) assign(element, first);
  element.append(...(hasProps ? others : rest).flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

function assign(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, item] of Object.entries(value)) element.style.setProperty(`--${key}`, item);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** A link within the page; ids are encoded because they come from whoever sent the data. `key` keeps its focus. */
export function link(path, selector, ...children) {
  const route = path.map(encodeURIComponent).join("/");
  return h(selector, { href: `#/${route}`, "data-key": `link/${route}` }, ...children);
}
