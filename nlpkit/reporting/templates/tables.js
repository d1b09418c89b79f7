// Tables over all updates: recommendations across services, and themes.

const GRADES = ["equivalent", "related"];

/** Of the latest rows of a service that link to a recommendation, the one that fits best. */
function best(link, service) {
  const fit = (at) => ROWS[at].links.find(([id]) => id === link);
  return (LINKED.get(link) || []).filter((at) => serviceOf(ROWS[at]) === service).sort((a, b) =>
    GRADES.indexOf(fit(a)[1]) - GRADES.indexOf(fit(b)[1]) || fit(b)[2] - fit(a)[2] || compared(WHEN(ROWS[b]), WHEN(ROWS[a])) || a - b)
    .map((at) => ({ at, grade: fit(at)[1] }))[0];
}

function drawServices(section) {
  const services = distinct(serviceOf);
  const links = [...LINKED.keys()].sort((a, b) => naturally(DATA.links[a][0], DATA.links[b][0]));
  let gaps = 0;
  const body = links.map((link) => h("tr", {}, h("th", { scope: "row" },
    h("a", { href: address("queue", new URLSearchParams({ link: DATA.links[link][0] })) }, DATA.links[link].join(" "))),
  services.map((service) => {
    const found = best(link, service);
    if (!found) { gaps += 1; return h("td", {}, h("span", { class: "none" }, "gap: no action")); }
    const row = ROWS[found.at];
    return h("td", {}, tag(row.status), h("span", {}, `${row.evidence} evidence; ${found.grade}; `),
      updateLink(found.at, new URLSearchParams(), actionName(row)));
  })));
  const drawn = table("caption-crossed", "Latest status and evidence of the action that fits best", [column("Recommendation"), services.map((name) => column(name))], body, { class: "crossed" });
  refill(section, h("h1", { id: "title-services", tabindex: "-1" }, "Across services"),
    h("p", {}, `${plural(links.length, "national recommendation")} that any action here is linked to, and ${plural(services.length, "service")}. Of ${links.length * services.length} pairs, ${gaps === 1 ? "1 is a gap" : `${gaps} are gaps`}: the service has no action that fits. A recommendation to which nothing is linked is not in this table.`),
    drawn);
  return "Across services";
}

function drawThemes(section) {
  const rows = DATA.themes.map(([id, label]) => {
    const mine = ROWS.filter((row) => text(row, "theme_id") === id);
    const now = mine.filter((row) => row.last);
    const count = (test) => now.filter(test).length;
    const number = (n) => h("td", { class: "number" }, n || "–");
    return h("tr", {}, h("th", { scope: "row" }, h("a", { href: address("queue", new URLSearchParams({ found: id })) }, `${id} ${label}`)),
      number(mine.length), number(new Set(mine.map(serviceOf)).size), number(now.length),
      WORDS.status.map((status) => number(count((row) => row.status === status))),
      number(count((row) => row.stale)), number(count((row) => row.evidence === "weak")));
  });
  const left = ROWS.filter((row) => !text(row, "theme_id")).length;
  refill(section, h("h1", { id: "title-themes", tabindex: "-1" }, "Themes"),
    h("p", {}, `What the work is about, found from the words of the updates.${left ? ` ${plural(left, "update")} ${left === 1 ? "stands" : "stand"} in no theme.` : ""}`),
    table("caption-themes", "Themes: all updates, and the latest update of each action by narrative status",
      [column("Theme"), column("updates", true), column("services", true), column("actions", true), WORDS.status.map((status) => column(said(status), true)), column("stale", true), column("weak", true)],
      rows, { class: "dense" }));
  return "Themes";
}
