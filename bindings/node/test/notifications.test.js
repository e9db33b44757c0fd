'use strict';
// Notifications: the forms in which a program of Node.js has headers and bodies, and what is printed.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { after, before, beforeEach, test } = require('node:test');
const { inspect } = require('node:util');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');
const { SDK, caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const ORDER = {
  event_type: 'TRANSACTION.SUCCESS',
  resource: { payer: { openid: OPENID }, amount: { total: 2n ** 53n + 1n, small: 100 } },
  envelope: { id: 'EV-1', summary: '支付成功' },
};

/** Options of a host that only receives. */
function receiving() {
  const { public_key_id, platform_public_key_path, apiv3_key } = here.sandbox.options;
  return { public_key_id, platform_public_key_path, apiv3_key };
}

function error(make) {
  return caught(new Promise((resolve) => resolve(make())));
}

test('headers of every kind', async () => {
  const { notifications } = here.sandbox.client();
  const { headers, body } = await here.sandbox.notification(ORDER);
  const pairs = Object.entries(headers);
  const kinds = {
    object: headers,
    'lower case': Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])),
    'upper case': Object.fromEntries(pairs.map(([name, value]) => [name.toUpperCase(), value])),
    'lists, as headersDistinct': Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
    'no prototype, and undefined': Object.assign(Object.create(null), headers, { host: undefined }),
    Headers: new Headers(headers),
    Map: new Map(pairs),
    pairs,
  };
  for (const [kind, given] of Object.entries(kinds)) {
    assert.equal(notifications.parse(given, body).id, 'EV-1', kind);
  }
  const wrong = [undefined, null, 'Wechatpay-Serial: 1', 5, pairs.flat(), () => {}];
  for (const given of [...wrong, { 'Wechatpay-Serial': 5 }, { 'Wechatpay-Serial': () => {} }]) {
    const refused = await error(() => notifications.parse(given, body));
    assert.equal(refused.constructor, sdk.InvalidRequestError, inspect(given));
    assert.deepEqual([refused.code, refused.field], ['bad_argument', 'headers'], inspect(given));
  }
});

test('bodies of every kind; what was parsed already is refused', async () => {
  const { notifications } = here.sandbox.client();
  const { headers, body } = await here.sandbox.notification(ORDER);
  const bytes = Buffer.from(body);
  const array = new Uint8Array(bytes).buffer;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const inside = new Uint8Array([1, ...bytes, 2]);
  const kinds = {
    text: body,
    Buffer: bytes,
    Uint8Array: new Uint8Array(bytes),
    ArrayBuffer: array,
    DataView: new DataView(array),
    'a part of something': inside.subarray(1, -1),
    'shared memory': shared,
    SharedArrayBuffer: shared.buffer,
    'of another realm': vm.runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }),
    'of another realm, plain': vm.runInNewContext('Uint8Array.from(bytes).buffer', { bytes: [...bytes] }),
  };
  for (const [kind, given] of Object.entries(kinds)) {
    assert.equal(notifications.parse(headers, given).summary, '支付成功', kind);
  }
  for (const given of [JSON.parse(body), undefined, null, 5, [...bytes], new Blob([body]), true]) {
    const refused = await error(() => notifications.parse(headers, given));
    assert.equal(refused.constructor, sdk.InvalidRequestError, inspect(given));
    assert.deepEqual([refused.code, refused.field], ['bad_argument', 'body'], inspect(given));
    assert.match(refused.message, /raw bytes/);
  }
  const written = await error(() => notifications.parse(headers, JSON.stringify(JSON.parse(body), null, 1)));
  assert.deepEqual([written.constructor, written.code], [sdk.SignatureError, 'bad_signature']);
  for (const nothing of ['', Buffer.alloc(0), new ArrayBuffer(0)]) {
    assert.equal((await error(() => notifications.parse(headers, nothing))).code, 'bad_signature');
  }
});

test('the request of a server, as it comes', async () => {
  const { notifications } = here.sandbox.client();
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    const notification = notifications.parse(request.headers, Buffer.concat(chunks));
    notifications.parse(request.headersDistinct, Buffer.concat(chunks));
    const { status, headers, body } = notification.ack();
    response.writeHead(status, headers).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/notify`;
  const { answer } = await here.sandbox.notification({ ...ORDER, url });
  assert.deepEqual(answer, { status: 204, body: '', taken: true });
  server.close();
});

test('no digit is lost, and nothing prints the resource', async () => {
  const { headers, body } = await here.sandbox.notification(ORDER);
  const notification = here.sandbox.client().notifications.parse(headers, body);
  assert.deepEqual(notification.resource, ORDER.resource);
  assert.deepEqual(Object.keys(notification), [
    'id',
    'create_time',
    'event_type',
    'resource_type',
    'summary',
    'original_type',
  ]);
  for (const shown of [inspect(notification), JSON.stringify(notification), String(notification)]) {
    assert.ok(!shown.includes('oUpF8') && !shown.includes('resource:'), shown);
  }
  assert.match(inspect(notification), /^Notification \{\n  id: 'EV-1',/);
});

test('a receiver of its own needs neither merchant number nor private key', async () => {
  const { headers, body } = await here.sandbox.notification(ORDER);
  const notifications = new sdk.Notifications(receiving());
  assert.equal(notifications.parse(headers, body).id, 'EV-1');
  // The record of the client will do as well, and null is an option that is not given.
  const more = { ...here.sandbox.options, timeout: 5, serial_no: null, proxy: undefined };
  assert.equal(new sdk.Notifications(more).parse(headers, body).id, 'EV-1');
  for (const shown of [
    inspect(notifications),
    inspect(notifications, { showHidden: true }),
    JSON.stringify(notifications),
  ]) {
    assert.ok(!shown.includes(here.sandbox.info.apiv3_key), shown);
  }
  assert.equal(inspect(notifications), '<wechatpay-sdk Notifications>');
  Object.assign(process.env, here.sandbox.environment);
  delete process.env.WECHATPAY_MCHID;
  delete process.env.WECHATPAY_MERCHANT_PRIVATE_KEY_PATH;
  assert.equal(sdk.Notifications.fromEnv().parse(headers, body).id, 'EV-1');
});

test('a receiver says which option is missing or wrong', async () => {
  const cases = [
    [{ apiv3_key: undefined }, 'missing_option', 'apiv3_key'],
    [{ apiv3_key: 'short' }, 'bad_apiv3_key', 'apiv3_key'],
    [{ apiv3_keyy: '1' }, 'unknown_option', 'apiv3_keyy'],
    [{ apiv3_key: 5 }, 'wrong_type', 'apiv3_key'],
  ];
  for (const [changed, code, field] of cases) {
    const refused = await error(() => new sdk.Notifications({ ...receiving(), ...changed }));
    assert.equal(refused.constructor, sdk.ConfigError);
    assert.deepEqual([refused.code, refused.field], [code, field]);
  }
  assert.equal((await error(() => new sdk.Notifications())).field, 'options');
  const client = here.sandbox.client({ apiv3_key: null });
  const refused = await error(() => client.notifications);
  assert.deepEqual([refused.constructor, refused.field], [sdk.ConfigError, 'apiv3_key']);
});

test('each client has one receiver, with its own keys', async () => {
  const client = here.sandbox.client();
  assert.equal(client.notifications, client.notifications);
  assert.ok(client.notifications instanceof sdk.Notifications);
  const { headers, body } = await here.sandbox.notification(ORDER);
  const { base_url: _, ...own } = here.sandbox.options;
  const other = client.forMerchant({ ...own, apiv3_key: '0123456789abcdefghijklmnopqrstuv' });
  assert.equal((await error(() => other.notifications.parse(headers, body))).constructor, sdk.DecryptError);
  assert.equal(client.withOptions({ timeout: 5 }).notifications.parse(headers, body).id, 'EV-1');
});

test('answers', async () => {
  const { notifications } = here.sandbox.client();
  const { headers, body } = await here.sandbox.notification(ORDER);
  const taken = { status: 204, headers: {}, body: '' };
  assert.deepEqual([notifications.ack(), notifications.parse(headers, body).ack()], [taken, taken]);
  const failed = notifications.failure('订单"不存在"');
  assert.deepEqual([failed.status, failed.headers], [500, { 'Content-Type': 'application/json' }]);
  assert.deepEqual(JSON.parse(failed.body), { code: 'FAIL', message: '订单"不存在"' });
  for (const wrong of [undefined, null, new Error(OPENID)]) {
    const refused = await error(() => notifications.failure(wrong));
    assert.deepEqual([refused.constructor, refused.field], [sdk.InvalidRequestError, 'message']);
  }
});

test('in a worker', async () => {
  const { headers, body } = await here.sandbox.notification(ORDER);
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Notifications } = require(${JSON.stringify(SDK)});
    const { options, headers, body } = workerData;
    parentPort.postMessage(new Notifications(options).parse(headers, body).resource);
  `;
  const worker = new Worker(program, { eval: true, workerData: { options: receiving(), headers, body } });
  const [resource] = await once(worker, 'message');
  assert.deepEqual(resource, ORDER.resource);
});
