'use strict';
// The shared cases and vectors through the installed package, over real sockets: `node tests/node/run.js`.
//
// WECHATPAY_BIN       the wechatpay command
// WECHATPAY_INSTALLED the folder in which the packed package is installed
// WECHATPAY_RESULTS   optional: a folder for node.json

const fs = require('node:fs');
const path = require('node:path');
const { Sandbox } = require('../../bindings/node/test/support.js');
const { Runner, load } = require('./cases.js');
const { vectors } = require('./vectors.js');

const AT_LEAST = 60;

async function runAll(tests) {
  const outcomes = {};
  for (const { name, run } of tests) {
    if (name in outcomes) {
      throw new Error(`${name} comes twice`);
    }
    try {
      await run();
      outcomes[name] = 'passed';
    } catch (error) {
      outcomes[name] = 'failed';
      console.error(`FAILED ${name}\n${error.stack}\n`);
    }
  }
  return outcomes;
}

function count(outcomes, outcome) {
  return Object.values(outcomes).filter((one) => one === outcome).length;
}

async function main() {
  const sandbox = await Sandbox.start();
  try {
    const runner = new Runner(sandbox);
    const cases = await runAll(load().map((test) => ({ name: test.name, run: () => runner.run(test) })));
    const golden = await runAll(vectors(sandbox));
    if (process.env.WECHATPAY_RESULTS) {
      const file = path.join(process.env.WECHATPAY_RESULTS, 'node.json');
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, `${JSON.stringify({ language: 'node', cases, vectors: golden }, null, 2)}\n`);
    }
    const outcomes = [...Object.values(cases), ...Object.values(golden)];
    const failed = count(outcomes, 'failed');
    console.log(`${count(outcomes, 'passed')} passed, ${failed} failed`);
    const enough = Object.keys(cases).length >= AT_LEAST;
    if (!enough) {
      console.error(`fewer than ${AT_LEAST} cases`);
    }
    process.exitCode = failed === 0 && enough ? 0 : 1;
  } finally {
    await sandbox.stop();
  }
}

main();
