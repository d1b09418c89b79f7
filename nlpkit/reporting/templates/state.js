// What the address bar says: #/view?filter=value&…

const SORTS = {
  need: "Most in need of a question",
  action: "Service and action",
  due: "Due date, earliest first",
  new: "Newest first",
  unsure: "Least certain status first",
  weak: "Least evidence first",
};

const LEVELS = ["weak", "partial", "strong"];

/** Filters by name: label, and whether a row passes a value. */
const TESTS = {
  service: (row, value) => serviceOf(row) === value,
  plan: (row, value) => text(row, "plan") === value,
  action: (row, value) => String(row.n) === value,
  theme: (row, value) => text(row, "theme") === value,
  found: (row, value) => text(row, "theme_id") === value,
  link: (row, value) => (row.links || []).some(([link]) => DATA.links[link][0] === value),
  status: (row, value) => row.status === value,
  declared: (row, value) => (row.declared_status || "not_given") === value,
  calendar: (row, value) => (row.calendar_status || "not_given") === value,
  mismatch: (row, value) => row.mismatch === value,
  evidence: (row, value) => row.evidence === value,
  flag: (row, value) => (row.flags || []).includes(value),
  stale: (row, value) => {
    const kinds = row.stale || [];
    return value === "any" ? kinds.length > 0 : value === "none" ? kinds.length === 0 : kinds.includes(value);
  },
  period: (row, value) => period(row) === value,
};

function readAddress() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const view = document.getElementById(`view-${path}`) ? path : "overview";
  return { view, query: new URLSearchParams(query || "") };
}

function address(view, query) {
  const written = query.toString();
  return `#/${view}${written ? `?${written}` : ""}`;
}

/** A copy of a query with some values changed; what is empty is left out. */
function changed(query, changes) {
  const copy = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null) copy.delete(name);
    else copy.set(name, value);
  }
  return copy;
}

let haystacks = null;

function haystack(at) {
  if (!haystacks) haystacks = new Array(ROWS.length);
  if (haystacks[at] === undefined) {
    const row = ROWS[at];
    const parts = ["service", "plan", "section", "theme", "recommendation", "required_outcome", "planned_action", "owner", "period"];
    haystacks[at] = fold(
      [row.id, actionName(row), row.update, row.question, row.due, ...parts.map((name) => text(row, name))].join("\n"),
    );
  }
  return haystacks[at];
}

function fold(words) {
  return words.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[\u2018\u2019]/g, "'");
}

const WHEN = (row) => row.as_of || "";
const ORDERS = {
  need: (a, b) => (b.weight || 0) - (a.weight || 0),
  action: (a, b) => naturally(serviceOf(a), serviceOf(b)) || naturally(a.action_id || "\uffff", b.action_id || "\uffff"),
  due: (a, b) => compared(a.due_date || "9999", b.due_date || "9999"),
  new: (a, b) => compared(WHEN(b), WHEN(a)),
  unsure: (a, b) => (a.sure === undefined ? 2 : a.sure) - (b.sure === undefined ? 2 : b.sure),
  weak: (a, b) => LEVELS.indexOf(a.evidence) - LEVELS.indexOf(b.evidence) || (b.weight || 0) - (a.weight || 0),
};

function compared(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The places of the rows that a query asks for, in its order; every word must be there, a "quoted phrase" as it stands. */
function selected(query) {
  const tests = Object.keys(TESTS).filter((name) => query.get(name)).map((name) => [TESTS[name], query.get(name)]);
  const words = (fold(query.get("q") || "").match(/"[^"]+"|\S+/g) || []).map((word) => word.replace(/"/g, "")).filter(Boolean);
  const all = query.get("when") === "all" || query.get("period");
  const places = [];
  ROWS.forEach((row, at) => {
    if (!all && !row.last) return;
    if (!tests.every(([test, value]) => test(row, value))) return;
    if (words.length && !words.every((word) => haystack(at).includes(word))) return;
    places.push(at);
  });
  const order = ORDERS[query.get("sort")] || ORDERS.need;
  return places.sort((a, b) => order(ROWS[a], ROWS[b]) || a - b);
}
