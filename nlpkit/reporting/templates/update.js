// One update: what was asked, the three answers, the narrative with its passages, what was said before.

const MOST_OTHERS = 10;

function drawUpdate(section, query) {
  const at = BY_ID.get(query.get("id") || "");
  const back = changed(query, { id: "" });
  const queue = selected(back);
  if (at === undefined) {
    refill(section, h("h1", { id: "title-update", tabindex: "-1" }, "No such update"),
      h("p", {}, "This report has no update of that name. ", h("a", { href: address("queue", back) }, "Go to the queue"), "."));
    return "No such update";
  }
  const row = ROWS[at];
  const place = queue.indexOf(at);
  const name = [actionName(row), period(row)].filter(Boolean).join(", ");
  refill(section,
    h("nav", { class: "pages crumbs", "aria-label": "In the queue" },
      h("a", { href: address("queue", back) }, "Back to the queue"),
      place > 0 && updateLink(queue[place - 1], query, "Previous update"),
      place >= 0 && place + 1 < queue.length && updateLink(queue[place + 1], query, "Next update")),
    h("h1", { id: "title-update", tabindex: "-1" }, name),
    h("p", { class: "lead" }, [text(row, "service"), text(row, "plan")].filter(Boolean).join(", ")),
    h("h2", {}, "What was asked"), ...askedFor(row),
    h("h2", {}, "Declared, narrative and calendar"), threeAnswers(row),
    h("h2", {}, "What to ask"),
    row.question && h("p", { class: "ask" }, row.question),
    reasonList(row) || h("p", {}, "Nothing in it stands out as in need of a question."),
    h("h2", {}, "The narrative"), ...narrative(row),
    ...judgements(row, query),
    ...periods(row, at, query),
    ...linked(row, at, query),
    h("h2", {}, "Where it stands"),
    facts([["Row", row.id], ["File", text(row, "source")], ["Section", text(row, "section")], ["Theme", text(row, "theme")], ["Theme found", themeName(row)]]));
  return name;
}

function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function themeName(row) {
  const found = DATA.themes.find(([id]) => id === text(row, "theme_id"));
  return found ? found.join(" ") : "";
}

function askedFor(row) {
  const due = [row.due, row.due_date && row.due_date !== row.due && `(${row.due_date})`].filter(Boolean).join(" ");
  const parts = [facts([
    ["Recommendation", text(row, "recommendation")], ["Required outcome", !row.outcomes && text(row, "required_outcome")],
    ["Planned action", text(row, "planned_action")], ["Responsible", text(row, "owner")], ["Due", due]])];
  if (row.outcomes) {
    parts.push(table("caption-outcomes", "Required outcomes, and what the update says to each",
      [column("Outcome"), column("Answer"), column("Passage")],
      row.outcomes.map(([outcome, state, passage]) => h("tr", {}, h("th", { scope: "row" }, DATA.texts[outcome]), h("td", {}, tag(state, state === "touched" ? "touched on" : state)),
        h("td", { class: "passage" }, Array.isArray(passage) ? row.update.slice(...passage) : passage || h("span", { class: "none" }, "none"))))));
  }
  return parts;
}

function threeAnswers(row) {
  const declared = text(row, "declared");
  return h("div", { class: "three" },
    h("div", {}, h("h3", {}, "Declared"), tag(row.declared_status), h("p", {}, declared ? `The service wrote: ${declared}` : "The service gave no status.")),
    h("div", {}, h("h3", {}, "Narrative"), tag(row.status),
      row.mismatch && h("p", {}, h("strong", {}, row.mismatch === "optimistic" ? "Declared better than the narrative supports." : "Declared worse than the narrative supports.")),
      row.sure !== undefined && h("p", {}, `Confidence: ${sureness(row.sure)}`),
      row.odds && h("details", {}, h("summary", {}, "Every status considered"),
        h("ul", {}, WORDS.status.map((status, i) => [row.odds[i], status]).sort((a, b) => b[0] - a[0])
          .map(([share, status]) => h("li", {}, `${said(status)}: ${percent(share)}`))))),
    h("div", {}, h("h3", {}, "Calendar"), tag(row.calendar_status), row.calendar_why && h("p", {}, row.calendar_why)));
}

function narrative(row) {
  if (!row.update) return [h("p", {}, "There is no narrative.")];
  const marks = row.marks || [];
  return [legend(marks), h("div", { class: "narrative", id: "narrative" }, marked(row.update, marks))];
}

function judgements(row, query) {
  const copies = [...new Set((row.marks || []).filter((mark) => mark.length > 4).map((mark) => mark[4]))];
  const refs = (row.refs || []).join(", ");
  const also = (row.also || []).map(([note, words]) => `${DATA.texts[note]}${words ? `: “${words}”` : ""}`);
  return [facts([
    ["Evidence", row.evidence && tag(row.evidence)],
    ["Stale", row.stale && `${row.stale.map(said).join(", ")}${refs ? ` (${refs})` : ""}`],
    ["Copy also in", copies.length > 0 && copies.map((at, i) => [i > 0 && "; ", updateLink(at, query, [SEVERAL && serviceOf(ROWS[at]), actionName(ROWS[at]), period(ROWS[at])].filter(Boolean).join(", "))])],
    ["Novelty", row.novelty !== undefined && `${percent(row.novelty)} of it stood in no earlier update on this action`],
    ["Flags", row.flags && row.flags.map(said).join(", ")]]),
  also.length > 0 && [h("h3", {}, "Also counted"), h("ul", {}, also.map((words) => h("li", {}, words)))]].flat();
}

function periods(row, at, query) {
  const others = ACTIONS.get(row.n).filter((other) => other !== at).reverse();
  if (!others.length) return [h("h2", {}, "Other periods"), h("p", {}, "No other update on this action is in this report.")];
  return [h("h2", {}, "Other periods of the same action"), ...others.map((other) => {
    const told = ROWS[other];
    // The passages of this update that stand there, as they stand there.
    const copied = (row.marks || []).filter((mark) => mark[4] === other && mark.length > 6).map((mark) => [mark[5], mark[6], "copied", mark[3]])
      .sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    return h("div", { class: "earlier" }, h("h3", {}, updateLink(other, query, period(told) || told.id)), answers(told),
      copied.length > 0 && h("p", {}, copied.length === 1 ? "Marked below: the passage that stands again in the update above." : `Marked below: the ${copied.length} passages that stand again in the update above.`),
      told.update ? h("div", { class: "narrative" }, marked(told.update, copied)) : h("p", {}, "There is no narrative."));
  })];
}

function linked(row, at, query) {
  if (!row.links) return [];
  return [h("h2", {}, "Linked national recommendations"), h("ul", {}, row.links.map(([link, grade, score]) =>
    h("li", {}, `${DATA.links[link].join(" ")} (${grade}, ${score.toFixed(2)})`))),
  ...row.links.map(([link]) => {
    const others = (LINKED.get(link) || []).filter((other) => other !== at && ROWS[other].n !== row.n && (!SEVERAL || serviceOf(ROWS[other]) !== serviceOf(row)));
    if (!SEVERAL || !others.length) return null;
    const more = new URLSearchParams({ link: DATA.links[link][0] });
    return [table(`caption-link-${link}`, `${DATA.links[link].join(" ")}: other services`,
      [column("Service"), column("Update"), column("Fit"), column("Narrative"), column("Evidence")],
      others.slice(0, MOST_OTHERS).map((other) => h("tr", {}, h("th", { scope: "row" }, serviceOf(ROWS[other])),
        h("td", {}, updateLink(other, query, [actionName(ROWS[other]), period(ROWS[other])].filter(Boolean).join(", "))),
        h("td", {}, ROWS[other].links.find(([id]) => id === link)[1]), h("td", {}, tag(ROWS[other].status)), h("td", {}, tag(ROWS[other].evidence))))),
    others.length > MOST_OTHERS && h("p", {}, h("a", { href: address("queue", more) }, `All ${others.length} in the queue`))];
  }).flat().filter(Boolean)];
}
