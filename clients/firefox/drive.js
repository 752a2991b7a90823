// Drives Firefox for a test: one JSON command a line on stdin, one JSON result a line on stdout.
//
//   {"do": "open", "url": …}                            a new tab (`tab` names it) at this address
//   {"do": "press", "selector": …}                      a click, waited for until the element is there
//   {"do": "key", "key": …}                             a key, as "Tab" or "Enter"
//   {"do": "ask", "script": …}                          the value of a JavaScript expression in the page
//   {"do": "until", "script": …}                        waits until the expression is true
//   {"do": "resize", "width": …, "height": …}           the size of the page in pixels
//   {"do": "offline", "is": …}                          takes the tab's connection away, or gives it back
//   {"do": "reload"}, {"do": "screenshot", "path": …}, {"do": "close"}, {"do": "complaints"}
//
// `complaints` are the errors and warnings of the tab so far. A command that fails is answered with `error`.

import { createInterface } from "node:readline";
import { launch } from "puppeteer-core";

const [, , executablePath, profile, preferences] = process.argv;
const PATIENCE = 30_000;

const browser = await launch({
  browser: "firefox",
  protocol: "webDriverBiDi",
  executablePath,
  userDataDir: profile,
  headless: true,
  extraPrefsFirefox: JSON.parse(preferences),
});
const tabs = new Map();
const complaints = new Map();

async function tab(name) {
  if (!tabs.has(name)) {
    const page = await browser.newPage();
    const said = [];
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (line) => ["error", "warn"].includes(line.type()) && said.push(line.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    tabs.set(name, page);
    complaints.set(name, said);
  }
  return tabs.get(name);
}

const COMMANDS = {
  open: async (page, { url }) => (await page.goto(url, { waitUntil: "load" })).status(),
  press: (page, { selector }) => page.locator(selector).click(),
  key: (page, { key }) => page.keyboard.press(key),
  ask: (page, { script }) => page.evaluate(script),
  until: async (page, { script }) => void (await page.waitForFunction(script)),
  resize: (page, size) => page.setViewport(size),
  offline: (page, { is }) => page.setOfflineMode(is),
  reload: async (page) => void (await page.reload()),
  screenshot: async (page, { path }) => void (await page.screenshot({ path, fullPage: true })),
  close: async (page, _, name) => {
    tabs.delete(name);
    await page.close();
  },
  complaints: async (_, __, name) => complaints.get(name),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: command, tab: name = "first", ...rest } = JSON.parse(line);
  let result;
  try {
    result = { value: (await COMMANDS[command](await tab(name), rest, name)) ?? null };
  } catch (error) {
    result = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
await browser.close();
