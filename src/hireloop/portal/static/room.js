// The room: the time left, and the candidate's own picture.

import * as clock from "./clock.js";
import * as devices from "./devices.js";
import { permission } from "./media.js";
import { say } from "./phrases.js";
import * as scripted from "./scripted.js";
import * as title from "./title.js";

const page = document.querySelector("main");
const shown = document.getElementById("clock");
const announce = (words) => (document.getElementById("announcement").textContent = words);
const announceLeft = clock.announcer((left) => announce(say("{left} left.", { left })));

function tick() {
  const left = Date.parse(shown.dataset.until) - clock.now();
  if (left > 0) {
    shown.textContent = clock.digits(left);
    title.lead(clock.digits(left));
    announceLeft(left);
  } else {
    title.lead("");
    document.getElementById("clock-label").textContent = say("Overtime");
    shown.textContent = clock.digits(-left);
  }
}

const kept = {
  read: () => sessionStorage.getItem(page.dataset.path),
  write: (state) => sessionStorage.setItem(page.dataset.path, state),
};

// Once after the press of Start in this tab, and later only where nothing needs to be asked: else by a large button.
async function resume() {
  let state = null;
  try {
    state = kept.read();
    kept.write("off");
    document.addEventListener("devices-changed", () => kept.write(devices.isOn() ? "was on" : "off"));
  } catch {
    // Without storage the button is there.
  }
  if (state === "was on") devices.offerAgain();
  const allowed = (await permission("camera")) === "granted" && (await permission("microphone")) === "granted";
  if (state === "on" || allowed) await devices.turnOn();
}

clock.setFromPage();
scripted.show();
devices.setUp();
tick();
setInterval(tick, 500);
document.addEventListener("visibilitychange", tick);
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
resume();
