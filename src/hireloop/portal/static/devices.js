// The device check, before the start and in the room: picture, level, tone, and what to do about each failure.

import { open, remedy } from "./media.js";
import { meter, tone } from "./sound.js";

const element = (id) => document.getElementById(id);
let stream = null;
let asked = 0; // an answer to an older press is dropped

export const found = { camera: null, microphone: null }; // null until asked, then "ok" or a failure's name

function show(id, finding, words) {
  element(id).dataset.finding = finding;
  element(id).querySelector("[role=status]").textContent = words;
}

function changed() {
  document.dispatchEvent(new Event("devices-changed"));
}

export async function turnOn() {
  const mine = (asked += 1);
  const button = element("check-devices");
  const hint = element("devices-hint");
  stream?.getTracks().forEach((track) => track.stop());
  button.setAttribute("aria-disabled", "true");
  hint.textContent = "Your browser may now ask for permission. Please allow the camera and the microphone.";
  hint.hidden = false;
  const answer = await open(() => {
    if (mine !== asked) return;
    for (const kind of ["camera", "microphone"]) show(kind, "failed", remedy("TimeoutError", kind));
    settle({ camera: "TimeoutError", microphone: "TimeoutError" });
  });
  if (mine !== asked) {
    answer.stream.getTracks().forEach((track) => track.stop());
    return;
  }
  stream = answer.stream;
  showPicture();
  showCamera(answer.camera);
  showMicrophone(answer.microphone);
  settle(answer);
}

// Lets go of both, as another window has taken over; an answer that is still to come is dropped.
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
  button.textContent = camera === "ok" && microphone === "ok" ? "Check again" : "Try again";
  button.classList.remove("main");
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

function showCamera(word) {
  if (word !== "ok") return show("camera", "failed", remedy(word, "camera"));
  const [track] = stream.getVideoTracks();
  track.addEventListener("ended", () => lost("camera", track));
  return show("camera", "ok", "Working. You should see yourself.");
}

function showMicrophone(word) {
  element("level").hidden = word !== "ok";
  if (word !== "ok") return show("microphone", "failed", remedy(word, "microphone"));
  const [track] = stream.getAudioTracks();
  track.addEventListener("ended", () => lost("microphone", track));
  show("microphone", "waiting", "On. Say something, and the bar should move.");
  const current = stream;
  return meter(stream, element("level"), () => {
    if (current === stream) show("microphone", "ok", "Working. Sound was detected.");
  }).catch(() => show("microphone", "ok", "On.")); // no level without Web Audio, and the microphone works all the same
}

// A device that goes away by itself ("ended" does not fire where we stop the track).
function lost(kind, track) {
  if (!stream.getTracks().includes(track)) return;
  found[kind] = "NotReadableError";
  show(kind, "failed", `The ${kind} was disconnected. Plug it in again, then press the button again.`);
  if (kind === "camera") [element("picture").hidden, element("no-picture").hidden] = [true, false];
  changed();
}

function tell(words) {
  const path = document.querySelector("main").dataset.path;
  const body = JSON.stringify(words);
  const headers = { "Content-Type": "application/json" };
  // For the recruiter's eyes only; the candidate goes on whether or not it arrives.
  fetch(`${path}devices/`, { method: "POST", headers, body, keepalive: true }).catch(() => {});
}

async function playTone() {
  try {
    await tone();
    show("speaker", "waiting", "You should have heard two soft notes. If not, turn up the volume, or choose another speaker or headphones in your system’s sound settings.");
  } catch {
    show("speaker", "failed", "This browser could not play a sound. Check the volume and the speaker in your system’s sound settings.");
  }
}

export function setUp() {
  element("check").hidden = false;
  const button = element("check-devices");
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") turnOn();
  });
  element("play-tone").addEventListener("click", playTone);
}
