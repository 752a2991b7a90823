// The id of this tab, by which the server tells the candidate's tabs apart. It survives a reload, and is nothing
// but a random number.

const KEY = "hireloop-tab";
const ANSWERS_WITHIN = 150; // milliseconds
const nonce = random();

// A tab that was duplicated has the id of the one that it was made from: so that one is asked first.
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
  try {
    return new BroadcastChannel(KEY);
  } catch {
    return null; // too old, or kept from us like storage
  }
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

// Where storage is not allowed, the name of the tab (`window.name`) holds the id: it stays from page to page, too.
function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return window.name.match(/^hireloop-tab:([0-9a-f]{32})$/)?.[1] ?? null;
  }
}

function store(id) {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    window.name = `${KEY}:${id}`;
  }
}
