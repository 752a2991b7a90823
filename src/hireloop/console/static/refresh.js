// A page of the console asks for itself again while it is seen, and takes in what has changed. What its reader does
// stays as it is: the focus, what they have typed, what they have opened, and where they have scrolled to.

const main = document.getElementById("main");
const notice = document.getElementById("refresh");
const { seconds, changed, offline, gone, over, signIn } = notice.dataset;
const PATIENCE = 15000; // milliseconds for an answer
let tag = ""; // of what is shown, as the server named it
let askedAt = Date.now();
let timer = 0;
let isOver = false;

function tell(words, look) {
  const line = document.createElement("p");
  line.className = look;
  line.textContent = words;
  notice.replaceChildren(line);
  return line;
}

function end(words) {
  isOver = true;
  clearTimeout(timer);
  return tell(words, "told bad");
}

function isEdited(field) {
  if (field instanceof HTMLSelectElement) {
    const preset = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(preset, 0);
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
}

// A form that somebody is filling in: it is left alone, down to its hidden fields, which belong to what they saw.
function isInUse(form) {
  const focused = document.activeElement;
  const isIn = form.contains(focused) && focused.matches("input, select, textarea");
  return isIn || [...form.elements].some(isEdited);
}

function isHeld(node) {
  if (!(node instanceof Element)) return false;
  if (node.contains(document.activeElement)) return true;
  return [...(node.matches("form") ? [node] : node.querySelectorAll("form"))].some(isInUse);
}

// What an element is about, so that it is found again wherever it has moved to.
function keyOf(node) {
  if (!(node instanceof Element)) return null;
  if (node.id) return `#${node.id}`;
  return node.matches("li") ? node.querySelector("a[href]")?.getAttribute("href") ?? null : null;
}

function updateAttributes(shown, fresh) {
  for (const { name } of [...shown.attributes]) {
    const isOpened = name === "open" && shown instanceof HTMLDetailsElement;
    if (!fresh.hasAttribute(name) && !isOpened) shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
}

function update(shown, fresh) {
  if (shown.isEqualNode(fresh)) return;
  if (shown instanceof HTMLFormElement && isInUse(shown)) return;
  if (!(shown instanceof Element)) {
    shown.nodeValue = fresh.nodeValue;
    return;
  }
  updateAttributes(shown, fresh);
  updateChildren(shown, fresh);
}

function updateChildren(shown, fresh) {
  const free = new Set(shown.childNodes);
  const known = new Map([...free].filter(keyOf).map((node) => [keyOf(node), node]));
  let place = shown.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    const found = key ? known.get(key) : [...free].find((node) => node.nodeName === wanted.nodeName && !keyOf(node));
    if (!found || !free.has(found) || found.nodeName !== wanted.nodeName) {
      shown.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    free.delete(found);
    if (found.contains(document.activeElement)) {
      while (place !== found) { // whatever moves loses the focus, so the others move
        const passed = place;
        place = place.nextSibling;
        shown.append(passed);
      }
    }
    if (found === place) place = place.nextSibling;
    else shown.insertBefore(found, place);
    update(found, wanted);
  }
  for (const node of free) if (!isHeld(node)) node.remove();
}

function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const before = main.textContent;
  updateChildren(main, fresh.getElementById("main"));
  document.title = fresh.title;
  return main.textContent.replace(/\s+/g, " ") !== before.replace(/\s+/g, " ");
}

async function ask() {
  askedAt = Date.now();
  const headers = { "HireLoop-Refresh": "1", ...(tag && { "If-None-Match": tag }) };
  const options = { headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(location.href, options);
  if (answer.type === "opaqueredirect") {
    const link = document.createElement("a");
    [link.href, link.textContent] = [location.href, signIn];
    end(`${over} `).append(link);
  } else if (answer.status === 404) {
    end(gone);
  } else if (answer.status === 304) {
    notice.querySelector(".bad")?.remove();
  } else if (answer.ok) {
    const hasChanged = take(await answer.text());
    tag = answer.headers.get("ETag") ?? "";
    if (hasChanged) tell(changed, "unseen");
    else notice.querySelector(".bad")?.remove();
  } else {
    throw new Error(`status ${answer.status}`);
  }
}

async function refresh() {
  clearTimeout(timer);
  if (isOver || document.hidden) return;
  try {
    await ask();
  } catch { // no connection, or a server that cannot answer now
    if (!notice.querySelector(".bad")) tell(offline, "told bad");
  }
  if (!isOver) timer = setTimeout(refresh, seconds * 1000);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - askedAt > seconds * 1000) refresh();
});
timer = setTimeout(refresh, seconds * 1000);
