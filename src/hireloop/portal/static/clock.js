// The server's clock in the browser, and the words of a countdown. The candidate's own clock may be wrong, so only
// its steps are used: it is set by the time that came with the page.

import { length, locale } from "./phrases.js";

let ahead = 0; // what to add to the browser's clock to get the server's, in milliseconds

export function set(serverTime, receivedAt) {
  ahead = Date.parse(serverTime) - receivedAt;
}

export function setFromPage() {
  const [navigation] = performance.getEntriesByType("navigation");
  const receivedAt = performance.timeOrigin + (navigation ? navigation.responseStart : 0);
  set(document.querySelector("main").dataset.now, receivedAt);
}

export function now() {
  return Date.now() + ahead;
}

export function digits(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600) % 24;
  const days = Math.floor(seconds / 86400);
  if (days) return `${length(days, "day")} ${two(hours)}:${clock}`;
  return hours ? `${hours}:${clock}` : clock;
}

// What a screen reader hears, and when: not each second.
const ANNOUNCED_MINUTES = [60, 30, 10, 5, 1];

export function announcer(announce) {
  let before = Infinity;
  return (milliseconds) => {
    const minutes = milliseconds / 60000;
    const passed = ANNOUNCED_MINUTES.findLast((mark) => before > mark && minutes <= mark && minutes > mark - 1);
    if (before !== Infinity && passed) announce(length(passed, "minute"));
    before = minutes;
  };
}

// The same moments on the clocks of where the device is, shown where these differ from the page's.
export function showLocalTime() {
  const line = document.querySelector(".when-local");
  if (!line) return;
  const { startsAt, endsAt, offsetMinutes } = line.dataset;
  const [start, end] = [new Date(startsAt), new Date(endsAt)];
  if (-start.getTimezoneOffset() === Number(offsetMinutes)) return;
  const words = new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  line.querySelector("strong").textContent = `${words.formatRange(start, end)}${zone ? ` (${zone})` : ""}`;
  line.hidden = false;
}
