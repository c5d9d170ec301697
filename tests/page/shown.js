// The words of the status page by their place, and what can be measured of its looks.
const text = (node) => node?.innerText.replace(/\s+/g, " ").trim() ?? null;
const all = (selector) => [...document.querySelectorAll(selector)].map(text);
const rgb = (color) => color.match(/[\d.]+/g).map(Number);
const light = (color) => {
  const [r, g, b] = rgb(color).map((c) => c / 255).map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const color = getComputedStyle(node).backgroundColor;
    if (rgb(color)[3] !== 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const faint = [];
for (const node of document.body.querySelectorAll("*")) {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  if (!own || !node.offsetParent) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) faint.push(`${text(node)}: ${ratio.toFixed(2)}`);
}
return {
  title: document.title,
  host: text(document.querySelector("#host")),
  summary: all("#summary .badge"),
  warnings: all(".warning"),
  instances: all("#instances article"),
  states: all("#instances .badge"),
  checks: all("#checks .row"),
  balancers: all("#balancers h2"),
  backends: all("#balancers .row"),
  transitions: all("#transitions .row"),
  daemon: text(document.querySelector("#daemon")),
  trouble: document.querySelector("#trouble").hidden ? null : text(document.querySelector("#trouble")),
  ground: getComputedStyle(document.body).backgroundColor,
  beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  columns: getComputedStyle(document.querySelector("#instances")).gridTemplateColumns.split(" ").length,
  faint,
};
