// Runs Binaryen's `wasm-opt` as many times as asked, in one process: to start it takes longer than its work.
//
// node .ci/wasm-opt.cjs PATH-OF-WASM-OPT
//
// In: lines on stdin, each the arguments of one run as a JSON array. Out: for each a line on stdout, its exit code; what
// it says goes to stderr. What runs is the file that `npm install binaryen` brings, as it is, with these arguments and no
// others; only what it would take from its process is given to it.
'use strict';
const fs = require('fs');
const readline = require('readline');
const vm = require('vm');

const program = fs.realpathSync(process.argv[2]);
const source = fs.readFileSync(program, 'utf8').replace(/^#!.*/, '');
const main = vm.compileFunction(source, ['Module', 'require', '__filename', '__dirname'], { filename: program });

function run(args) {
  return new Promise((resolve) => {
    process.exitCode = 0;
    main(
      {
        arguments: args,
        thisProgram: program,
        // The program leaves its exit code where its process would find it.
        postRun: [() => resolve(process.exitCode)],
        onAbort: () => resolve(134),
      },
      require,
      program,
      require('path').dirname(program),
    );
  });
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${await run(JSON.parse(line))}\n`);
  }
  process.exitCode = 0;
})();
