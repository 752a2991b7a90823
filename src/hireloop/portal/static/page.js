// A page that only says something, or asks for a reason or another time: it is renewed once it is not true any more,
// but not while somebody has begun to fill it in.

import * as clock from "./clock.js";
import * as follow from "./follow.js";
import * as presses from "./presses.js";

const page = document.querySelector("main");

function isBegun() {
  return [...document.querySelectorAll("textarea, input[type=radio]")].some(
    (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
  );
}

clock.setFromPage();
clock.showLocalTime();
presses.setUp();
document.addEventListener("live", ({ detail }) => {
  if (detail.version === page.dataset.version) return;
  const changed = document.getElementById("changed");
  if (changed && isBegun()) changed.hidden = false;
  else follow.renew();
});
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
follow.start();
