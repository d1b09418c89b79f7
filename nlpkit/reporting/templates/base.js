// The page's data, and small tools. Text only ever reaches the page as text: nothing is parsed as HTML.

const DATA = JSON.parse(document.getElementById("data").textContent);
const WORDS = DATA.words;
const ROWS = DATA.rows.map((values) => {
  const row = {};
  values.forEach((value, i) => { if (value !== null) row[DATA.columns[i]] = value; });
  return row;
});

/** An element with attributes (handlers as on…) and children; strings become text. */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  fill(element, children);
  return element;
}

function fill(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Put these children in the place of an element's own. */
function refill(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

function said(label) {
  return WORDS.answers[label] || label.replace(/_/g, " ");
}

function plural(n, noun) {
  return `${n.toLocaleString("en-GB")} ${noun}${n === 1 ? "" : "s"}`;
}

/** A shared text of a row ("" if it has none). */
function text(row, name) {
  return row[name] === undefined ? "" : DATA.texts[row[name]];
}

function asked(row) {
  return text(row, "recommendation") || text(row, "planned_action");
}

function period(row) {
  return text(row, "period") || row.as_of || "";
}

function serviceOf(row) {
  return text(row, "service") || "Service not given";
}

function actionName(row) {
  return row.action_id ? `Action ${row.action_id}` : row.id;
}

function cut(words, most) {
  return words.length <= most ? words : `${words.slice(0, most).replace(/\s+\S*$/, "")} …`;
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

/** A probability in words and as a number. */
function sureness(share) {
  return `${WORDS.sure.find(([least]) => share >= least)[1]} (${percent(share)})`;
}

function tag(label, shown) {
  return h("span", { class: `tag ${label || "not_given"}` }, shown || (label ? said(label) : "not given"));
}

const naturally = new Intl.Collator("en", { numeric: true }).compare;
const SEVERAL = new Set(ROWS.map(serviceOf)).size > 1;
const BY_ID = new Map(ROWS.map((row, at) => [row.id, at]));

/** For each action the places of its rows, the earliest first. */
const ACTIONS = new Map();
ROWS.forEach((row, at) => {
  if (!ACTIONS.has(row.n)) ACTIONS.set(row.n, []);
  ACTIONS.get(row.n).push(at);
});
for (const places of ACTIONS.values()) {
  places.sort((a, b) => {
    const [left, right] = [ROWS[a].as_of || "", ROWS[b].as_of || ""];
    return left < right ? -1 : left > right ? 1 : a - b;
  });
}

/** For each recommendation linked to, the places of the latest rows that link to it. */
const LINKED = new Map();
ROWS.forEach((row, at) => {
  for (const [link] of row.last ? row.links || [] : []) {
    if (!LINKED.has(link)) LINKED.set(link, []);
    LINKED.get(link).push(at);
  }
});
