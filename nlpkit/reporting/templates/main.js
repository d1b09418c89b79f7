// Which view is shown, and where the focus goes.

const TITLE = document.title;
let drawn = null;

function draw() {
  const { view, query } = readAddress();
  const section = document.getElementById(`view-${view}`);
  let name = "";
  if (view === "queue") {
    if (!queueView) buildQueue(section);
    drawQueue(query);
    name = "Questions to ask";
  } else if (view === "update") name = drawUpdate(section, query);
  else if (view === "services" && !section.firstElementChild) name = drawServices(section);
  else if (view === "themes" && !section.firstElementChild) name = drawThemes(section);
  else if (view !== "overview") name = section.querySelector("h1").textContent;
  for (const other of document.querySelectorAll("main > section")) other.hidden = other !== section;
  for (const link of document.querySelectorAll("#tabs a")) {
    const here = link.getAttribute("href") === `#/${view === "update" ? "queue" : view}`;
    if (here) link.setAttribute("aria-current", view === "update" ? "true" : "page");
    else link.removeAttribute("aria-current");
  }
  document.title = name ? `${name} – ${TITLE}` : TITLE;
  const now = `${view} ${view === "update" ? query.get("id") : query.get("page") || ""}`;
  if (drawn !== null && drawn !== now) {
    const turned = view === "queue" && drawn.startsWith("queue ");
    // A page that was turned or a view that was changed begins at its top; a filter leaves the focus where it is.
    if (!turned) scrollTo(0, 0);
    else section.querySelector(".found").scrollIntoView();
    if (!turned) section.querySelector("h1").focus({ preventScroll: true });
  }
  drawn = now;
}

addEventListener("hashchange", () => {
  if (location.hash === "#main") return;
  draw();
});
addEventListener("beforeprint", () => {
  const { view, query } = readAddress();
  if (view === "queue") drawQueue(query, true);
});
addEventListener("afterprint", () => {
  const { view, query } = readAddress();
  if (view === "queue") drawQueue(query);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address bar keeps the view
  document.getElementById("main").focus();
});
draw();
