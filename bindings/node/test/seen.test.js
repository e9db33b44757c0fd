'use strict';
// Which notifications have been processed: in memory, and in a real Redis (WECHATPAY_TEST_REDIS).

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { caught, sdk } = require('./support.js');

const { ConfigError, InvalidRequestError, Seen, TimeoutError, TransportError } = sdk;
const REDIS = process.env.WECHATPAY_TEST_REDIS;
if (!REDIS) {
  throw new Error('run the tests under tests/receivers/redis_server.py, which sets WECHATPAY_TEST_REDIS');
}

let last = 0;
const newId = () => `EV-node-${process.pid}-${Date.now()}-${(last += 1)}`;
const outcome = (promise) => promise.catch((error) => error.code);

for (const [name, open] of [
  ['memory', () => Seen.memory()],
  ['redis', () => Seen.redis(REDIS, { seconds: 60 })],
]) {
  test(`${name}: one gets it until it is done`, async () => {
    const seen = open();
    const id = newId();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(seen.claim(id))));
    assert.equal(outcomes.filter((claimed) => claimed === true).length, 1);
    assert.equal(outcomes.filter((code) => code === 'seen_busy').length, 49);
    const busy = await caught(seen.claim(id));
    assert.ok(busy instanceof TimeoutError);
    assert.deepEqual([busy.code, busy.retryability], ['seen_busy', 'safe']);
    assert.equal(await seen.release(id), undefined);
    assert.equal(await seen.claim(id), true);
    assert.equal(await seen.done(id), undefined);
    assert.equal(await seen.claim(id), false);
    await seen.release(id);
    assert.equal(await seen.claim(id), false);
  });

  test(`${name}: what is no id is refused`, async () => {
    for (const wrong of ['', undefined, null, 1, Buffer.from('EV-1')]) {
      const error = await caught(open().claim(wrong));
      assert.ok(error instanceof InvalidRequestError);
      assert.equal(error.field, 'id');
    }
  });
}

test('a store that is down is told, without its password', async () => {
  const seen = Seen.redis('redis://shop:secret-of-nobody@127.0.0.1:1/2');
  for (const ask of ['claim', 'done', 'release']) {
    const error = await caught(seen[ask]('EV-1'));
    assert.ok(error instanceof TransportError);
    assert.equal(error.code, 'seen_store');
    assert.match(String(error), /redis:\/\/127\.0\.0\.1:1\/2/);
    assert.doesNotMatch(inspect(error) + error.stack + inspect(seen, { showHidden: true, depth: 9 }), /secret/);
  }
});

test('the event loop goes on while a store says nothing', async () => {
  const sockets = [];
  const silent = net.createServer((socket) => sockets.push(socket));
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 10);
  const error = await caught(Seen.redis(`redis://127.0.0.1:${silent.address().port}`).claim('EV-1'));
  clearInterval(ticking);
  sockets.forEach((socket) => socket.destroy());
  silent.close();
  assert.ok(error instanceof TimeoutError, String(error));
  assert.equal(error.code, 'seen_store');
  assert.ok(ticks > 20, `${ticks} ticks`);
});

test('what makes no store is refused by name', () => {
  for (const [make, field] of [
    [() => Seen.memory({ seconds: 0 }), 'seconds'],
    [() => Seen.memory({ seconds: -1 }), 'seconds'],
    [() => Seen.memory({ seconds: NaN }), 'seconds'],
    [() => Seen.memory({ seconds: Infinity }), 'seconds'],
    [() => Seen.memory({ seconds: '1' }), 'seconds'],
    [() => Seen.memory({ ttl: 1 }), 'ttl'],
    [() => Seen.memory(null), 'options'],
    [() => Seen.redis('http://:secret@cache'), 'url'],
    [() => Seen.redis(new URL('redis://cache')), 'url'],
  ]) {
    assert.throws(
      make,
      (error) => error instanceof ConfigError && error.field === field && !/secret/.test(String(error)),
    );
  }
  assert.throws(() => new Seen(), InvalidRequestError);
});
