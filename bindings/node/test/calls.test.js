'use strict';
// Calls, clients, numbers and files, over real sockets.

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { inspect } = require('node:util');
const { SUB_MCHID, caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const CUSTOM_PAGE = '/v3/goldplan/merchants/changecustompagestatus';
const OPEN = { sub_mchid: SUB_MCHID, operation_type: 'OPEN' };

async function bodies() {
  return (await here.sandbox.journal()).map((entry) => entry.body);
}

test('an operation gives its record, or undefined where there is no content', async () => {
  const { merchants } = here.sandbox.client().goldplan;
  assert.deepEqual(await merchants.changeCustomPageStatus(OPEN), { sub_mchid: SUB_MCHID });
  assert.equal(await merchants.closeAdvertisingShow({ sub_mchid: SUB_MCHID }), undefined);
  const state = await here.sandbox.admin('GET', '/state');
  assert.equal(state.sub_merchants[SUB_MCHID].custom_page, 'OPEN');
});

test('a reply of millions of escapes and a long number is read', async () => {
  const body = `{"huge":12345678901234567890,"text":"${'\\n'.repeat(5_000_000)}"}`;
  await here.sandbox.fault('reply', { body });
  const { body: read } = await here.sandbox.client().request('POST', CUSTOM_PAGE, { body: OPEN });
  assert.equal(read.huge, 12345678901234567890n);
  assert.equal(read.text.length, 5_000_000);
});

test('every operation of the table is a method; what is not there is undefined', async () => {
  const client = here.sandbox.client();
  const camel = (text) => text.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const operations = JSON.parse(require(`${require('./support.js').SDK}/load.js`).operations(''));
  assert.equal(operations.length, 1019);
  for (const { id } of operations) {
    const method = id.split('.').reduce((owner, step) => owner[camel(step)], client);
    assert.equal(typeof method, 'function', id);
    assert.equal(method.name, camel(id.split('.').pop()));
  }
  assert.equal(client.goldpan, undefined);
  assert.equal(client.goldplan.merchant, undefined);
  assert.equal(client.goldplan, client.goldplan);
  assert.notEqual(client.goldplan, here.sandbox.client().goldplan);
});

test('any path', async () => {
  const client = here.sandbox.client();
  const reply = await client.request('POST', CUSTOM_PAGE, { body: OPEN });
  assert.deepEqual([reply.status, reply.body], [200, { sub_mchid: SUB_MCHID }]);
  assert.match(reply.requestId, /./);
  const query = { a: 'x y', n: 1, big: 2n ** 70n, list: ['1', 2], no: null, nothing: undefined };
  const error = await caught(client.request('GET', '/v3/nowhere', { query }));
  assert.deepEqual([error.status, error.operation], [404, 'GET']);
  const { target } = (await here.sandbox.journal()).pop();
  assert.equal(target, '/v3/nowhere?a=x%20y&n=1&big=1180591620717411303424&list=1&list=2');
});

test('no integer loses a digit, in either direction', async () => {
  const client = here.sandbox.client();
  const text =
    '{"max":9007199254740991,"over":9007199254740993,"under":-9007199254740993,"huge":12345678901234567890123,' +
    '"in":["9007199254740993",9007199254740993.5,1e30,"a\\"9007199254740993:\\\\"],"n9007199254740993":{"s":"n1"}}';
  await here.sandbox.fault('reply', { status: 200, body: text });
  const { body } = await client.request('POST', CUSTOM_PAGE, { body: { ...OPEN, amount: 2n ** 63n, list: [1n] } });
  assert.deepEqual(body, {
    max: 9007199254740991,
    over: 9007199254740993n,
    under: -9007199254740993n,
    huge: 12345678901234567890123n,
    in: ['9007199254740993', 9007199254740993.5, 1e30, 'a"9007199254740993:\\'],
    n9007199254740993: { s: 'n1' },
  });
  assert.deepEqual(await bodies(), [
    `{"sub_mchid":"${SUB_MCHID}","operation_type":"OPEN","amount":9223372036854775808,"list":[1]}`,
  ]);
});

test('a long number is found wherever one may stand, and numbers of orders are texts', async () => {
  const client = here.sandbox.client();
  const long = 9007199254740993n;
  for (const [text, expected] of [
    [`{"a":${long}}`, { a: long }],
    [`{"a":\n${long}}`, { a: long }],
    [`[${long}]`, [long]],
    [`[ -${long}]`, [-long]],
    [`[1,${long}]`, [1, long]],
    [`{"transaction_id":"420000123420261121123456789"}`, { transaction_id: '420000123420261121123456789' }],
    [`{"a":"1: ${long}, and [${long}]","b":${long}}`, { a: `1: ${long}, and [${long}]`, b: long }],
  ]) {
    await here.sandbox.fault('reply', { status: 200, body: text });
    const { body } = await client.request('POST', CUSTOM_PAGE, { body: OPEN });
    assert.deepEqual(body, expected);
  }
});

test('undefined is left out, dates are what toJSON says, order is kept', async () => {
  const body = { b: new Date(0), undefined, a: null, 微信: [true, { deep: undefined }] };
  await here.sandbox.fault('reply', { status: 200, body: {} });
  await here.sandbox.client().request('POST', CUSTOM_PAGE, { body });
  assert.deepEqual(await bodies(), ['{"b":"1970-01-01T00:00:00.000Z","a":null,"微信":[true,{}]}']);
});

test('what cannot be JSON is refused by its name, and its value is not shown', async () => {
  const client = here.sandbox.client();
  const circle = {};
  circle.inner = circle;
  const cases = [
    ['a function', () => 'oUpF8', 'sub_mchid'],
    ['a symbol', Symbol('oUpF8'), 'sub_mchid'],
    ['NaN', NaN, 'sub_mchid'],
    ['a map', new Map([['oUpF8', 1]]), 'sub_mchid'],
    ['bytes', Buffer.from('oUpF8'), 'sub_mchid'],
    ['a circle', circle, 'sub_mchid'],
    ['a lone surrogate', 'oUpF8\ud800', 'sub_mchid'],
    ['nested', { list: [1, { x: Infinity }] }, 'sub_mchid.list[1].x'],
    ['undefined in an array', [undefined], 'sub_mchid[0]'],
  ];
  for (const [what, value, field] of cases) {
    const error = await caught(client.goldplan.merchants.changeCustomPageStatus({ ...OPEN, sub_mchid: value }));
    assert.equal(error.constructor, sdk.InvalidRequestError, what);
    assert.deepEqual([error.field, error.operation], [field, 'goldplan.merchants.change_custom_page_status'], what);
    assert.ok(!inspect(error).includes('oUpF8'), what);
  }
  for (const wrong of [null, 'text', [1], 5]) {
    assert.equal((await caught(client.call('goldplan.merchants.change_custom_page_status', wrong))).field, 'params');
  }
  assert.equal((await caught(client.call(5))).field, 'operation');
  assert.equal((await caught(client.request('GET'))).field, 'path');
  assert.deepEqual(await bodies(), []);
});

test('files are { filename, content }', async () => {
  const upload = (file) => {
    const digest = '523b88a1ce31ee0685663d22fc7a4e5f865a6f31c44a666565d70ce9b2180e8c';
    const meta = { sub_mchid: SUB_MCHID, file_type: 'PDF', digest_alogrithm: 'SM3', digest };
    return here.sandbox.client().newTaxControlFapiao.fapiaoApplications.uploadFapiaoFile({ file, meta });
  };
  const bytes = new TextEncoder().encode('--%PDF-1.7 text--');
  assert.match((await caught(upload(bytes))).message, /\{ filename, content \}/);
  const reply = await upload({ filename: 'fapiao.pdf', content: bytes.subarray(2, -2) });
  assert.equal(reply.fapiao_media_id, 'fapiao_media_id');
  const [body] = await bodies();
  assert.ok(body.includes('filename="fapiao.pdf"\r\n') && body.includes('\r\n\r\n%PDF-1.7 text\r\n--'), body);
});

test('clients of other merchants, with other options, from the environment', async () => {
  const client = here.sandbox.client();
  assert.equal(client.mchid, here.sandbox.info.mchid);
  assert.equal(inspect(client), `<wechatpay-sdk Client mchid='${client.mchid}'>`);
  assert.equal(JSON.stringify(client), '{}');
  const unset = here.sandbox.client({ platform_certificates: null, timeout: undefined });
  assert.equal(unset.mchid, client.mchid, 'null and undefined are options that are not given');
  const { base_url: _, ...own } = here.sandbox.options;
  const other = client.forMerchant({ ...own, mchid: '1900000002' });
  assert.equal(other.mchid, '1900000002');
  assert.equal(client.mchid, here.sandbox.info.mchid);
  Object.assign(process.env, here.sandbox.environment);
  assert.deepEqual(await sdk.Client.fromEnv().goldplan.merchants.changeCustomPageStatus(OPEN), {
    sub_mchid: SUB_MCHID,
  });
});

test('timeout in seconds and retry, of a client and of a call', async () => {
  const client = here.sandbox.client();
  const call = (options, by = client) => by.goldplan.merchants.changeCustomPageStatus(OPEN, options);
  await here.sandbox.fault('delay', { ms: 5000 }, 9);
  const started = performance.now();
  assert.equal((await caught(call({ timeout: 0.3, retry: 'off' }))).constructor, sdk.TimeoutError);
  assert.equal(
    (await caught(call({}, client.withOptions({ timeout: 0.3, retry: 'off' })))).constructor,
    sdk.TimeoutError,
  );
  const raw = client.request('POST', CUSTOM_PAGE, { body: OPEN, timeout: 0.3 });
  assert.equal((await caught(raw)).constructor, sdk.TimeoutError);
  assert.ok(performance.now() - started < 3000);
  for (const wrong of [{ timeout: 0 }, { timeout: '5' }, { retry: 'always' }, { timeout_ms: 300 }]) {
    assert.equal((await caught(call(wrong))).constructor, sdk.ConfigError, JSON.stringify(wrong));
  }
  assert.equal((await here.sandbox.journal()).length, 3);
});
