// The room: the time left, and the candidate's own picture.

import * as clock from "./clock.js";
import * as devices from "./devices.js";
import * as follow from "./follow.js";
import { permission } from "./media.js";
import { phrase, say } from "./phrases.js";
import * as presses from "./presses.js";
import * as scripted from "./scripted.js";
import * as title from "./title.js";

const page = document.querySelector("main");
const shown = document.getElementById("clock");
const announce = (words) => (document.getElementById("announcement").textContent = words);
const announceLeft = clock.announcer((left) => announce(say("{left} left.", { left })));
let active = ""; // which of the candidate's tabs is in the interview, once the server has said so
let resumed = false;
let known = null; // calls what waits for the server's first word
const word = new Promise((resolve) => (known = resolve));

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

// Once after the press of Start or Take over in this tab, and later only where nothing needs to be asked: else by a
// large button. It comes after the server has said that this tab is the one that is in the interview.
async function resume() {
  resumed = true;
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
  if ((state === "on" || allowed) && isHere()) await devices.turnOn();
}

const isHere = () => active === "here";

const ELSEWHERE = {
  lost: phrase("The interview is open in another tab or on another device now. Your camera and microphone are off here."),
  elsewhere: phrase("The interview is open in another tab or on another device. If you take over, your camera and microphone are turned off there."),
  nobody: phrase("You are in the interview. Press the button to go on in this tab."),
};

// One tab at a time has the camera and the microphone.
function update({ version, active: now }) {
  if (version !== page.dataset.version) return follow.renew();
  const lost = isHere() && now !== "here";
  if (now !== active || lost) {
    active = now;
    const panel = document.getElementById("elsewhere");
    if (!isHere()) devices.turnOff();
    panel.hidden = isHere();
    document.getElementById("devices").hidden = !isHere();
    if (!isHere()) {
      const words = ELSEWHERE[lost ? "lost" : now];
      panel.querySelector("[role=status]").textContent = say(words);
      panel.querySelector("button").textContent = now === "nobody" ? say("Go on here") : say("Take over");
    }
  }
  known();
  // Not while Take over is being sent, which leads to the page once more: that one turns them on.
  if (isHere() && !resumed && !presses.isSending()) resume();
}

function remember() {
  try {
    kept.write("on");
  } catch {
    // Without storage there is a button.
  }
}

clock.setFromPage();
scripted.show();
devices.setUp(() => word.then(isHere));
tick();
setInterval(tick, 500);
document.addEventListener("visibilitychange", tick);
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
document.querySelector("#elsewhere form").addEventListener("submit", remember);
document.addEventListener("live", ({ detail }) => update(detail));
presses.setUp();
follow.start();
