// Runs the fused greeting as a core module: `node host.mjs FUSED NAME`.
// Node.js 22 or later: the greeting has two memories.
import { readFile } from "node:fs/promises";

const [file, name] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file));
const { memory, cabi_realloc, greet, cabi_post_greet } = instance.exports;

// `greet: func(name: string) -> string` by the canonical ABI: a string is an address and a length in memory.
const utf8 = new TextEncoder().encode(name);
const address = cabi_realloc(0, 0, 1, utf8.length);
new Uint8Array(memory.buffer).set(utf8, address);
const result = greet(address, utf8.length);
const [text, length] = new Uint32Array(memory.buffer, result, 2);
console.log(new TextDecoder().decode(new Uint8Array(memory.buffer, text, length)));
cabi_post_greet(result);
