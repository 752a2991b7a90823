// What to do about a device that does not work, in the browser at hand. The name of the device is the heading above.

import { say } from "./phrases.js";

// Which of the ways to give a permission back is this browser's.
export function browser({ userAgent, maxTouchPoints } = navigator) {
  const says = (words) => words.test(userAgent);
  if (says(/iPhone|iPad|iPod/) || (says(/Macintosh/) && maxTouchPoints > 1)) {
    return says(/CriOS|FxiOS|EdgiOS|OPT\/|DuckDuckGo/) ? "ios-other" : "ios-safari";
  }
  if (says(/Android/)) return "android";
  if (says(/Firefox\//)) return "firefox";
  if (says(/Edg\//)) return "edge";
  if (says(/Chrome\//)) return "chrome";
  return says(/Safari\//) ? "safari" : "other";
}

const ALLOW = {
  chrome: () => say("Click the icon to the left of the address, allow access there, then try again."),
  edge: () => say("Click the lock to the left of the address, allow access under the permissions, then try again."),
  firefox: () => say("Click the crossed-out symbol to the left of the address, remove the block, then try again."),
  safari: () => say("Open the Safari menu, choose the settings for this website, allow access there, then try again."),
  android: () => say("Tap the icon to the left of the address, allow access under the permissions, then try again."),
  "ios-safari": () => say("Tap the icon in the address bar, open the website settings, allow access there, then try again."),
  "ios-other": () => say("Open the Settings app, find this browser in the list of apps, allow access there, then try again."),
  other: () => say("Allow access for this page in the settings of your browser, then try again."),
};

function notAllowed(cause) {
  if (cause === "dismissed") return say("Your browser’s question was closed without an answer. Try again, and allow access.");
  const blocked = say("Your device’s privacy settings may be blocking this browser. Allow access for it there, then try again.");
  if (cause === "system") return blocked;
  return [
    say("Access was not allowed."),
    ALLOW[browser()](),
    say("If that does not help, check whether your device’s privacy settings let this browser use it."),
  ].join(" ");
}

const REMEDIES = {
  NotAllowedError: (kind, cause) => notAllowed(cause),
  NotFoundError: (kind) =>
    kind === "camera"
      ? say("No camera was found. Connect one or switch it on, then try again.")
      : say("No microphone was found. Connect one or switch it on, then try again."),
  NotReadableError: () => say("It is connected, but another app may be using it. Close other meeting apps and tabs, then try again."),
  OverconstrainedError: () => say("It cannot be used for this interview. Choose another one, then try again."),
  NotSupportedError: () => say("This browser does not let web pages use it. Open your invitation link in a current Firefox, Chrome, Edge or Safari, outside your mail app."),
  SecurityError: () => say("Your browser does not allow access here, because the address of this page does not begin with https. Please tell the person who invited you."),
  TimeoutError: () => say("No answer yet. Your browser may be waiting for your permission: look for its question near the address. If there is none, reload this page."),
};

export function remedy(word, kind, cause = "") {
  const unknown = () => say("It could not be turned on ({name}). Unplug it and plug it in again, or restart your browser, then try again.", { name: word });
  return (REMEDIES[word] ?? unknown)(kind, cause);
}
