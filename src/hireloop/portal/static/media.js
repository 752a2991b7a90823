// Asks the browser for camera and microphone, and names what failed.

import { within } from "./bounded.js";

const SETTLES_WITHIN = 15000;
const ANSWERS_WITHIN = 2000; // for what asks nobody
const KINDS = { camera: "video", microphone: "audio" };
const LISTED = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" };
const GONE = new Set(["NotFoundError", "OverconstrainedError"]); // what browsers say of a device that is not there
// What may be told to the server; any other failure is told as UnknownError.
const WORDS = new Set([
  "AbortError", "InvalidStateError", "NotAllowedError", "NotFoundError", "NotReadableError", "NotSupportedError",
  "OverconstrainedError", "SecurityError", "TimeoutError",
]);

// Answers {stream, camera, microphone, causes}: each word is "ok" or the name of the failure, and a cause says more of
// it where the browser does. `chosen` has the ids of the wanted devices; where one is not there, another is opened.
// `unsettled` is called when the browser has not answered in time; a later answer still counts.
export async function open(chosen, unsettled) {
  if (!navigator.mediaDevices?.getUserMedia) {
    const word = window.isSecureContext ? "NotSupportedError" : "SecurityError";
    return { stream: new MediaStream(), camera: word, microphone: word, causes: {} };
  }
  const timer = setTimeout(unsettled, SETTLES_WITHIN);
  try {
    return await openBoth(chosen);
  } finally {
    clearTimeout(timer);
  }
}

async function openBoth(chosen) {
  try {
    const stream = await ask({ ...wanted("camera", chosen), ...wanted("microphone", chosen) }); // one question for both
    return { stream, camera: "ok", microphone: "ok", causes: {} };
  } catch (error) {
    // Which of the two it was is found by asking for each; what is allowed is not asked about again.
    const stream = new MediaStream();
    const words = { camera: nameOf(error), microphone: nameOf(error) };
    const causes = { camera: causeOf(error), microphone: causeOf(error) };
    for (const kind of Object.keys(KINDS)) {
      if (error.name === "NotAllowedError" && (await permission(kind)) !== "granted") continue;
      try {
        const one = await openOne(kind, chosen);
        one.getTracks().forEach((track) => stream.addTrack(track));
        words[kind] = "ok";
      } catch (its) {
        [words[kind], causes[kind]] = [nameOf(its), causeOf(its)];
      }
    }
    return { stream, ...words, causes };
  }
}

async function openOne(kind, chosen) {
  try {
    return await ask(wanted(kind, chosen));
  } catch (error) {
    if (!chosen[kind] || !GONE.has(error.name)) throw error;
    return ask(wanted(kind, {}));
  }
}

function ask(constraints) {
  return navigator.mediaDevices.getUserMedia(constraints);
}

// Chromium takes a device that is only preferred (`ideal`) for no wish at all.
function wanted(kind, chosen) {
  return { [KINDS[kind]]: chosen[kind] ? { deviceId: { exact: chosen[kind] } } : true };
}

function nameOf(error) {
  return WORDS.has(error?.name) ? error.name : "UnknownError";
}

// Chromium alone tells apart who did not allow it.
function causeOf(error) {
  if (/by system/i.test(error?.message)) return "system";
  return /dismissed/i.test(error?.message) ? "dismissed" : "";
}

// "granted", "denied", "prompt", or "unknown" where the browser does not say.
export async function permission(kind) {
  try {
    return (await within(ANSWERS_WITHIN, navigator.permissions.query({ name: kind }))).state;
  } catch {
    return "unknown";
  }
}

// The devices of each kind as {id, label}. Only those with a name: before it is allowed, browsers give none.
export async function list() {
  const found = { camera: [], microphone: [], speaker: [] };
  try {
    for (const it of await within(ANSWERS_WITHIN, navigator.mediaDevices.enumerateDevices())) {
      if (it.deviceId && it.label) found[LISTED[it.kind]]?.push({ id: it.deviceId, label: it.label });
    }
  } catch {
    // No choice then: the browser's own devices are used.
  }
  return found;
}
