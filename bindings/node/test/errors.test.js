'use strict';
// One class per kind, with the same fields as in every language; class and fields survive a rejected promise.

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { inspect } = require('node:util');
const { SUB_MCHID, caught, sdk, useSandbox } = require('./support.js');

const CALL = 'goldplan.merchants.change_custom_page_status';
const PARAMS = { sub_mchid: SUB_MCHID, operation_type: 'OPEN' };
// prettier-ignore
const FIELDS = [
  'kind', 'code', 'message', 'retryability', 'may_have_taken_effect', 'operation', 'status', 'field', 'value', 'issue',
  'location', 'detail', 'request_id', 'verified',
];

const here = useSandbox({ before, beforeEach, after });

function fail(params = PARAMS, options = {}, operation = CALL) {
  return caught(here.sandbox.client(options).call(operation, params));
}

test('the platform says no', async () => {
  const error = await fail({ ...PARAMS, sub_mchid: '1' });
  assert.equal(error.constructor, sdk.ApiError);
  assert.ok(error instanceof sdk.WechatPayError && error instanceof Error);
  assert.deepEqual([error.kind, error.code, error.status], ['api', 'MCH_NOT_EXISTS', 400]);
  assert.deepEqual([error.operation, error.verified, error.retryability], [CALL, true, 'never']);
  assert.equal(error.may_have_taken_effect, false);
  for (const part of [CALL, '400 MCH_NOT_EXISTS', error.message, error.request_id]) {
    assert.ok(String(error).includes(part), part);
    assert.ok(error.stack.includes(part), part);
  }
  assert.ok(error.stack.includes(__filename), 'the stack shows who waited');
});

test('the platform names the field, and the console does not show its value', async () => {
  const detail = { field: '/body/openid', value: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', issue: 'bad', location: 'body' };
  await here.sandbox.fault('status', { status: 400, body: { code: 'PARAM_ERROR', message: 'no', detail } });
  const error = await fail();
  assert.deepEqual([error.field, error.value, error.issue, error.location], Object.values(detail));
  assert.deepEqual(error.detail, detail);
  for (const shown of [inspect(error), String(error), JSON.stringify(error), error.stack]) {
    assert.ok(!shown.includes('oUpF8'), shown);
  }
  assert.ok(inspect(error).includes("code: 'PARAM_ERROR'"));
});

test('refused before sending', async () => {
  const missing = await fail({ sub_mchid: SUB_MCHID });
  assert.equal(missing.constructor, sdk.InvalidRequestError);
  assert.deepEqual([missing.kind, missing.code, missing.field], ['invalid_request', 'missing_field', 'operation_type']);
  const unknown = await fail({ ...PARAMS, operation_typ: 'OPEN' });
  assert.equal(unknown.code, 'unknown_field');
  assert.match(String(unknown), /did you mean operation_type\?/);
  const operation = await fail(PARAMS, {}, 'goldplan.merchants.change_custom_page_statu');
  assert.equal(operation.constructor, sdk.InvalidRequestError);
  assert.match(String(operation), /did you mean goldplan\.merchants\.change_custom_page_status\?/);
  assert.deepEqual(await here.sandbox.journal(), []);
});

test('the network fails', async () => {
  await here.sandbox.fault('reset', {}, 9);
  const error = await fail();
  assert.equal(error.constructor, sdk.TransportError);
  assert.deepEqual([error.may_have_taken_effect, error.status, error.verified], [true, null, false]);
});

test('time runs out', async () => {
  await here.sandbox.fault('delay', { ms: 3000 });
  const error = await fail(PARAMS, { timeout: 0.3, retry: 'off' });
  assert.equal(error.constructor, sdk.TimeoutError);
  assert.ok(error instanceof sdk.TransportError);
  assert.deepEqual([error.kind, error.name, error.may_have_taken_effect], ['timeout', 'TimeoutError', true]);
});

test('a reply that cannot be trusted, read or decrypted', async () => {
  await here.sandbox.fault('wrong_signature');
  assert.equal((await fail()).constructor, sdk.SignatureError);
  await here.sandbox.fault('reply', { status: 200, body: 'not JSON' });
  assert.equal((await fail()).constructor, sdk.IntegrityError);
  const body = { type: 'INDIVIDUAL', name: 'x', phone: 'bm90IGVuY3J5cHRlZA==' };
  await here.sandbox.fault('reply', { status: 200, body });
  const params = { fapiao_apply_id: '4200000444201910177461284488', scene: 'WITH_WECHATPAY' };
  const error = await fail(params, {}, 'new_tax_control_fapiao.user_title.get');
  assert.equal(error.constructor, sdk.DecryptError);
});

test('wrong options', () => {
  const make = (options) => () => here.sandbox.client(options);
  assert.throws(
    make({ apiv3_key: 'short' }),
    (error) => error instanceof sdk.ConfigError && error.field === 'apiv3_key',
  );
  assert.throws(
    make({ mchidd: '1' }),
    (error) => error instanceof sdk.ConfigError && /did you mean mchid\?/.test(error),
  );
  assert.throws(make({ mchid: () => '1' }), (error) => error instanceof sdk.ConfigError && error.field === 'mchid');
  assert.throws(() => new sdk.Client(), sdk.ConfigError);
  assert.throws(() => here.sandbox.client().forMerchant({ mchid: '' }), sdk.ConfigError);
  assert.throws(() => here.sandbox.client().withOptions({ timeout: -1 }), sdk.ConfigError);
});

test('the class tree', () => {
  const { WechatPayError, TransportError, TimeoutError } = sdk;
  const names = Object.keys(sdk).filter((name) => name.endsWith('Error') && name !== 'WechatPayError');
  assert.equal(names.length, 10);
  for (const name of names) {
    const parent = sdk[name] === TimeoutError ? TransportError : WechatPayError;
    assert.equal(Object.getPrototypeOf(sdk[name]), parent, name);
    assert.equal(sdk[name].prototype.name, name);
  }
  assert.equal(Object.getPrototypeOf(WechatPayError), Error);
});

test('an error can be made in the tests of others', () => {
  const error = new sdk.ApiError('400 MCH_NOT_EXISTS: no such merchant', { code: 'MCH_NOT_EXISTS', status: 400 });
  assert.deepEqual([error.kind, error.code, error.status, error.verified], ['api', 'MCH_NOT_EXISTS', 400, false]);
  assert.equal(error.message, '400 MCH_NOT_EXISTS: no such merchant');
  for (const name of FIELDS) {
    assert.notEqual(error[name], undefined, name);
  }
});
