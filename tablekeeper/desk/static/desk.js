// What the server cannot do for a page that it does not reach any more: take shown values away, and notice that a session is over.
"use strict";
const SHOWN_MS = 60_000;

function forget() {
  for (const shown of document.querySelectorAll(".shown")) shown.textContent = "";
}

new MutationObserver(() => {
  for (const shown of document.querySelectorAll(".shown:not([data-timed])")) {
    shown.dataset.timed = "yes";
    setTimeout(() => { shown.textContent = ""; }, SHOWN_MS);
  }
}).observe(document.documentElement, { childList: true, subtree: true });

addEventListener("pagehide", forget);

// A socket that stays away: the session ended, or the desk was restarted. Whoever has to sign in again is led there.
let awayFor = 0;
setInterval(async () => {
  awayFor = window.socket && !window.socket.connected ? awayFor + 1 : 0;
  if (awayFor < 3) return;
  forget();
  const answer = await fetch("/alive").catch(() => null);
  if (answer && answer.status === 403) location.assign("/sign-in?to=" + encodeURIComponent(location.pathname));
}, 2000);
