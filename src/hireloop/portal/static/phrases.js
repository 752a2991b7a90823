// What scripts say, in the page's language. The page carries the phrases (_phrases.html); a phrase that it lacks is
// said in English, as it stands in the script.

const carried = document.getElementById("phrases");
const words = carried ? JSON.parse(carried.textContent) : {};
const { lang } = document.documentElement;

// English of no country: the page writes 1 December and 10:00, as the British do.
export const locale = lang === "en" ? "en-GB" : lang;

// Marks a phrase that is said later: every phrase stands in the scripts in `say("…")` or `phrase("…")`.
export const phrase = (text) => text;

export function say(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A length of time, such as `5 minutes`.
export function length(count, unit) {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
