// The room: the time left, and the candidate's own picture.

import * as clock from "./clock.js";
import * as devices from "./devices.js";
import { permission } from "./media.js";
import { say } from "./phrases.js";
import * as scripted from "./scripted.js";

const page = document.querySelector("main");
const shown = document.getElementById("clock");
const announce = (words) => (document.getElementById("announcement").textContent = words);
const announceLeft = clock.announcer((left) => announce(say("{left} left.", { left })));

function tick() {
  const left = Date.parse(shown.dataset.until) - clock.now();
  if (left > 0) {
    shown.textContent = clock.digits(left);
    announceLeft(left);
  } else {
    document.getElementById("clock-label").textContent = say("Overtime");
    shown.textContent = clock.digits(-left);
  }
}

// Once after the press of Start in this tab, and later only where nothing needs to be asked.
async function resume() {
  let pressed = false;
  try {
    pressed = sessionStorage.getItem(page.dataset.path) === "on";
    sessionStorage.removeItem(page.dataset.path);
  } catch {
    // Without storage the button is there.
  }
  const allowed = (await permission("camera")) === "granted" && (await permission("microphone")) === "granted";
  if (pressed || allowed) await devices.turnOn();
}

clock.setFromPage();
scripted.show();
devices.setUp();
tick();
setInterval(tick, 500);
document.addEventListener("visibilitychange", tick);
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
resume();
