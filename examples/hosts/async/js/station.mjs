// Runs the fused `station.wat` as a core module: `node station.mjs MODULE INTERFACE`.
import { readFile } from "node:fs/promises";
import { station } from "./program.mjs";

const [module, interface_] = process.argv.slice(2);
await station(await readFile(module), JSON.parse(await readFile(interface_, "utf8")), console.log);
process.exit(0);
