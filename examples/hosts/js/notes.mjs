// Runs the fused `notes.wat` as a core module: `node notes.mjs MODULE INTERFACE`.
// The module has two memories: Node.js 22 or later, or the flag `--experimental-wasm-multi-memory`.
import { readFile } from "node:fs/promises";
import { instantiate } from "./abi.mjs";

const [module, description] = process.argv.slice(2);
const heard = [];
const exports = await instantiate(await readFile(module), JSON.parse(await readFile(description, "utf8")), {
  "demo:hosts/notes@1.0.0": {
    note(text) {
      heard.push(text);
      return `${text}! (${heard.length})`;
    },
  },
});
const left = exports["demo:hosts/left@1.0.0"];
const right = exports["demo:hosts/right@1.0.0"];
console.log(left.join(["Grüße", " ", "👋"]));
console.log(right.join(["one", ", ", "two"]));
console.log(left.join([]));
console.log(`heard ${JSON.stringify(heard)}`);
console.log(`freed ${left.freed()} ${right.freed()}`);
