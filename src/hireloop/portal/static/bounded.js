// Some browsers leave a promise open for ever: Firefox without an audio output does so with `AudioContext.resume()`.

// The promise's own outcome, or a TimeoutError if there is none in time.
export function within(milliseconds, promise) {
  let timer = 0;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("No answer in time", "TimeoutError")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
