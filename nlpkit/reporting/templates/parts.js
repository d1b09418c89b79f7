// Parts that more than one view draws.

/** Declared | narrative | calendar of a row, on one line. */
function answers(row) {
  const declared = text(row, "declared");
  return h("dl", { class: "answers" },
    h("div", {}, h("dt", {}, "Declared"), h("dd", {}, tag(row.declared_status), declared && ` ${cut(declared, 40)}`)),
    h("div", {}, h("dt", {}, "Narrative"), h("dd", {}, tag(row.status))),
    h("div", {}, h("dt", {}, "Calendar"), h("dd", {}, tag(row.calendar_status))),
    h("div", {}, h("dt", {}, "Evidence"), h("dd", {}, tag(row.evidence))),
    row.stale && h("div", {}, h("dt", {}, "Stale"), h("dd", {}, row.stale.map(said).join(", "))));
}

function reasonList(row) {
  if (!row.reasons) return null;
  return h("ul", { class: "reasons" }, row.reasons.map((reason) => h("li", {}, DATA.texts[reason])));
}

function updateLink(at, query, words) {
  return h("a", { href: address("update", changed(query, { id: ROWS[at].id, page: "" })) }, words);
}

/** A text with its passages marked: nested where they are, torn where they cross. */
function marked(words, marks) {
  const cuts = [...new Set([0, words.length, ...marks.flatMap(([start, end]) => [start, end])])].sort((a, b) => a - b);
  const root = document.createDocumentFragment();
  let open = []; // the marks around the current place, outermost first, with their elements
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [from, to] = [cuts[i], cuts[i + 1]];
    const wanted = marks.filter(([start, end]) => start <= from && end >= to);
    let kept = 0;
    while (kept < open.length && open[kept].mark === wanted[kept]) kept++;
    open = open.slice(0, kept);
    for (const mark of wanted.slice(kept)) {
      const element = markElement(mark, mark[0] === from);
      (open.length ? open[open.length - 1].element : root).append(element);
      open.push({ mark, element });
    }
    const inside = open.length ? open[open.length - 1].element : root;
    inside.append(words.slice(from, to));
    for (const { mark, element } of [...open].reverse()) {
      if (mark[1] === to) element.append(h("span", { class: "vh" }, " (end of passage) "));
    }
  }
  return root;
}

function markElement([, , kind, note], begins) {
  const [letter, meaning] = WORDS.marks[kind];
  const told = `${meaning}${note === undefined ? "" : `: ${DATA.texts[note]}`}`;
  return h("mark", { class: kind, title: told },
    begins && [h("span", { class: "letter", "aria-hidden": "true" }, letter), h("span", { class: "vh" }, ` (${told}) `)]);
}

function legend(marks) {
  const kinds = Object.keys(WORDS.marks).filter((kind) => marks.some((mark) => mark[2] === kind));
  if (!kinds.length) return null;
  return h("ul", { class: "legend", "aria-label": "What the marks in the text mean" },
    kinds.map((kind) => h("li", {}, h("mark", { class: kind }, WORDS.marks[kind][0]), ` ${WORDS.marks[kind][1]}`)));
}

function table(id, caption, head, body, more) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": id },
    h("table", more || {}, h("caption", { id }, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

function column(words, number) {
  return h("th", { scope: "col", class: number ? "number" : null }, words);
}
