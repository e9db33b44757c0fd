'use strict';
// The golden vectors through the installed package. No function of it reads a resource under an APIv3 key by itself
// (aead.json): the Rust runner holds those, through the same core; here they are inside notifications.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { inspect } = require('node:util');
const { sdk } = require('../../bindings/node/test/support.js');
const { VECTORS, settled, startOptions } = require('./cases.js');
const { contains } = require('./compare.js');
const { notificationVectors } = require('./notification_vectors.js');
const { wireVectors } = require('./wire_vectors.js');

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

function vector(name) {
  return JSON.parse(fs.readFileSync(path.join(VECTORS, name), 'utf8'));
}

function key(name) {
  return fs.readFileSync(path.join(VECTORS, 'keys', name), 'utf8');
}

/** Options that make a client without any network. */
function good() {
  return {
    mchid: '1900000001',
    serial_no: '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567',
    merchant_private_key: key('merchant_pkcs8.pem'),
    public_key_id: 'PUB_KEY_ID_01',
    platform_public_key: key('platform_pub.pem'),
  };
}

/** Every vector as `{ name, run }`. */
function vectors(sandbox) {
  const outside = [...wireVectors(good, vector, key), ...notificationVectors(vector, key)];
  return [...pem(), ...pairs(), ...errors(sandbox), ...oaep(sandbox), ...outside];
}

function pem() {
  const options = {
    private_keys: (text) => ({ merchant_private_key: text }),
    public_keys: (text) => ({ platform_public_key: text }),
    certificates: (text) => ({ platform_certificates: [text] }),
  };
  const cases = vector('pem.json');
  return Object.entries(options).flatMap(([group, option]) =>
    cases[group].map((one) => ({
      name: `pem: ${group}: ${one.name}`,
      run: () => checkPem(one, option(one.pem)),
    })),
  );
}

async function checkPem(one, option) {
  const { error } = await settled(() => new sdk.Client({ ...good(), ...option }));
  if (!one.problem_contains) {
    assert.equal(error, undefined);
    return;
  }
  assert.ok(error instanceof sdk.ConfigError);
  assert.equal(error.field, Object.keys(option)[0]);
  contains(one.problem_contains, String(error), true);
  const lines = one.pem.split('\n').filter((line) => line.length > 30 && !line.startsWith('-----'));
  contains(lines, inspect(error), false);
}

function pairs() {
  return vector('pem.json').pairs.map((pair) => ({
    name: `pem: pairs: ${pair.private_key} ${pair.certificate}`,
    async run() {
      const own = { merchant_private_key: key(pair.private_key), merchant_certificate: key(pair.certificate) };
      const { error } = await settled(() => new sdk.Client({ ...good(), ...own }));
      assert.equal(error?.code, pair.belongs ? undefined : 'key_mismatch');
    },
  }));
}

function errors(sandbox) {
  return vector('errors.json').cases.map((one) => ({
    name: `errors: ${one.name}`,
    async run() {
      const { status, body, content_type } = one;
      await sandbox.reset();
      await sandbox.fault('status', { signed: false, status, body, content_type });
      const client = new sdk.Client(startOptions(sandbox, { retry: 'off' }));
      const call = client.call('goldplan.merchants.close_advertising_show', { sub_mchid: '1900000109' });
      const { error } = await settled(() => call);
      assert.equal(error.constructor, sdk.ApiError);
      assert.equal(error.verified, false);
      for (const name of ['status', 'code', 'field', 'value', 'issue', 'location', 'detail']) {
        assert.deepEqual(error[name], one[name], name);
      }
      contains(one.message_contains ?? [], error.message, true);
      contains([OPENID], `${error} ${inspect(error)} ${error.stack}`, false);
    },
  }));
}

/** Encrypted fields of a reply, decrypted with the merchant's key. */
function oaep(sandbox) {
  const { private_key, cases } = vector('oaep.json');
  return cases.map((one) => ({
    name: `oaep: ${one.name}`,
    async run() {
      await sandbox.reset();
      const certificate_pem = key('merchant_cert.pem');
      await sandbox.admin('POST', '/merchants', { mchid: '1900000003', certificate_pem });
      const options = startOptions(sandbox, { mchid: '1900000003', serial_no: null, merchant_private_key_path: null });
      const own = { merchant_private_key: key(private_key), merchant_certificate: certificate_pem };
      const client = new sdk.Client({ ...options, ...own });
      await sandbox.fault('reply', { status: 200, body: { type: 'INDIVIDUAL', name: 'x', phone: one.ciphertext } });
      const params = { fapiao_apply_id: '4200000444201910177461284488', scene: 'WITH_WECHATPAY' };
      const { result, error } = await settled(() => client.call('new_tax_control_fapiao.user_title.get', params));
      // An empty field is not encrypted: it stays what it is.
      const encoded = one.ciphertext === '' ? '' : one.plaintext_base64;
      const plaintext = encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
      if (plaintext === undefined || plaintext.toString('utf8').includes('\ufffd')) {
        // A field holds text: what is no text is refused as well.
        assert.equal(error?.constructor, sdk.DecryptError);
      } else {
        assert.equal(error, undefined);
        assert.equal(result.phone, plaintext.toString('utf8'));
      }
    },
  }));
}

module.exports = { vectors };
