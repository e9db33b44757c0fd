'use strict';
// The event loop, the end of the process, workers and child processes.

const assert = require('node:assert/strict');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { after, before, beforeEach, test } = require('node:test');
const { SUB_MCHID, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const OPEN = { sub_mchid: SUB_MCHID, operation_type: 'OPEN' };
const PRELUDE = `
  const { Client, WechatPayError, AbortError } = require('wechatpay-sdk');
  const client = Client.fromEnv();
  const open = (options) => client.goldplan.merchants.changeCustomPageStatus(${JSON.stringify(OPEN)}, options);
`;

async function runs(program, options) {
  const done = await here.sandbox.run(PRELUDE + program, options);
  assert.equal(done.code, 0, done.output + done.errors);
  return done;
}

test('the event loop goes on under 32 calls at once', async () => {
  const client = here.sandbox.client();
  const call = () => client.goldplan.merchants.changeCustomPageStatus(OPEN);
  await call();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let left = 1000;
  const worker = async () => {
    while (left-- > 0) {
      await call();
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  delay.disable();
  assert.equal((await here.sandbox.journal()).length, 1001);
  const p99 = delay.percentile(99) / 1e6;
  assert.ok(delay.count > 50 && p99 < 20, `p99 ${p99} ms of ${delay.count}`);
});

test('each call gets its own result', async () => {
  const client = here.sandbox.client();
  const paths = [`/v3/new-tax-control-fapiao/merchant/${SUB_MCHID}/check-status`, '/v3/nowhere'];
  const calls = Array.from({ length: 40 }, (_, at) => client.request('GET', paths[at % 2]));
  (await Promise.allSettled(calls)).forEach(({ value, reason }, at) => {
    if (at % 2 === 0) {
      assert.equal(value.body.sub_mchid, SUB_MCHID);
    } else {
      assert.deepEqual([reason.constructor, reason.status], [sdk.ApiError, 404]);
    }
  });
});

test('the process ends by itself, soon', async () => {
  const { output, ms } = await runs('open().then(console.log);');
  assert.equal(output, `{ sub_mchid: '${SUB_MCHID}' }\n`);
  assert.ok(ms < 5000, `${ms} ms`);
});

test('a client that never calls keeps nothing alive', async () => {
  assert.ok((await runs('')).ms < 5000);
});

test('a call under way keeps the process alive until it ends', async () => {
  await here.sandbox.fault('delay', { ms: 1500 });
  const { output, ms } = await runs("open().then(() => console.log('landed'));");
  assert.equal(output, 'landed\n');
  assert.ok(ms > 1400, `${ms} ms`);
});

test('a call that was given up does not', async () => {
  await here.sandbox.fault('delay', { ms: 10_000 });
  const { output, ms } = await runs(`
    open({ signal: AbortSignal.timeout(300) }).catch((error) => console.log(error instanceof AbortError));
    setTimeout(() => {}, 500);
  `);
  assert.equal(output, 'true\n');
  assert.ok(ms < 5000, `${ms} ms`);
});

test('process.exit() with calls under way', async () => {
  await here.sandbox.fault('delay', { ms: 2000 }, 99);
  const { output, ms } = await runs(`
    for (let at = 0; at < 20; at += 1) open();
    setTimeout(() => { console.log('bye'); process.exit(0); }, 300);
  `);
  assert.equal(output, 'bye\n');
  assert.ok(ms < 2000, `${ms} ms`);
});

test('a signal during a call ends the process, or runs its handler at once', async () => {
  await here.sandbox.fault('delay', { ms: 10_000 }, 99);
  for (const [signal, handler] of [
    ['SIGINT', ''],
    ['SIGTERM', ''],
    ['SIGTERM', "process.on('SIGTERM', () => { console.log('handled'); process.exit(7); });"],
  ]) {
    const sent = `setTimeout(() => process.kill(process.pid, '${signal}'), 300);`;
    const done = await here.sandbox.run(`${PRELUDE} ${handler} open(); ${sent}`);
    const expected = handler ? [7, 'handled\n'] : [signal, ''];
    assert.deepEqual([done.code, done.output], expected, done.errors);
    assert.ok(done.ms < 5000, `${done.ms} ms`);
  }
});

test('an unhandled rejection shows the whole text', async () => {
  const done = await here.sandbox.run(`${PRELUDE} client.call('goldplan.nothing');`);
  assert.equal(done.code, 1);
  assert.match(done.errors, /InvalidRequestError: operation goldplan\.nothing is not an operation of this SDK/);
});

test('many workers, one after the other and at once', async () => {
  const { output } = await runs(`
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    async function many() {
      const replies = await Promise.all(Array.from({ length: 25 }, () => open()));
      return replies.filter((reply) => reply.sub_mchid === '${SUB_MCHID}').length;
    }
    const run = () => new Promise((resolve, reject) => {
      const worker = new Worker(__filename);
      let count;
      worker.on('message', (message) => (count = message));
      worker.on('error', reject);
      worker.on('exit', () => resolve(count));
    });
    async function main() {
      const counts = await Promise.all([many(), run(), run(), run(), run()]);
      for (let at = 0; at < 3; at += 1) counts.push(await run());
      console.log(counts.join(' '));
    }
    if (isMainThread) main(); else many().then((count) => parentPort.postMessage(count));
  `);
  assert.equal(output, '25 25 25 25 25 25 25 25\n');
});

test('workers that are terminated with calls under way', async () => {
  await here.sandbox.fault('delay', { ms: 700 }, 9999);
  const { output } = await runs(`
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    async function main() {
      for (let round = 0; round < 10; round += 1) {
        await Promise.all([0, 1, 2].map((at) => new Promise((resolve) => {
          const worker = new Worker(__filename);
          worker.on('message', () => setTimeout(() => worker.terminate(), at * 5));
          worker.on('exit', resolve);
        })));
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
      console.log(await open());
    }
    if (isMainThread) main();
    else { for (let at = 0; at < 10; at += 1) open().catch(() => {}); parentPort.postMessage('up'); }
  `);
  assert.equal(output, `{ sub_mchid: '${SUB_MCHID}' }\n`);
});

test('child_process.fork and cluster', async () => {
  const { output } = await runs(`
    const cluster = require('node:cluster');
    const { fork } = require('node:child_process');
    async function main() {
      await open();
      const ends = [cluster.fork(), cluster.fork()].map((worker) => worker.process);
      ends.push(fork(__filename, ['child']));
      const heard = await Promise.all(ends.map((child) => new Promise((resolve) => {
        let got;
        child.on('message', (message) => { if (message.sub_mchid) got = message.sub_mchid; });
        child.on('exit', (code) => resolve(code + ' ' + got));
      })));
      console.log(heard.join(', '));
      await open();
    }
    if (cluster.isPrimary && process.argv[2] !== 'child') main();
    else open().then((reply) => process.send(reply, () => process.disconnect()));
  `);
  assert.equal(output, Array(3).fill(`0 ${SUB_MCHID}`).join(', ') + '\n');
  assert.equal((await here.sandbox.journal()).length, 5);
});
