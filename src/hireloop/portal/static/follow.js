// Follows the session: one WebSocket, and a poll where that fails. What the server says arrives as the event "live";
// "connection" says whether it can be reached at all. Reading changes nothing there: only a press does.

import { client } from "./client.js";
import * as clock from "./clock.js";
import { phrase, say } from "./phrases.js";
import * as presses from "./presses.js";

const page = document.querySelector("main");
const { path } = page.dataset;

// In milliseconds. Pauses grow, and are not the same for everybody after a restart of the server.
const [FIRST_PAUSE, LONGEST_PAUSE, CROWDED_PAUSE] = [500, 15000, 60000];
const POLL = 30000;
const BEAT = 10000;
const ANSWERS_WITHIN = 10000;
const SPEAKS_WITHIN = 5000; // a socket says where the session stands as soon as it is open
const SILENT_AFTER = 45000; // and again every 20 s
const CROWDED = 4429;
const MOST_TRUST = 5;

const OFFLINE = {
  started: phrase("No connection. You are still in; we keep trying."),
  other: phrase("No connection. We keep trying, and this page will catch up by itself."),
};

const UNOPENED = phrase("This cannot be opened without a connection. Please try again once it is back.");

let socket = null;
let speaksBy = 0;
let heardAt = 0; // by the browser's clock, as all moments here
let pause = FIRST_PAUSE;
let connectAt = 0;
let pollAt = Infinity;
let trust = 0; // how many sockets may still fail before it is held that none opens here, and not that the server is gone
let beatAt = 0;
let active = "nobody";
let polling = false;
let leaving = false;

export let online = true;

export function start() {
  client.then((id) => {
    setInterval(() => look(id), 500);
    look(id);
    document.addEventListener("visibilitychange", () => document.hidden || hurry());
    window.addEventListener("online", hurry);
    window.addEventListener("offline", () => (pollAt = 0));
    window.addEventListener("pagehide", () => (leaving = true));
    document.addEventListener("click", keepHere);
  });
}

// Without a connection a link to another page, or to a file, would lead to the browser's own error page.
function keepHere(event) {
  const link = event.target.closest("a[href]");
  if (!link || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  if (online) return;
  event.preventDefault();
  document.getElementById("connection").textContent = say(UNOPENED);
}

// After a sleep, or once there is a network again.
function hurry() {
  pause = FIRST_PAUSE;
  if (!socket) connectAt = 0;
  else if (Math.abs(Date.now() - heardAt) > SPEAKS_WITHIN) pollAt = 0;
}

function look(id) {
  const now = Date.now();
  // A clock that was put right in the meantime must not stop anything either.
  if (socket && (Math.abs(now - heardAt) > SILENT_AFTER || (speaksBy && Math.abs(now - speaksBy) > SPEAKS_WITHIN))) {
    lose(id);
  }
  if (!socket && (now >= connectAt || connectAt - now > 1.5 * CROWDED_PAUSE)) connect(id);
  if (now >= pollAt || (pollAt !== Infinity && pollAt - now > 2 * POLL)) poll(id);
  if (!socket && active === "here" && (now >= beatAt || beatAt - now > BEAT)) beat(id);
}

function connect(id) {
  const address = new URL(`${path}live?client=${id}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  connectAt = Infinity;
  let mine;
  try {
    mine = new WebSocket(address);
  } catch {
    lose(id);
    return;
  }
  socket = mine;
  speaksBy = heardAt = Date.now();
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    [speaksBy, heardAt, pause, pollAt, trust] = [0, Date.now(), FIRST_PAUSE, Infinity, MOST_TRUST];
    mine.send(".");
    tell(JSON.parse(data));
  };
  mine.onclose = ({ code }) => mine === socket && lose(id, code);
}

function lose(id, code = 0) {
  const lost = socket;
  socket = null;
  lost?.close();
  if (code === CROWDED) pause = CROWDED_PAUSE;
  connectAt = Date.now() + pause * (0.5 + Math.random());
  pause = Math.max(pause, Math.min(pause * 2, LONGEST_PAUSE));
  if (trust > 0 || (pollAt === Infinity && !polling)) pollAt = 0; // else the poll that is due is soon enough
  if (online) trust -= 1;
}

async function poll(id) {
  if (polling) return;
  polling = true;
  pollAt = Infinity;
  try {
    const response = await fetch(`${path}state/?client=${id}`, { signal: AbortSignal.timeout(ANSWERS_WITHIN) });
    if (response.ok) tell(await response.json());
    else if (response.status < 429) renew(); // the link has ended, and the page will say so
    else setOnline(response.status === 429);
  } catch {
    setOnline(false);
    if (socket) lose(id);
  }
  polling = false;
  if (!socket || speaksBy) pollAt = Date.now() + (online ? POLL : LONGEST_PAUSE / 5) * (0.8 + 0.4 * Math.random());
}

// Says that this tab is still in the interview, where no socket does.
async function beat(id) {
  beatAt = Date.now() + BEAT;
  await fetch(`${path}beat/`, {
    method: "POST",
    body: new URLSearchParams({ client: id }),
    signal: AbortSignal.timeout(ANSWERS_WITHIN),
  }).catch(() => {});
}

function tell(state) {
  clock.set(state.now, Date.now());
  active = state.active;
  setOnline(true);
  document.dispatchEvent(new CustomEvent("live", { detail: state }));
}

// What the bar says about a link that cannot be opened stays there until there is a connection again. Then a socket is
// opened soon, and not only when the pause after the failed ones is over; but not by everybody at once. If that one
// fails, the server may be gone again, also where none has opened yet.
function setOnline(now) {
  const was = online;
  online = now;
  if (leaving) return;
  const bar = document.getElementById("connection");
  bar.hidden = online;
  if (was === online) return;
  if (online) {
    [pause, trust] = [FIRST_PAUSE, Math.max(trust, 1)];
    connectAt = Math.min(connectAt, Date.now() + 4 * FIRST_PAUSE * Math.random());
  } else {
    bar.textContent = say(OFFLINE[page.dataset.stage] ?? OFFLINE.other);
  }
  document.dispatchEvent(new Event("connection"));
}

// Shows the session's page as it is now, but not more often than once a second; not while a press is being sent, which
// leads there by itself, and not before the server has answered: else the browser's own error page would be there.
export async function renew() {
  if (leaving || presses.isSending()) return;
  leaving = true;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - performance.now())));
  try {
    const { status } = await fetch(path, { signal: AbortSignal.timeout(ANSWERS_WITHIN) });
    if (status === 429 || status >= 500) throw new Error(`${status}`);
  } catch {
    leaving = false;
    setOnline(false);
    return;
  }
  // By its address, as a page that came with a press would be sent again by a reload; what was confirmed has none.
  const hasAddress = /\/(move|cancel)\/$/.test(location.pathname);
  location.replace(hasAddress ? location.pathname + location.search : path);
}
