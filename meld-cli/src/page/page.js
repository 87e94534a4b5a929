// Searches and filters what is in the page. Nothing is loaded.
"use strict";
const one = (selector) => document.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
// Rows: [name, whose, hue of the component or null, bytes], largest first.
const functions = JSON.parse(one("#data").textContent);
const found = functions.map(([name, of]) => `${name} ${of}`.toLowerCase());
const MOST = 200;
const state = { words: [], filter: null };

function listFunctions() {
  const body = one("#functions tbody");
  const rows = [];
  let hits = 0;
  let bytes = 0;
  functions.forEach(([name, of, hue, size], i) => {
    if (!state.words.every((word) => found[i].includes(word))) return;
    hits += 1;
    bytes += size;
    if (rows.length >= MOST) return;
    const row = document.createElement("tr");
    const [nameCell, ofCell, sizeCell] = [0, 1, 2].map(() => row.appendChild(document.createElement("td")));
    nameCell.appendChild(document.createElement("code")).textContent = name;
    if (hue !== null) {
      const dot = ofCell.appendChild(document.createElement("i"));
      dot.className = "dot";
      dot.style.setProperty("--hue", hue);
    }
    ofCell.append(of);
    sizeCell.className = "number";
    sizeCell.textContent = size.toLocaleString("en");
    rows.push(row);
  });
  body.replaceChildren(...rows);
  const shown = hits > rows.length ? `, of which the ${rows.length} largest are shown` : "";
  one("#listed").textContent = `${hits.toLocaleString("en")} functions, ${bytes.toLocaleString("en")} bytes${shown}.`;
}

function isIn(row) {
  const filter = state.filter;
  if (filter && row.dataset.caller !== undefined) {
    const { caller, callee, lowering, component } = filter;
    if (caller !== undefined && (row.dataset.caller !== caller || row.dataset.callee !== callee)) return false;
    if (lowering !== undefined && row.dataset.lowering !== lowering) return false;
    if (component !== undefined && row.dataset.caller !== component && row.dataset.callee !== component) return false;
  }
  return state.words.every((word) => row.dataset.find.includes(word));
}

function update() {
  for (const row of all("tr[data-find]")) row.classList.toggle("no", !isIn(row));
  const note = one("#filter");
  note.hidden = !state.filter;
  if (state.filter) note.firstElementChild.textContent = `Only ${state.filter.text}.`;
  for (const node of all(".node")) {
    const name = node.dataset.component.toLowerCase();
    node.classList.toggle("off", !state.words.every((word) => name.includes(word)));
  }
  listFunctions();
}

function choose(filter) {
  state.filter = filter;
  update();
  if (filter) one("#calls").scrollIntoView({ behavior: "smooth" });
}

one("#search").addEventListener("input", (event) => {
  state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  update();
});
one("#filter button").addEventListener("click", () => choose(null));
const onChoice = (element, filter) => {
  element.addEventListener("click", () => choose(filter));
  element.addEventListener("keydown", (event) => event.key === "Enter" && choose(filter));
};
for (const edge of all(".edge")) {
  const { caller, callee } = edge.dataset;
  onChoice(edge, { caller, callee, text: `calls of ${caller} to ${callee}` });
}
for (const node of all(".node")) {
  const { component } = node.dataset;
  onChoice(node, { component, text: `calls of and to ${component}` });
}
for (const key of all("button.key")) {
  const { lowering } = key.dataset;
  onChoice(key, { lowering, text: `calls that are: ${key.firstChild.textContent.trim()}` });
}
for (const table of all("table")) {
  // Numbers stand under their headings.
  all("th", table).forEach((heading, column) => {
    if (!heading.classList.contains("number")) return;
    for (const row of all("tbody tr", table)) row.children[column]?.classList.add("number");
  });
}
update();
