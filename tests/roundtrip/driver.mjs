// The round trip's driver in Node.js: every call through the method of its operation on a `Client`.
// `node driver.mjs CONFIG CALLS ANSWERS`; the program in crates/roundtrip starts it and says what stands in these files.
// The package is the one in the folder WECHATPAY_INSTALLED.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const installed = createRequire(path.resolve(process.env.WECHATPAY_INSTALLED ?? '.', 'index.js'));
const { Client, WechatPayError } = installed('wechatpay-sdk');

const LONG_INTEGER = /("(?:\\.|[^"\\])*")|(-?\d{16,})(?![\d.])/g;

/** JSON whose long integers become BigInts, and whose files get their bytes. Not by the package, which is on trial. */
function parse(text) {
  const marked = text.replace(LONG_INTEGER, (_, string, long) => string ?? `{"long integer":"${long}"}`);
  return JSON.parse(marked, (_, value) => {
    if (value?.['long integer']) {
      return BigInt(value['long integer']);
    }
    return value?.filename && value.content ? { ...value, content: Buffer.from(value.content, 'base64') } : value;
  });
}

/** And back. */
function stringify(value) {
  const text = JSON.stringify(value, (_, inner) =>
    typeof inner === 'bigint' ? { 'long integer': `${inner}` } : inner,
  );
  return text.replace(/\{"long integer":"(-?\d+)"\}/g, '$1');
}

function camel(segment) {
  return segment.replace(/_+(.)/g, (_, letter) => letter.toUpperCase());
}

async function answer(client, operation, params) {
  const steps = operation.split('.').map(camel);
  const method = steps.pop();
  try {
    const reply = await steps.reduce((namespace, step) => namespace[step], client)[method](params);
    return Buffer.isBuffer(reply)
      ? { id: operation, file: reply.toString('hex') }
      : { id: operation, reply: reply ?? null };
  } catch (error) {
    if (!(error instanceof WechatPayError)) {
      throw error;
    }
    return { id: operation, error: error.message };
  }
}

const [config, calls, answers] = process.argv.slice(2);
const client = new Client(JSON.parse(readFileSync(config, 'utf8')));
const lines = [];
for (const line of readFileSync(calls, 'utf8').split('\n').slice(0, -1)) {
  const [operation, params] = line.split('\t');
  lines.push(`${stringify(await answer(client, operation, parse(params)))}\n`);
}
writeFileSync(answers, lines.join(''));
