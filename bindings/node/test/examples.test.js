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

test('notifications.js takes what is signed, once, and says no to the rest', async () => {
  const order = { event_type: 'TRANSACTION.SUCCESS', resource: { out_trade_no: 'T-1', amount: { total: 100 } } };
  const answers = [];
  const visit = async (url) => {
    const deliver = async (more) => answers.push((await here.sandbox.notification({ ...order, url, ...more })).answer);
    await deliver({ envelope: { id: 'EV-1' } });
    await deliver({ envelope: { id: 'EV-1' } });
    await deliver({ headers: { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/aaaa' } });
    await deliver({ body: 'x'.repeat(2 ** 20 + 1) });
  };
  // On a host that only receives.
  const env = { PORT: '0', WECHATPAY_MCHID: '', WECHATPAY_MERCHANT_PRIVATE_KEY_PATH: '' };
  const done = await run('notifications.js', { env, visit });
  const refused = (message) => ({ status: 500, body: JSON.stringify({ code: 'FAIL', message }), taken: false });
  const taken = { status: 204, body: '', taken: true };
  assert.deepEqual(answers, [taken, taken, refused('probe'), refused('not taken')]);
  assert.match(done.output, /^http:.+\nTRANSACTION\.SUCCESS: T-1, 100\n$/);
  assert.match(done.errors, /^SignatureError: .+\nError: the body is too long\n$/);
});

test('purchase.js orders, is notified and sees that it is paid', async () => {
  const visit = async (line) => {
    const opened = await here.sandbox.admin('POST', '/cashier', { record: JSON.parse(line) });
    assert.deepEqual([opened.out_trade_no, opened.total], ['T-1', 100]);
    const { notification } = await here.sandbox.admin('POST', '/orders/pay', { out_trade_no: 'T-1' });
    assert.deepEqual(notification.answer, { status: 204, body: '', taken: true });
  };
  const done = await run('purchase.js', { visit, ends: true });
  assert.deepEqual([done.code, done.errors], [0, '']);
  assert.match(done.output, /^\{"appId":.+\}\nT-1: SUCCESS, 100\n$/);
  const again = await run('purchase.js');
  assert.equal(again.code, 1);
  assert.match(again.errors, /OUT_TRADE_NO_USED|ORDERPAID/);
});

test('many.mjs', async () => {
  const done = await run('many.mjs');
  assert.deepEqual([done.code, done.errors, done.output], [0, '', '200 open\n1 MCH_NOT_EXISTS\n']);
  assert.equal((await here.sandbox.journal()).length, 201);
});

const README = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
const PROGRAMS = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, program]) => program);
const [PROGRAM] = PROGRAMS;
const RECEIVER = PROGRAMS.find((program) => program.includes('createServer'));

test('the program of the README', async () => {
  const options = /new Client\(\{[\s\S]*?\}\)/;
  assert.match(PROGRAM, options);
  const done = await here.sandbox.run(PROGRAM.replace(options, `new Client(${JSON.stringify(here.sandbox.options)})`));
  assert.deepEqual([done.code, done.errors], [0, '']);
  assert.equal((await here.sandbox.journal()).length, 1);
});

test('the receiver of the README', async () => {
  const { public_key_id, platform_public_key_path } = here.sandbox.options;
  const program = RECEIVER.replace('PUB_KEY_ID_0119000001002025', public_key_id).replace(
    'pub_key.pem',
    platform_public_key_path,
  );
  const order = { event_type: 'TRANSACTION.SUCCESS', resource: { openid: 'oUpF8' }, envelope: { id: 'EV-1' } };
  const answers = [];
  const visit = async (port) => {
    const url = `http://127.0.0.1:${port}`;
    answers.push((await here.sandbox.notification({ ...order, url })).answer.status);
    answers.push((await here.sandbox.notification({ ...order, url, body: '{}' })).answer.status);
  };
  const done = await here.sandbox.run(program, { env: { PORT: '0' }, visit });
  assert.deepEqual(answers, [204, 500]);
  assert.match(done.output, /^\d+\nEV-1 TRANSACTION\.SUCCESS\n$/);
  assert.match(done.errors, /^SignatureError: .+\n$/);
});
