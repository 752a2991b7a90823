// Sends what is pressed by fetch, so that nobody meets the browser's own error page. Without a connection the press is
// kept, which is said, and sent once there is one. Whatever goes wrong otherwise, the form itself is sent.

import { client } from "./client.js";
import { phrase, say } from "./phrases.js";

const ANSWERS_WITHIN = 20000; // milliseconds
const AGAIN_AFTER = 3000;
const KEPT = phrase("No connection. What you pressed is kept, and will be sent as soon as there is one.");
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

async function send(form) {
  sending.add(form.action);
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  const field = form.querySelector("[name=client]");
  if (field) field.value = await client;
  const body = new URLSearchParams(new FormData(form));
  for (;;) {
    const response = await answer(form.action, body);
    if (response?.type === "opaqueredirect") return location.assign(page.dataset.path); // it is done
    if (response && response.status < 500) return form.submit(); // it is refused, and the page that follows says why
    const kept = document.getElementById("kept");
    kept.textContent = say(KEPT);
    kept.hidden = false;
    await connectionOr(AGAIN_AFTER);
  }
}

async function answer(action, body) {
  try {
    return await fetch(action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(ANSWERS_WITHIN) });
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
