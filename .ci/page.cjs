// Opens each page in Chromium and tries what a reader does.
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const puppeteer = require(path.resolve(process.env.NODE_PATH, "puppeteer-core"));

// A page has to be there within this time, on a machine that does other things too.
const LIMIT = 1000;

async function open(browser, file) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1240, height: 900 });
  const faults = [];
  const requests = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => requests.push(request.url()));
  const url = pathToFileURL(path.resolve(file)).href;
  await page.goto(url, { waitUntil: "load" });
  const time = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventStart);
  assert.deepEqual(faults, [], file);
  assert.deepEqual(requests, [url], `${file} loads nothing else`);
  return { page, time, faults };
}

const visible = (page, rows) =>
  page.$$eval(rows, (found) => found.filter((row) => row.offsetParent !== null).map((row) => row.textContent));

async function search(page, text) {
  await page.$eval("#search", (input) => (input.value = ""));
  await page.type("#search", `${text} `);
}

// The page scrolls to the calls, and a click while it moves would miss.
async function settled(page) {
  let before;
  let now = await page.evaluate(() => scrollY);
  while (now !== before) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    [before, now] = [now, await page.evaluate(() => scrollY)];
  }
}

async function check(browser, file) {
  const { page, time, faults } = await open(browser, file);
  assert(time < LIMIT, `${file} took ${time.toFixed(0)} ms`);
  const calls = await visible(page, "#calls tbody tr");
  const functions = await visible(page, "#functions tbody tr");
  assert(functions.length > 0, "functions are listed");
  assert((await page.$$("svg.treemap rect")).length >= 3, "sizes are drawn");

  // What nobody calls so is nowhere.
  await search(page, "no-such-thing");
  assert.deepEqual(await visible(page, "tr[data-find]"), []);
  assert.deepEqual(await visible(page, "#functions tbody tr"), []);
  // A word of the first function finds it.
  const word = await page.evaluate(() => functions[0][0]);
  await search(page, word);
  assert((await visible(page, "#functions tbody tr")).some((row) => row.includes(word)), word);
  await search(page, "");
  assert.equal((await visible(page, "#calls tbody tr")).length, calls.length);

  // Each arrow shows the calls that it stands for, and all of them together are all that are no built-ins.
  const edges = await page.$$("svg.graph .edge");
  let sum = 0;
  for (const edge of edges) {
    await edge.evaluate((element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    const { caller, callee } = await edge.evaluate((element) => ({ ...element.dataset }));
    const shown = await visible(page, "#calls tbody tr");
    assert(shown.length > 0 && shown.every((row) => row.startsWith(caller + callee)), `${caller} to ${callee}: ${shown}`);
    sum += shown.length;
  }
  const builtins = await page.$$eval('#calls tr[data-lowering="builtin"]', (rows) => rows.length);
  assert.equal(sum, calls.length - builtins);
  if (edges.length > 0) {
    await settled(page);
    await page.click("#filter button");
  }
  assert.equal((await visible(page, "#calls tbody tr")).length, calls.length);
  assert.deepEqual(faults, []);
  console.log(`${path.basename(file)}: ${time.toFixed(0)} ms, ${calls.length} calls, ${edges.length} arrows`);
  if (process.env.PICTURES) {
    await page.evaluate(() => scrollTo(0, 0));
    const height = await page.evaluate(() => document.querySelector("#calls").getBoundingClientRect().top);
    await page.screenshot({
      path: path.join(process.env.PICTURES, `${path.basename(file, ".html")}.png`),
      clip: { x: 0, y: 0, width: 1240, height },
    });
  }
  await page.close();
}

(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"];
  const browser = await puppeteer.launch({ executablePath: process.env.BROWSER, headless: true, args });
  try {
    for (const file of process.argv.slice(2)) await check(browser, file);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
