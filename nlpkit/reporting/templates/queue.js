// The queue: updates by how much they deserve a question, filtered, searched, sorted, paged, exported.

const PAGE = 25;
const PRINTED = 500;
const MANY = 300;
let queueView = null;

function options(values, shown) {
  return values.map((value) => h("option", { value }, shown ? shown(value) : said(value)));
}

function distinct(read) {
  return [...new Set(ROWS.map(read))].filter(Boolean).sort(naturally);
}

/** A labelled list of choices that stands for one part of the query. */
function choice(name, label, choices, any) {
  return h("div", {}, h("label", { for: `filter-${name}` }, label),
    h("select", { id: `filter-${name}`, name, onchange: () => setQuery({ ...(name === "service" && { action: "" }), [name]: queueView.form.elements[name].value }) },
      h("option", { value: "" }, any || "Any"), choices));
}

function setQuery(changes, quietly) {
  const next = address("queue", changed(readAddress().query, { page: "", ...changes }));
  if (!quietly) { location.hash = next; return; }
  history.replaceState(null, "", next);
  draw();
}

function buildQueue(section) {
  const periods = distinct(period);
  const links = [...LINKED.keys()].sort((a, b) => naturally(DATA.links[a][0], DATA.links[b][0]));
  let timer = 0;
  const search = h("input", { type: "search", id: "filter-q", name: "q", autocomplete: "off", spellcheck: "false",
    oninput: () => { clearTimeout(timer); timer = setTimeout(() => setQuery({ q: search.value.trim() }, true), 150); } });
  const plans = distinct((row) => text(row, "plan"));
  const themes = distinct((row) => text(row, "theme"));
  const form = h("form", { class: "filters", role: "search", "aria-label": "Choose updates", onsubmit: (event) => event.preventDefault() },
    h("fieldset", {}, h("legend", {}, "Choose updates"),
      h("div", { class: "grid" },
        h("div", { class: "wide" }, h("label", { for: "filter-q" }, "Words to look for (a phrase in quotation marks)"), search),
        SEVERAL && choice("service", "Service", options(distinct(serviceOf), (name) => name)),
        choice("action", "Action and recommendation", []),
        choice("status", "Narrative status", options(WORDS.status)),
        choice("evidence", "Evidence", options(WORDS.evidence)),
        choice("stale", "Staleness", [h("option", { value: "any" }, "stale in any way"), h("option", { value: "none" }, "not stale"), options(WORDS.stale)]),
        periods.length > 1 && choice("period", "Period", options(periods, (name) => name), "Latest of each action"),
        choice("sort", "Order", Object.entries(SORTS).slice(1).map(([value, label]) => h("option", { value }, label)), SORTS.need)),
      h("details", { id: "more" }, h("summary", {}, "More to choose by"), h("div", { class: "grid" },
        links.length > 0 && choice("link", "National recommendation", links.map((link) =>
          h("option", { value: DATA.links[link][0] }, cut(DATA.links[link].join(" "), 60)))),
        themes.length > 0 && choice("theme", "Inspection theme", options(themes, (name) => name)),
        DATA.themes.length > 0 && choice("found", "Theme found", DATA.themes.map(([id, label]) => h("option", { value: id }, `${id} ${label}`))),
        plans.length > 1 && choice("plan", "Plan", options(plans, (name) => name)),
        choice("declared", "Declared status", options([...WORDS.status, "not_given"])),
        choice("mismatch", "Declared against narrative", options(WORDS.mismatch, (name) =>
          name === "optimistic" ? "declared better (optimistic)" : "declared worse (pessimistic)")),
        choice("calendar", "Calendar", options([...WORDS.calendar, "not_given"])),
        choice("flag", "Flag", options(WORDS.flags)),
        ROWS.some((row) => !row.last) && choice("when", "Updates", [h("option", { value: "all" }, "all periods")], "latest of each action"))),
      h("div", { class: "buttons" },
        h("button", { type: "button", id: "clear", onclick: () => { location.hash = "#/queue"; } }, "Clear all"),
        h("button", { type: "button", id: "export", onclick: () => exportCsv(readAddress().query) }, "Save what is shown as CSV"))));
  const found = h("p", { class: "found", role: "status", id: "found" });
  const list = h("ol", { class: "queue", id: "list" });
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });
  section.append(
    h("h1", { id: "title-queue", tabindex: "-1" }, "Questions to ask"),
    h("p", {}, "Updates in the order in which they deserve a question, with what speaks for asking."),
    form, h("h2", { class: "vh" }, "Updates"), found, list, pages);
  queueView = { form, found, list, pages, search, service: null };
}

/** The actions of the chosen service, unless they are too many to choose from. */
function offerActions(query) {
  const select = queueView.form.elements.action;
  const service = query.get("service") || "";
  if (queueView.service === service) return;
  queueView.service = service;
  const places = [...ACTIONS.values()].map((all) => all[all.length - 1]).filter((at) => !service || serviceOf(ROWS[at]) === service);
  const tooMany = places.length > MANY;
  places.sort((a, b) => ORDERS.action(ROWS[a], ROWS[b]) || a - b);
  select.replaceChildren(h("option", { value: "" }, tooMany ? "Any (choose a service first)" : "Any"),
    ...(tooMany ? [] : places.map((at) => h("option", { value: ROWS[at].n }, cut(`${ROWS[at].action_id || ROWS[at].id} ${asked(ROWS[at])}`, 60)))));
  select.disabled = tooMany;
}

function drawQueue(query, printing) {
  const { form, found, list, pages, search } = queueView;
  offerActions(query);
  for (const select of form.querySelectorAll("select")) select.value = query.get(select.name) || "";
  const more = form.querySelector("#more");
  if ([...more.querySelectorAll("select")].some((select) => select.value)) more.open = true;
  if (document.activeElement !== search) search.value = query.get("q") || "";
  const places = selected(query);
  const last = Math.max(1, Math.ceil(places.length / PAGE));
  const page = Math.min(last, Math.max(1, Number.parseInt(query.get("page"), 10) || 1));
  const from = printing ? 0 : (page - 1) * PAGE;
  const shown = places.slice(from, printing ? PRINTED : from + PAGE);
  const total = query.get("when") === "all" || query.get("period") ? ROWS.length : ACTIONS.size;
  found.textContent = places.length
    ? `${plural(places.length, "update")} of ${total.toLocaleString("en-GB")}${shown.length < places.length ? `, ${from + 1} to ${from + shown.length} shown` : ""}`
    : "No update is so. Clear some of the choices.";
  document.getElementById("export").disabled = !places.length;
  list.setAttribute("start", from + 1);
  refill(list, shown.map((at, i) => queueItem(at, query, from + i + 1)));
  const step = (to, words, rel) => h("a", { href: address("queue", changed(query, { page: to > 1 ? String(to) : "" })), rel }, words);
  refill(pages, last > 1 && [
    page > 1 && step(page - 1, "Previous page", "prev"), h("span", {}, `Page ${page} of ${last}`), page < last && step(page + 1, "Next page", "next")]);
}

function queueItem(at, query, number) {
  const row = ROWS[at];
  const where = [SEVERAL && serviceOf(row), actionName(row), period(row)].filter(Boolean).join(", ");
  return h("li", {},
    h("h3", {}, h("span", { class: "quiet" }, `${number}. `), updateLink(at, query, where)),
    h("p", { class: "asked" }, cut(asked(row), 220)),
    answers(row),
    reasonList(row) || h("p", { class: "quiet" }, "Nothing in it stands out as in need of a question."),
    row.question && h("p", { class: "ask" }, h("strong", {}, "Ask: "), row.question));
}

const COLUMNS = {
  row_id: (row) => row.id,
  service: (row) => text(row, "service"),
  plan: (row) => text(row, "plan"),
  action_id: (row) => row.action_id,
  period: (row) => text(row, "period"),
  as_of: (row) => row.as_of,
  due_date: (row) => row.due_date,
  recommendation: (row) => text(row, "recommendation"),
  required_outcome: (row) => text(row, "required_outcome"),
  update: (row) => row.update,
  declared: (row) => text(row, "declared"),
  declared_status: (row) => row.declared_status,
  status: (row) => row.status,
  status_confidence: (row) => row.sure,
  calendar_status: (row) => row.calendar_status,
  mismatch: (row) => row.mismatch,
  stale: (row) => (row.stale || []).join("; "),
  evidence: (row) => row.evidence,
  flags: (row) => (row.flags || []).join("; "),
  reasons: (row) => (row.reasons || []).map((reason) => DATA.texts[reason]).join("; "),
  question: (row) => row.question,
};

/** A cell of CSV; what a spreadsheet would take for a formula has an apostrophe before it. */
function cell(value) {
  let words = value === undefined || value === null ? "" : String(value);
  if (/^'*[=+\-@\t\r]/.test(words) && !/^[+-]?\d+(\.\d+)?%?$/.test(words)) words = `'${words}`;
  return /[",\r\n]/.test(words) ? `"${words.replace(/"/g, '""')}"` : words;
}

function exportCsv(query) {
  const lines = [Object.keys(COLUMNS).join(",")];
  for (const at of selected(query)) lines.push(Object.values(COLUMNS).map((read) => cell(read(ROWS[at]))).join(","));
  const url = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" }));
  h("a", { href: url, download: "updates.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
