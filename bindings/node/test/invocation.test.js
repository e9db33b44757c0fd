'use strict';
// What front ends need: that the records hold is proved by the shared cases; here is what only JavaScript has.

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { inspect } = require('node:util');
const { caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });

test('a record takes one object of texts, and names what is wrong with it', async () => {
  const { invocation } = new sdk.Client(here.sandbox.options);
  for (const [method, params, field] of [
    ['jsapi', undefined, 'params'],
    ['jsapi', 'wx1', 'params'],
    ['jsapi', {}, 'appid'],
    ['miniProgram', { appid: 'wx1' }, 'prepay_id'],
    ['miniProgram', { appid: 1, prepay_id: 'wx2' }, 'appid'],
    ['app', { appid: 'wx1', prepay_id: 'wx2' }, 'partnerid'],
  ]) {
    const error = await caught(invocation[method](params));
    assert.ok(error instanceof sdk.InvalidRequestError, String(error));
    assert.deepEqual([error.field, error.code], [field, 'bad_argument'], String(error));
    assert.match(error.operation, /^invocation\./);
  }
});

test('it is one object per client, and shows nothing', async () => {
  const client = new sdk.Client(here.sandbox.options);
  assert.equal(client.invocation, client.invocation);
  assert.equal(inspect(client.invocation), '<wechatpay-sdk Invocation>');
  const record = await client.invocation.jsapi({ appid: 'wx1', prepay_id: 'wx2' });
  const names = ['appId', 'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'];
  assert.deepEqual(Object.keys(record), names);
});
