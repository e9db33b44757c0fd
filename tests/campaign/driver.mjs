// The campaign's driver in Node.js: a line of JSON for each call on the standard input, and one back when it has ended.
// `node --expose-gc driver.mjs CONFIG`; the campaign (crates/campaign) starts it. The package is the one in the folder
// WECHATPAY_INSTALLED.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

const installed = createRequire(path.resolve(process.env.WECHATPAY_INSTALLED ?? '.', 'index.js'));
const { Client, WechatPayError } = installed('wechatpay-sdk');

const FIELDS = ['kind', 'code', 'status', 'retryability', 'may_have_taken_effect', 'verified', 'message', 'attempts'];

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function replyTo(client, { operation, params, method, path: target, body }, options) {
  if (operation) {
    return client.call(operation, params, options);
  }
  return (await client.request(method, target, { ...options, body })).body;
}

async function answerTo(client, { n, call, options }) {
  const started = performance.now();
  try {
    const reply = await replyTo(client, call, options);
    const elapsed = performance.now() - started;
    const wanted = call.params ?? call.body;
    const own = ['out_bill_no', 'sub_mchid'].every((name) => reply[name] === wanted[name]);
    return { n, elapsed_ms: elapsed, own };
  } catch (error) {
    const elapsed = performance.now() - started;
    if (!(error instanceof WechatPayError)) {
      throw error;
    }
    const fields = FIELDS.map((name) => [name, error[name] ?? undefined]);
    return { n, elapsed_ms: elapsed, error: Object.fromEntries(fields) };
  }
}

const client = new Client(JSON.parse(readFileSync(process.argv[2], 'utf8')));
createInterface({ input: process.stdin }).on('line', async (line) => {
  const order = JSON.parse(line);
  if (order.rest) {
    globalThis.gc();
    say({ rested: true });
  } else {
    say(await answerTo(client, order));
  }
});
