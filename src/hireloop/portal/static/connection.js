// How long a request takes to the server and back.

const TRIES = 5;
const ANSWERS_WITHIN = 3000;
const SLOW = 250; // milliseconds, from which on people in a conversation begin to interrupt each other

// The median of a few small requests in milliseconds, or null where none was answered.
export async function roundTrip() {
  const times = [];
  await once(); // the first one may have to open a connection
  for (let n = 0; n < TRIES; n += 1) {
    const time = await once();
    if (time === null) return null;
    times.push(time);
  }
  return Math.round(times.sort((one, other) => one - other)[(TRIES - 1) / 2]);
}

export function isSlow(milliseconds) {
  return milliseconds >= SLOW;
}

async function once() {
  const begin = performance.now();
  try {
    // This very file, without its body: the smallest thing that the server sends to everybody.
    await fetch(import.meta.url, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(ANSWERS_WITHIN) });
    return performance.now() - begin;
  } catch {
    return null;
  }
}
