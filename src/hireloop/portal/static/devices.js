// The device check, before the start and in the room: picture, level, tone, connection, and what to do about each failure.

import { chosen, offer, onChoice } from "./choice.js";
import { isSlow, roundTrip } from "./connection.js";
import { list, open, permission } from "./media.js";
import { say } from "./phrases.js";
import { remedy } from "./remedies.js";
import { canChooseSpeaker, meter, tone } from "./sound.js";

const element = (id) => document.getElementById(id);
let stream = null;
let asked = 0; // an answer to an older press is dropped
let measured = 0;

// Each is null until known; then "ok", or for camera and microphone the name of the failure.
export const found = { camera: null, microphone: null, heard: null, speaker: null, connection: null };

function show(id, finding, words) {
  element(id).dataset.finding = finding;
  element(id).querySelector("[role=status]").textContent = words;
}

function sentences(...all) {
  return all.filter(Boolean).join(" ");
}

function changed() {
  showReadiness();
  document.dispatchEvent(new Event("devices-changed"));
}

export async function turnOn() {
  const mine = (asked += 1);
  const button = element("check-devices");
  const hint = element("devices-hint");
  stream?.getTracks().forEach((track) => track.stop());
  button.setAttribute("aria-disabled", "true");
  hint.textContent = say("Your browser may now ask for permission. Please allow the camera and the microphone.");
  hint.hidden = false;
  measure();
  const wanted = { camera: chosen("camera")?.id, microphone: chosen("microphone")?.id };
  const answer = await open(wanted, () => {
    if (mine !== asked) return;
    for (const kind of ["camera", "microphone"]) show(kind, "failed", remedy("TimeoutError", kind));
    settle({ camera: "TimeoutError", microphone: "TimeoutError" });
  });
  if (mine !== asked) {
    answer.stream.getTracks().forEach((track) => track.stop());
    return;
  }
  stream = answer.stream;
  found.heard = null;
  showPicture();
  showCamera(answer);
  showMicrophone(answer);
  settle(answer);
  await follow();
}

// Lets go of both, as another tab has taken over; an answer that is still to come is dropped.
export function turnOff() {
  asked += 1;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  const video = element("picture");
  [video.srcObject, video.hidden] = [null, true];
  element("no-picture").hidden = false;
  element("devices-hint").hidden = true;
  element("check-devices").removeAttribute("aria-disabled");
}

function settle({ camera, microphone }) {
  const button = element("check-devices");
  button.removeAttribute("aria-disabled");
  element("devices-hint").hidden = true;
  Object.assign(found, { camera, microphone });
  const on = camera === "ok" && microphone === "ok";
  button.textContent = on ? say("Check again") : say("Try again");
  button.classList.remove("main");
  element("check").dataset.on = isOn() ? "yes" : "no";
  tell({ camera, microphone });
  changed();
}

function showPicture() {
  const video = element("picture");
  const seen = stream.getVideoTracks().length > 0;
  video.srcObject = seen ? stream : null;
  video.hidden = !seen;
  element("no-picture").hidden = seen;
  if (seen) video.play().catch(() => {}); // a browser that will not play by itself shows the first picture
}

function showCamera({ camera, causes }) {
  if (camera !== "ok") return show("camera", "failed", remedy(camera, "camera", causes.camera));
  const [track] = stream.getVideoTracks();
  track.addEventListener("ended", () => lost("camera", track));
  return show("camera", "ok", sentences(say("Your camera works. You should see yourself."), instead("camera", track)));
}

function showMicrophone({ microphone, causes }) {
  element("level").hidden = microphone !== "ok";
  if (microphone !== "ok") return show("microphone", "failed", remedy(microphone, "microphone", causes.microphone));
  const [track] = stream.getAudioTracks();
  const other = instead("microphone", track);
  const heard = (word, words) => {
    if (current !== stream) return;
    found.heard = word;
    show("microphone", "ok", sentences(words, other));
    changed();
  };
  const current = stream;
  track.addEventListener("ended", () => lost("microphone", track));
  show("microphone", "waiting", sentences(say("It is on. Say something, and the bar should move."), other));
  return meter(stream, element("level"), () => heard("ok", say("Your microphone works.")))
    // No level without Web Audio, or without a sound card; the microphone works all the same.
    .catch(() => {
      if (current === stream) element("level").hidden = true;
      heard("unknown", say("It is on. This browser cannot show its level."));
    });
}

// Says that another device than the remembered one is in use.
function instead(kind, track) {
  const wanted = chosen(kind);
  const { deviceId } = track.getSettings();
  if (!wanted || !deviceId || deviceId === wanted.id) return "";
  return say("“{name}” was not found, so this one is in use.", { name: wanted.label });
}

// A device that goes away by itself ("ended" does not fire where we stop the track).
function lost(kind, track) {
  if (!stream?.getTracks().includes(track)) return;
  found[kind] = "NotReadableError";
  show(kind, "failed", say("It was disconnected. Plug it in again, then try again."));
  if (kind === "camera") [element("picture").hidden, element("no-picture").hidden] = [true, false];
  element("check-devices").textContent = say("Try again");
  changed();
}

// Offers what is there now, and turns on again what has come back, where nothing needs to be asked.
async function follow() {
  const devices = await list();
  for (const [kind, tracks] of [["camera", "getVideoTracks"], ["microphone", "getAudioTracks"]]) {
    offer(kind, devices[kind], stream?.[tracks]()[0]?.getSettings().deviceId ?? chosen(kind)?.id);
  }
  offer("speaker", canChooseSpeaker() ? devices.speaker : [], chosen("speaker")?.id);
  return devices;
}

async function devicesChanged() {
  if (!found.camera || element("devices").hidden) return; // not asked yet, or not to be used here
  const devices = await follow();
  for (const kind of ["camera", "microphone"]) {
    const isBack = ["NotFoundError", "NotReadableError"].includes(found[kind]) && devices[kind].length > 0;
    if (isBack && (await permission(kind)) === "granted") return turnOn();
  }
}

function tell(words) {
  const path = document.querySelector("main").dataset.path;
  const body = JSON.stringify(words);
  const headers = { "Content-Type": "application/json" };
  // For the recruiter's eyes only; the candidate goes on whether or not it arrives.
  fetch(`${path}devices/`, { method: "POST", headers, body, keepalive: true }).catch(() => {});
}

async function measure() {
  const mine = (measured += 1);
  show("round-trip", "waiting", say("Measuring…"));
  const time = await roundTrip();
  if (mine !== measured) return;
  if (time === null) {
    found.connection = "none";
    show("round-trip", "failed", say("No connection. Check your network, then try again."));
  } else if (isSlow(time)) {
    found.connection = "slow";
    show("round-trip", "ok", say("Slow ({time} ms). If you can, move closer to your router, or use a cable.", { time }));
  } else {
    found.connection = "ok";
    show("round-trip", "ok", say("Good ({time} ms)", { time }));
  }
  changed();
}

async function playTone() {
  const wanted = chosen("speaker");
  try {
    const isChosen = await tone(wanted?.id);
    found.speaker = "ok";
    show("speaker", "waiting", sentences(
      say("You should have heard two soft notes. If not, turn up the volume, or choose another speaker or headphones."),
      // Before the browser has been allowed anything, it may only keep the chosen one from us.
      wanted && !isChosen && found.camera && say("“{name}” was not found, so the default speaker is in use.", { name: wanted.label }),
    ));
  } catch {
    found.speaker = "failed";
    show("speaker", "failed", say("The sound could not be played. Check the volume, and the speaker in the sound settings of your device."));
  }
  changed();
}

function readiness() {
  const { camera, microphone, heard, speaker, connection } = found;
  if (camera === null || connection === null) return ["", ""];
  const [sees, hears] = [camera === "ok", microphone === "ok"];
  if (connection === "none") return ["failed", say("Not ready yet: there is no connection.")];
  if (!sees && !hears) return ["failed", say("Not ready yet: your camera and your microphone do not work.")];
  if (!sees) return ["failed", say("Almost ready: your camera does not work yet.")];
  if (!hears) return ["failed", say("Almost ready: your microphone does not work yet.")];
  if (heard === null) return ["waiting", say("Almost ready: say something to try your microphone.")];
  if (speaker === "failed") return ["failed", say("Almost ready: the sound could not be played.")];
  return ["ok", say("You are ready.")];
}

function showReadiness() {
  const line = element("readiness"); // only before the start
  if (!line) return;
  const [finding, words] = readiness();
  if (line.textContent === words) return;
  line.dataset.finding = finding;
  line.textContent = words;
  line.hidden = !words;
}

export function isOn() {
  return stream?.getTracks().some((track) => track.readyState === "live") ?? false;
}

// After a reload: the browser has turned everything off, and may have to ask again.
export function offerAgain() {
  element("check-devices").textContent = say("Turn on again");
  element("no-picture").textContent = say("Your camera and microphone were turned off when this page was reloaded.");
}

// A press before it is known whether the devices may be used here waits for that.
export function setUp(mayBeUsed = async () => true) {
  element("check").hidden = false;
  const button = element("check-devices");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    if (await mayBeUsed()) turnOn();
    else button.removeAttribute("aria-disabled");
  });
  element("play-tone").addEventListener("click", playTone);
  for (const kind of ["camera", "microphone"]) onChoice(kind, turnOn);
  onChoice("speaker", playTone);
  navigator.mediaDevices?.addEventListener?.("devicechange", devicesChanged);
  for (const event of ["online", "offline"]) {
    window.addEventListener(event, () => found.connection && measure());
  }
}
