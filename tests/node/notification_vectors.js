'use strict';
// notifications.json: signed for a moment long ago, so the twin signs what it can make itself anew, for now.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { sdk } = require('../../bindings/node/test/support.js');
const { settled } = require('./cases.js');
const { contains } = require('./compare.js');
const { headersNow, origin, secondBegins } = require('./wire_vectors.js');

const CLASSES = [sdk.SignatureError, sdk.IntegrityError, sdk.DecryptError];
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9';

function notificationVectors(vector, key) {
  const { now, cases, apiv3_key, public_key_id, platform_public_key, platform_certificates } =
    vector('notifications.json');
  const options = {
    apiv3_key,
    public_key_id,
    platform_public_key: key(platform_public_key),
    platform_certificates: platform_certificates.map(key),
  };
  return cases.map((one) => ({
    name: `notifications: ${one.name}`,
    run: () => check(new sdk.Notifications(options), { ...one, now }, cases, key),
  }));
}

async function check(notifications, one, cases, key) {
  const lower = 'wechatpay-signature' in one.headers;
  const titled = lower ? { ...one, headers: mapNames(one.headers, titleCase) } : one;
  const signed = origin(cases, titled.headers['Wechatpay-Signature'], key);
  assert.ok(one.error !== null || signed, 'a good signature is one that the twin makes too');
  await secondBegins();
  const headers = headersNow(titled, signed);
  const body = Buffer.from(one.body_base64, 'base64');
  const sent = lower ? mapNames(headers, (name) => name.toLowerCase()) : headers;
  const { result, error } = await settled(() => notifications.parse(sent, body));
  assert.equal(error?.code ?? null, one.error);
  if (error) {
    assert.ok(CLASSES.includes(error.constructor), error.name);
    contains(one.field ? [one.field] : [], error.message, true);
  } else {
    const { id, event_type, resource } = result;
    assert.deepEqual({ id, event_type, resource }, { id: one.id, event_type: one.event_type, resource: one.resource });
  }
  contains([OPENID], inspect(result ?? error), false);
}

function mapNames(headers, change) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [change(name), value]));
}

function titleCase(name) {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

module.exports = { notificationVectors };
