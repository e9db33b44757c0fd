'use strict';
// Attempts: in errors, and on the diagnostics channels.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { channel } = require('node:diagnostics_channel');
const { inspect } = require('node:util');
const { after, before, beforeEach, test } = require('node:test');
const { SUB_MCHID, caught, compile, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const OPERATION = 'goldplan.merchants.change_custom_page_status';
const PARAMS = { sub_mchid: SUB_MCHID, operation_type: 'OPEN' };
const START = 'wechatpay-sdk:attempt:start';
const END = 'wechatpay-sdk:attempt:end';

function client(options = {}) {
  return here.sandbox.client({ backup_url: here.sandbox.info.backup_url, cool_down: 0.0001, ...options });
}

/** What the channels tell while `work` goes on. */
async function told(work, note = (name, event) => [name, event]) {
  const events = [];
  const watchers = [START, END].map((name) => [channel(name), (event) => events.push(note(name, event))]);
  watchers.forEach(([one, watcher]) => one.subscribe(watcher));
  try {
    await work();
  } finally {
    watchers.forEach(([one, watcher]) => one.unsubscribe(watcher));
  }
  return events;
}

test('both ends of every attempt are told in order', async () => {
  await here.sandbox.fault('reset', { after: 'work' });
  const started = Date.now() / 1000;
  const events = await told(() => client().call(OPERATION, PARAMS));
  const { base_url, backup_url, mchid, apiv3_key } = here.sandbox.info;
  assert.deepEqual(
    events.map(([name, { number, host, phase, status, code }]) => [name, number, host, phase, status, code]),
    [
      [START, 1, base_url, undefined, undefined, undefined],
      [END, 1, base_url, 'waiting', null, 'connection_broken'],
      [START, 2, backup_url, undefined, undefined, undefined],
      [END, 2, backup_url, 'answered', 200, null],
    ],
  );
  for (const [, event] of events) {
    assert.deepEqual([event.operation, event.mchid, event.dropped], [OPERATION, mchid, 0]);
    assert.ok(event.time > started - 1 && event.time < Date.now() / 1000 + 1);
  }
  const last = events[3][1];
  assert.ok(last.request_id && last.duration > 0 && last.duration < 10);
  // Nothing of what is sent, and no secret.
  for (const secret of [SUB_MCHID, 'OPEN', apiv3_key, 'WECHATPAY2']) {
    assert.ok(!inspect(events).includes(secret));
  }
});

test('all is told before the call ends, in the context of its caller', async () => {
  const caller = new AsyncLocalStorage();
  const ended = new Set();
  const one = (name) =>
    caller.run(name, async () => {
      await client().call(OPERATION, PARAMS);
      ended.add(name);
    });
  const names = Array.from({ length: 16 }, (_, at) => `call ${at}`);
  const events = await told(
    () => Promise.all(names.map(one)),
    (name) => {
      assert.ok(!ended.has(caller.getStore()));
      return `${caller.getStore()} ${name}`;
    },
  );
  assert.deepEqual(events.sort(), names.flatMap((name) => [`${name} ${END}`, `${name} ${START}`]).sort());
});

test('a call that ends at once tells its attempts, too', async () => {
  const lost = client({ base_url: 'http://127.0.0.1:1', backup_url: undefined }).withOptions({ retry: 'off' });
  const work = () => Promise.all(Array.from({ length: 64 }, () => caught(lost.call(OPERATION, PARAMS))));
  assert.equal((await told(work)).length, 128);
});

test('a call that is made while nobody has subscribed tells nothing', async () => {
  await here.sandbox.fault('delay', { ms: 300 });
  const call = client().call(OPERATION, PARAMS);
  assert.deepEqual(await told(() => call), []);
});

test('what a subscriber throws ends no call', async () => {
  const program = `
    const { Client } = require('wechatpay-sdk');
    const { channel } = require('node:diagnostics_channel');
    process.on('uncaughtException', (error) => console.log(error.message));
    channel('${END}').subscribe(() => { throw new Error('the metrics are down'); });
    Client.fromEnv().call('${OPERATION}', ${JSON.stringify(PARAMS)}).then((reply) => console.log(JSON.stringify(reply)));
  `;
  const { code, output, errors } = await here.sandbox.run(program);
  assert.deepEqual([code, errors], [0, '']);
  assert.deepEqual(output.trim().split('\n').sort(), ['the metrics are down', `{"sub_mchid":"${SUB_MCHID}"}`]);
});

test('an error lists its attempts and what tells its fate', async () => {
  await here.sandbox.fault('reset', { after: 'work' });
  await here.sandbox.fault('status', { status: 400, body: { code: 'ORDER_CLOSED', message: '-' } });
  const params = { mchid: here.sandbox.info.mchid, out_trade_no: 'attempts-3' };
  const error = await caught(client().call('pay.transactions.close_by_out_trade_no', params));
  assert.equal(error.check_with, 'pay.transactions.get_by_out_trade_no');
  assert.deepEqual(
    error.attempts.map(({ number, phase, status }) => [number, phase, status]),
    [
      [1, 'waiting', null],
      [2, 'answered', 400],
    ],
  );
  assert.equal(error.attempts[1].request_id, error.request_id);
  assert.deepEqual(new sdk.WechatPayError('made by a test').attempts, []);
});

test('what they tell is typed', () => {
  const program = `
    import { subscribe } from 'node:diagnostics_channel';
    import type { Attempt, AttemptEnded, AttemptStarted, ClientOptions, WechatPayError } from 'wechatpay-sdk';
    subscribe('${START}', (event) => {
      const { operation, time }: { operation: string; time: number } = event as AttemptStarted;
      console.log(operation, time);
    });
    subscribe('${END}', (event) => console.log((event as AttemptEnded).phase, (event as AttemptEnded).dropped));
    const attempts = (error: WechatPayError): readonly Attempt[] => error.attempts;
    const host = (error: WechatPayError): string | undefined => attempts(error)[0]?.host ?? error.check_with ?? undefined;
    const options: Partial<ClientOptions> = { retry: 'idempotent', cool_down: 10 };
    // @ts-expect-error
    const wrong: Partial<ClientOptions> = { retry: 'never' };
    console.log(host, options, wrong);
  `;
  assert.equal(compile(program, 'esm', 'node16'), '');
});
