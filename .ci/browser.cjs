// Opens examples/hosts/async/js/page.html in Chromium: `node browser.cjs MODULES EXPECTED FIXTURE…`. A server of its own has the hosts and the modules.
"use strict";
const assert = require("node:assert/strict");
const { readFile } = require("node:fs/promises");
const http = require("node:http");
const path = require("node:path");
const puppeteer = require(path.resolve(process.env.NODE_PATH, "puppeteer-core"));

const [modules, expected, ...fixtures] = process.argv.slice(2);
const types = { ".html": "text/html", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

const server = http.createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const folder = pathname.startsWith("/hosts/") ? "examples" : modules;
  try {
    const body = await readFile(path.join(folder, path.normalize(pathname)));
    response.writeHead(200, { "content-type": types[path.extname(pathname)] ?? "application/octet-stream" });
    response.end(body);
  } catch {
    response.writeHead(404);
    response.end();
  }
});

async function output(browser, query) {
  const page = await browser.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  // Whatever suspends a module is not there.
  await page.evaluateOnNewDocument(() => {
    delete WebAssembly.Suspending;
    delete WebAssembly.promising;
  });
  await page.goto(`http://localhost:${server.address().port}/hosts/async/js/page.html?${query}`);
  await page.waitForSelector("#output[data-done]", { timeout: 20000 });
  assert.deepEqual(faults, [], query);
  assert.equal(await page.evaluate(() => "Suspending" in WebAssembly || "promising" in WebAssembly), false);
  const text = await page.$eval("#output", (element) => element.textContent);
  await page.close();
  return text;
}

(async () => {
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const browser = await puppeteer.launch({
    executablePath: process.env.BROWSER,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const lines = await readFile(expected, "utf8");
    assert.equal(await output(browser, "station=station"), lines);
    // Two components: the module keeps a set of its own.
    assert.equal(await output(browser, "station=watch"), lines.replace("left: 0\n", "left: 1\n"));
    for (const fixture of fixtures) assert.equal(await output(browser, `run=${fixture}`), `${fixture} ok\n`);
    console.log(`in a browser: station, watch, ${fixtures.join(", ")}`);
  } finally {
    await browser.close();
    server.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
