// The id of this window, by which the server tells the candidate's windows apart. It survives a reload, and is nothing
// but a random number.

const KEY = "hireloop-window";
const ANSWERS_WITHIN = 150; // milliseconds
const nonce = random();

// A window that was duplicated has the id of the one that it was made from: so that one is asked first.
export const client = identify();

async function identify() {
  const kept = stored();
  const id = kept && !(await isTaken(kept)) ? kept : random();
  store(id);
  listen(id);
  return id;
}

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID() is only there on https
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function channel() {
  return typeof BroadcastChannel === "function" ? new BroadcastChannel(KEY) : null;
}

function isTaken(id) {
  const others = channel();
  if (!others) return false;
  return new Promise((resolve) => {
    const answer = (taken) => {
      others.close();
      resolve(taken);
    };
    others.onmessage = ({ data }) => data.to === nonce && answer(true);
    others.postMessage({ asked: id, from: nonce });
    setTimeout(() => answer(false), ANSWERS_WITHIN);
  });
}

function listen(id) {
  const others = channel();
  if (others) others.onmessage = ({ data }) => data.asked === id && others.postMessage({ to: data.from });
}

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(id) {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // Without storage each page is a window of its own.
  }
}
