// Runs fused fixtures: `node fixtures.mjs FOLDER`, in which each `NAME.wasm` has its interface description beside it, `NAME.json`. Prints `NAME ok`, or
// what went wrong, which includes that a task waits for ever.
import { readdir, readFile } from "node:fs/promises";
import { instantiate } from "./js/async.mjs";

const [folder] = process.argv.slice(2);
let running;
process.on("beforeExit", () => {
  console.log(`${running} waits for ever`);
  process.exit(1);
});
for (const file of (await readdir(folder)).filter((file) => file.endsWith(".wasm")).sort()) {
  running = file.slice(0, -5);
  const description = JSON.parse(await readFile(`${folder}/${running}.json`, "utf8"));
  try {
    const exports = await instantiate(await readFile(`${folder}/${file}`), description, {});
    await exports.run();
    console.log(`${running} ok`);
  } catch (error) {
    console.log(`${running} ${error}`);
  }
}
process.exit(0);
