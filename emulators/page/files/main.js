/** The page: which view is shown, and keeping it fresh. */

import { askedBy } from "./address.js";
import { AirtableBook } from "./airtable_book.js";
import { Service, own } from "./api.js";
import { button, h, isAddress } from "./dom.js";
import { drawGuide } from "./guide.js";
import { MailboxView } from "./mailbox.js";
import { notice, told } from "./notice.js";
import { Pane } from "./pane.js";
import { SheetsBook } from "./sheets_book.js";

const POLL_MS = 500;
/** Formulas of the clock change without anybody's edit. */
const STALE_MS = 60000;
/** Reading takes at most a quarter of the time, however large the tables are. */
const SHARE = 3;
const WIDE_PX = 900;

let session = await own("session");
const panes = {
  airtable: new Pane(new AirtableBook(new Service("Airtable", session.airtable.token), session.airtable.base)),
  sheets: new Pane(new SheetsBook(new Service("Google", session.google.token), session.google.spreadsheet)),
};
const mailbox = new MailboxView();
const views = [["both", "两表对照"], ["airtable", "Airtable"], ["sheets", "Google 表格"], ["mail", "邮箱"]];
const main = document.getElementById("main");
const state = document.getElementById("state");
const guide = document.getElementById("guide");
let shown = "";
let table = "";
let mailCount = 0;
let guideLength = session.links.length + session.steps.length;

function drawViews() {
  const tabs = views.map(([key, text]) => button(key === "mail" && mailCount ? `${text} ${mailCount}` : text, () => show(key), {
    class: key === shown ? `here ${key}` : key, "aria-current": key === shown ? "page" : null,
  }));
  const links = session.links.filter(({ url }) => isAddress(url))
    .map(({ title, url }) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, `${title} ↗`));
  document.getElementById("views").replaceChildren(...tabs, ...links);
}

/** Shows a view. The address keeps which, and which table, so that it can be reloaded or passed on. */
function show(key) {
  shown = key;
  main.className = key;
  const elements = { both: [panes.airtable.element, panes.sheets.element], airtable: [panes.airtable.element], sheets: [panes.sheets.element], mail: [mailbox.element] };
  main.replaceChildren(...elements[key]);
  keepAddress();
  drawViews();
  Object.values(panes).forEach((pane) => pane.grid.refresh());
}

function keepAddress() {
  history.replaceState(null, "", `/#${[shown, table].filter(Boolean).map(encodeURIComponent).join("/")}`);
}

/** A table was opened: side by side, the other service shows the one of the same name. */
function follow(pane, name) {
  table = name;
  keepAddress();
  const other = Object.values(panes).find((one) => one !== pane);
  if (shown === "both") told(() => other.openNamed(name));
}

for (const pane of Object.values(panes)) pane.opened = (name) => follow(pane, name);

/** What keeps one view fresh: it reads only when its revision moved, and not all the time. */
function keeper(read) {
  let known, readAt = 0, restUntil = 0, busy = false;
  return async (revision) => {
    const now = performance.now();
    if (busy || now < restUntil || (revision === known && now - readAt < STALE_MS)) return;
    busy = true;
    try {
      await read();
      known = revision;
    } finally {
      busy = false;
      readAt = performance.now();
      restUntil = readAt + SHARE * (readAt - now);
    }
  };
}

const keepers = {
  airtable: keeper(() => panes.airtable.refresh(table)),
  google: keeper(() => panes.sheets.refresh(table)),
  mails: keeper(() => mailbox.refresh()),
};

async function look() {
  const revision = await own("revision");
  if (revision.mails !== mailCount) {
    mailCount = revision.mails;
    drawViews();
  }
  if (revision.guide !== guideLength) {
    guideLength = revision.guide;
    session = await own("session");
    drawViews();
    drawGuide(guide, session.steps);
  }
  const seen = { airtable: panes.airtable.element, google: panes.sheets.element, mails: mailbox.element };
  const due = Object.keys(keepers).filter((name) => seen[name].isConnected);
  await Promise.all(due.map((name) => keepers[name](revision[name])));
  state.textContent = "";
}

async function watch() {
  try {
    if (!document.hidden) await look();
  } catch (fault) {
    state.textContent = fault instanceof TypeError ? "连接断开，正在重试……" : `读取失败，正在重试：${fault.message}`;
  }
  setTimeout(watch, POLL_MS);
}

addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  notice(event.reason?.message ?? String(event.reason), "fault");
});

const asked = askedBy(location);
const [usual, known] = innerWidth >= WIDE_PX ? ["both", views] : ["airtable", views.slice(1)];
table = asked.table ?? "";
drawGuide(guide, session.steps);
show(known.some(([key]) => key === asked.view) ? asked.view : usual);
if (asked.file) await told(() => panes[asked.view].lead(asked));
await watch();
document.body.dataset.ready = "true";
