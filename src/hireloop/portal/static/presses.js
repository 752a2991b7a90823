// Sends what is pressed by fetch, so that nobody meets the browser's own error page. What cannot be sent now is kept by
// the open page, which says so, and sent again. What is refused, or fails too often, the form itself sends: the server's
// page then says why. So does that of a proxy which wants somebody to sign in first.

import { client } from "./client.js";
import { phrase, say } from "./phrases.js";

const ANSWERS_WITHIN = 20000; // milliseconds
const [AGAIN_AFTER, LONGEST_PAUSE] = [3000, 30000];
const MOST_FAILURES = 5; // of the server's
const KEPT = phrase("This could not be sent yet. Keep this page open: we keep trying.");
const page = document.querySelector("main");
const sending = new Set();

export function setUp() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    event.preventDefault();
    if (!sending.has(form.action)) send(form);
  });
}

// Whether a press is on its way: nothing on the page may be replaced before it has arrived.
export function isSending() {
  return sending.size > 0;
}

async function send(form) {
  sending.add(form.action);
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  const field = form.querySelector("[name=client]");
  if (field) field.value = await client;
  const body = new URLSearchParams(new FormData(form));
  let failures = 0;
  for (let pause = AGAIN_AFTER; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const response = await answer(form.action, body);
    if (response?.status === 204) return location.assign(page.dataset.path); // it is done
    if (response) failures += 1;
    if (response && (response.status < 500 || failures >= MOST_FAILURES)) return form.submit();
    const kept = document.getElementById("kept");
    kept.textContent = say(KEPT);
    kept.hidden = false;
    await connectionOr(pause);
  }
}

async function answer(action, body) {
  try {
    const headers = { Accept: "application/json" }; // and so no redirect for what is done
    const signal = AbortSignal.timeout(ANSWERS_WITHIN);
    return await fetch(action, { method: "POST", headers, body, redirect: "manual", signal });
  } catch {
    return null;
  }
}

function connectionOr(milliseconds) {
  return new Promise((resolve) => {
    document.addEventListener("connection", resolve, { once: true });
    setTimeout(resolve, milliseconds);
  });
}
