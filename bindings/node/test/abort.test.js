'use strict';
// AbortSignal: the promise rejects at once, and the error says whether the request may have left.

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { after, before, beforeEach, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { SUB_MCHID, caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const STATUS = `/v3/new-tax-control-fapiao/merchant/${SUB_MCHID}/check-status`;

function open(options) {
  const params = { sub_mchid: SUB_MCHID, operation_type: 'OPEN' };
  return here.sandbox.client().goldplan.merchants.changeCustomPageStatus(params, options);
}

async function arrived(count) {
  while ((await here.sandbox.journal()).length < count) {
    await sleep(10);
  }
}

test('aborting rejects at once, and says that the outcome is unknown', async () => {
  await here.sandbox.fault('delay', { ms: 5000 });
  const controller = new AbortController();
  const reason = new Error('the user went away');
  const call = caught(open({ signal: controller.signal }));
  await arrived(1);
  const started = performance.now();
  controller.abort(reason);
  const error = await call;
  assert.ok(performance.now() - started < 2500);
  assert.equal(error.constructor, sdk.AbortError);
  assert.ok(error instanceof sdk.WechatPayError);
  assert.ok(!(error instanceof sdk.TimeoutError));
  assert.deepEqual([error.name, error.code, error.cause], ['AbortError', 'cancelled', reason]);
  assert.deepEqual([error.may_have_taken_effect, error.retryability], [true, 'check_first']);
  assert.match(String(error), /outcome is unknown/);
});

test('giving up a GET is harmless', async () => {
  await here.sandbox.fault('delay', { ms: 5000 });
  const error = await caught(here.sandbox.client().request('GET', STATUS, { signal: AbortSignal.timeout(200) }));
  assert.equal(error.constructor, sdk.AbortError);
  assert.deepEqual([error.may_have_taken_effect, error.retryability], [false, 'safe']);
  assert.equal(error.cause.name, 'TimeoutError');
});

test('of an operation the table tells whether it is a GET', async () => {
  await here.sandbox.fault('delay', { ms: 5000 });
  const signal = AbortSignal.timeout(200);
  const client = here.sandbox.client();
  const error = await caught(client.newTaxControlFapiao.merchant.checkStatus({ sub_mchid: SUB_MCHID }, { signal }));
  assert.equal(error.operation, 'new_tax_control_fapiao.merchant.check_status');
  assert.deepEqual([error.code, error.may_have_taken_effect, error.retryability], ['cancelled', false, 'safe']);
});

test('a signal that is aborted already: nothing is sent', async () => {
  const error = await caught(open({ signal: AbortSignal.abort() }));
  assert.equal(error.constructor, sdk.AbortError);
  assert.deepEqual([error.code, error.may_have_taken_effect, error.kind], ['cancelled', false, 'timeout']);
  assert.equal(error.operation, 'goldplan.merchants.change_custom_page_status');
  assert.deepEqual(await here.sandbox.journal(), []);
});

test('a call that is aborted in the same turn is dropped', async () => {
  // Without a delay a call may end before abort() is reached.
  await here.sandbox.fault('delay', { ms: 500 }, 50);
  for (let round = 0; round < 50; round += 1) {
    const controller = new AbortController();
    const call = caught(open({ signal: controller.signal }));
    controller.abort();
    assert.equal((await call).constructor, sdk.AbortError);
  }
  await open();
});

test('the dropped call does not go on', async () => {
  await here.sandbox.fault('reset', {}, 99);
  const controller = new AbortController();
  const call = caught(open({ signal: controller.signal, retry: 'idempotent' }));
  await arrived(1);
  controller.abort();
  await call;
  await sleep(50);
  const { length } = await here.sandbox.journal();
  await sleep(1500);
  assert.equal((await here.sandbox.journal()).length, length);
});

test('a signal may serve many calls: nothing keeps listening, and Node.js does not warn', async () => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning);
  process.on('warning', warn);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, () => open({ signal })));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await here.sandbox.fault('delay', { ms: 5000 }, 50);
  const controller = new AbortController();
  const calls = Array.from({ length: 50 }, () => caught(open({ signal: controller.signal })));
  await arrived(60);
  controller.abort();
  assert.deepEqual([...new Set((await Promise.all(calls)).map((error) => error.constructor))], [sdk.AbortError]);
  process.off('warning', warn);
  assert.deepEqual(warnings, []);
});

test('what is no signal is refused', async () => {
  const error = await caught(open({ signal: 'abort' }));
  assert.deepEqual([error.constructor, error.field], [sdk.InvalidRequestError, 'signal']);
});
