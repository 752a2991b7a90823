// Which camera, microphone and speaker the candidate has chosen, remembered by this browser alone.

const KEY = "hireloop-devices";

const remembered = read();

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // no storage, or somebody else's words in it
  }
}

// The {id, label} of the device of this kind, or null.
export function chosen(kind) {
  return remembered[kind] ?? null;
}

export function choose(kind, device) {
  remembered[kind] = device;
  try {
    localStorage.setItem(KEY, JSON.stringify(remembered));
  } catch {
    // Without storage it is chosen for this page.
  }
}

// Offers these devices in the list of this kind, with the one of this id selected.
export function offer(kind, devices, id) {
  const list = document.getElementById(`${kind}-choice`);
  const first = list.querySelector("[data-default]"); // the system's own, where that can be chosen
  const options = devices.map((it) => new Option(it.label, it.id));
  list.replaceChildren(...(first ? [first] : []), ...options);
  list.value = devices.some((it) => it.id === id) ? id : (first ? "" : list.value);
  list.closest("p").hidden = devices.length === 0;
}

export function onChoice(kind, act) {
  const list = document.getElementById(`${kind}-choice`);
  list.addEventListener("change", () => {
    const [option] = list.selectedOptions;
    choose(kind, option.value ? { id: option.value, label: option.label } : null);
    act();
  });
}
