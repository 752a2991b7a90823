// Asks the browser for camera and microphone, and names what failed with its remedy.

const AGAIN = "Then press the button again.";
const ELSEWHERE = "Open your invitation link in a current Firefox, Chrome, Edge or Safari, outside your mail program.";

const REMEDIES = {
  NotAllowedError: (it) =>
    `Access was not allowed. Click the icon next to the address, allow the ${it} for this page, and check that ` +
    `your system’s privacy settings let the browser use it. ${AGAIN}`,
  NotFoundError: (it) => `No ${it} was found. Connect one or switch it on. ${AGAIN}`,
  NotReadableError: (it) =>
    `The ${it} is connected but not responding. Another program may be using it. Close other meeting programs and tabs. ${AGAIN}`,
  OverconstrainedError: (it) => `This ${it} is not suitable. Choose another one in your browser’s settings. ${AGAIN}`,
  NotSupportedError: (it) => `This browser does not let web pages use a ${it}. ${ELSEWHERE}`,
  SecurityError: (it) =>
    `The browser does not allow the ${it} here, because this page’s address does not begin with https. ` +
    "Please tell the person who invited you.",
  TimeoutError: (it) =>
    `No answer yet about the ${it}. Your browser may be waiting for your permission: look for its question near the ` +
    "address. If there is none, reload this page.",
};

export function remedy(word, it) {
  const say = REMEDIES[word] ?? ((name) => `The ${name} could not be turned on (${word}). Unplug it and plug it in again, or restart the browser. ${AGAIN}`);
  return say(it);
}

const SETTLES_WITHIN = 15000;
const WANTED = { camera: { video: true }, microphone: { audio: true } };
// What may be told to the server; any other failure is told as UnknownError.
const WORDS = new Set([...Object.keys(REMEDIES), "AbortError", "InvalidStateError"]);

// Answers {stream, camera, microphone}: each word is "ok" or the name of the failure. `unsettled` is called
// when the browser has not answered in time; a later answer still counts.
export async function open(unsettled) {
  if (!navigator.mediaDevices?.getUserMedia) {
    const word = window.isSecureContext ? "NotSupportedError" : "SecurityError";
    return { stream: new MediaStream(), camera: word, microphone: word };
  }
  const timer = setTimeout(unsettled, SETTLES_WITHIN);
  try {
    return await openBoth();
  } finally {
    clearTimeout(timer);
  }
}

async function openBoth() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true }); // one question for both
    return { stream, camera: "ok", microphone: "ok" };
  } catch (error) {
    // Which of the two it was is found by asking for each; what is allowed is not asked about again.
    const stream = new MediaStream();
    const words = { camera: nameOf(error), microphone: nameOf(error) };
    for (const kind of Object.keys(WANTED)) {
      if (error.name === "NotAllowedError" && (await permission(kind)) !== "granted") continue;
      try {
        const one = await navigator.mediaDevices.getUserMedia(WANTED[kind]);
        one.getTracks().forEach((track) => stream.addTrack(track));
        words[kind] = "ok";
      } catch (its) {
        words[kind] = nameOf(its);
      }
    }
    return { stream, ...words };
  }
}

function nameOf(error) {
  return WORDS.has(error?.name) ? error.name : "UnknownError";
}

// "granted", "denied", "prompt", or "unknown" where the browser does not say.
export async function permission(kind) {
  try {
    return (await navigator.permissions.query({ name: kind })).state;
  } catch {
    return "unknown";
  }
}
