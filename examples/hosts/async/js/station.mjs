// Runs the fused `station.wat` as a core module: `node station.mjs MODULE INTERFACE`.
import { readFile } from "node:fs/promises";
import { Tasks, instantiate } from "./async.mjs";

const [module, interface_] = process.argv.slice(2);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const chunks = [[[1, 2, 3], [4, 5]], [[10, 20], [30]], [[1]]];
const sums = [];
const listening = [];
async function* readings(chunks) {
  for (const chunk of chunks) {
    await sleep(5);
    yield Uint8Array.from(chunk);
  }
}
const description = JSON.parse(await readFile(interface_, "utf8"));
const tasks = new Tasks(description, {
  "demo:station/host@1.0.0": {
    sleep,
    readings: () => readings(chunks.shift()),
    report(stream) {
      const heard = [];
      sums.push(heard);
      const listen = async () => { for await (const some of stream) heard.push(...some); };
      listening.push(listen());
    },
  },
});
const { run } = await instantiate(await readFile(module), description, tasks);
const results = await Promise.all([run(2), run(3)]);
await Promise.all(listening);
results.forEach((result, i) => console.log(`run ${i + 1}: ${result}, sums ${sums[i].join(" ")}`));
const third = run(60000);
third.cancel();
console.log(`run 3: ${await third.catch((error) => error.message)}`);
await sleep(20);
console.log(`left: ${tasks.handles.filter((entry) => entry).length}`);
process.exit(0);
