// Reads a calendar with ical.js, `node calendar.mjs FILE`, and prints the parameters of its first event's people as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const event = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8"))).getFirstSubcomponent("vevent");
const read = {};
for (const name of ["organizer", "attendee"]) {
  const property = event.getFirstProperty(name);
  const [, parameters] = property ? property.toJSON() : [name, {}];
  read[name] = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key.toUpperCase(), value]));
}
console.log(JSON.stringify(read));
