// Before the start: the countdown, the page that opens by itself, and the device check beside it.

import * as clock from "./clock.js";
import * as devices from "./devices.js";
import * as follow from "./follow.js";
import { phrase, say } from "./phrases.js";
import * as presses from "./presses.js";
import * as scripted from "./scripted.js";
import * as title from "./title.js";

const page = document.querySelector("main");
const announce = (words) => (document.getElementById("announcement").textContent = words);
const announceLeft = clock.announcer((left) => announce(say("Opens in {left}.", { left })));
const FAILED = {
  camera: phrase("Your camera did not work in the check. You can still start, but you may not be seen."),
  microphone: phrase("Your microphone did not work in the check. You can still start, but you may not be heard."),
  "camera,microphone": phrase(
    "Your camera and your microphone did not work in the check. You can still start, but you may not be seen or heard.",
  ),
};
const ANSWERS_WITHIN = 10000; // milliseconds
let looking = false;

function tick() {
  const countdown = document.getElementById("countdown");
  if (countdown) {
    const left = Date.parse(countdown.dataset.until) - clock.now();
    countdown.textContent = clock.digits(left);
    title.lead(left > 0 ? clock.digits(left) : "");
    announceLeft(left);
  }
  if (clock.now() > Date.parse(page.dataset.changesAt) + 200) look();
}

// Looks again at what the server says. Between early and open only the words change, so that a camera that is
// on stays on; everything else is a new page. What was pressed is sent first: its form must not be replaced.
async function look() {
  if (looking || presses.isSending()) return;
  looking = true;
  try {
    const headers = { Accept: "text/html" };
    const response = await fetch(page.dataset.path, { headers, signal: AbortSignal.timeout(ANSWERS_WITHIN) });
    if (response.status === 429 || response.status >= 500) throw new Error(`${response.status}`);
    const receivedAt = Date.now();
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const nextPage = next.querySelector("main");
    if (!response.ok || !["early", "open"].includes(nextPage?.dataset.stage) || presses.isSending()) {
      looking = false;
      return follow.renew();
    }
    clock.set(nextPage.dataset.now, receivedAt);
    const opened = page.dataset.stage !== nextPage.dataset.stage;
    Object.assign(page.dataset, nextPage.dataset);
    title.set(next.title);
    title.lead("");
    const startIsFirst = next.querySelector("#stage + #start") !== null;
    for (const id of ["stage", "start"]) document.getElementById(id).replaceWith(next.getElementById(id));
    // Once it can be pressed, Start comes before the device check, which stays where it is.
    if (startIsFirst) document.getElementById("stage").after(document.getElementById("start"));
    arrange();
    if (opened) announce(say("Your interview is open now. The Start interview button is on this page."));
    looking = false;
  } catch {
    // No connection just now, or a server that is starting: look again soon.
    setTimeout(() => (looking = false), 3000);
  }
}

function warn() {
  const warning = document.getElementById("start-warning");
  if (!warning) return;
  const failed = ["camera", "microphone"].filter((kind) => devices.found[kind] && devices.found[kind] !== "ok");
  warning.hidden = failed.length === 0;
  warning.textContent = failed.length ? say(FAILED[failed.join()]) : "";
}

// The press of Start is also the press that turns camera and microphone on, as the sentence above it says.
function remember() {
  try {
    sessionStorage.setItem(page.dataset.path, "on");
  } catch {
    // Without storage the room has its own button.
  }
}

function arrange() {
  scripted.show();
  clock.showLocalTime();
  warn();
  document.querySelector("#start form")?.addEventListener("submit", remember);
}

clock.setFromPage();
devices.setUp();
presses.setUp();
arrange();
tick();
setInterval(tick, 500);
document.addEventListener("devices-changed", warn);
document.addEventListener("visibilitychange", tick);
document.addEventListener("live", ({ detail }) => detail.version !== page.dataset.version && look());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
follow.start();
