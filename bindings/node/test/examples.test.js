'use strict';
// The programs of examples/node, as their readers would run them.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const EXAMPLES = path.join(__dirname, '../../../examples/node');

function run(file, options) {
  return here.sandbox.run(fs.readFileSync(path.join(EXAMPLES, file), 'utf8'), { file, ...options });
}

test('quickstart.js', async () => {
  const done = await run('quickstart.js');
  assert.deepEqual([done.code, done.errors], [0, '']);
  assert.match(done.output, /^custom page of 1900000109: open\ninvoices of 1900000109: .+\n$/);
});

test('quickstart.js says what the platform refused, and which variables are missing', async () => {
  const body = { code: 'NO_AUTH', message: 'not yours' };
  await here.sandbox.fault('status', { status: 403, body });
  const refused = await run('quickstart.js');
  assert.deepEqual([refused.code, refused.output], [1, '']);
  assert.match(refused.errors, /^WeChat Pay refused: NO_AUTH: not yours \(Request-ID .+\)\n$/);
  const unset = await run('quickstart.js', { env: { WECHATPAY_MCHID: '' } });
  assert.equal(unset.code, 2);
  assert.match(unset.errors, /^ConfigError: .*mchid.*\nSet the WECHATPAY_\* variables first\.\n$/i);
});

test('many.mjs', async () => {
  const done = await run('many.mjs');
  assert.deepEqual([done.code, done.errors, done.output], [0, '', '200 open\n1 MCH_NOT_EXISTS\n']);
  assert.equal((await here.sandbox.journal()).length, 201);
});

test('the program of the README', async () => {
  const readme = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
  const [, program] = /```js\n([\s\S]*?)```/.exec(readme);
  const options = /new Client\(\{[\s\S]*?\}\)/;
  assert.match(program, options);
  const done = await here.sandbox.run(program.replace(options, `new Client(${JSON.stringify(here.sandbox.options)})`));
  assert.deepEqual([done.code, done.errors], [0, '']);
  assert.equal((await here.sandbox.journal()).length, 1);
});
