// What the fused `station.wat` does under a host, line by line. It needs nothing but JavaScript, so Node.js and browsers run it.
import { Tasks, instantiate } from "./async.mjs";

/** `print` gets each line. `bytes` are the module, and `description` is its interface description. */
export async function station(bytes, description, print) {
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
  const { run } = await instantiate(bytes, description, tasks);
  const results = await Promise.all([run(2), run(3)]);
  await Promise.all(listening);
  results.forEach((result, i) => print(`run ${i + 1}: ${result}, sums ${sums[i].join(" ")}`));
  const third = run(60000);
  third.cancel();
  print(`run 3: ${await third.catch((error) => error.message)}`);
  await sleep(20);
  print(`left: ${tasks.handles.filter((entry) => entry).length}`);
}
