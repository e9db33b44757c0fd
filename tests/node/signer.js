'use strict';
// A merchant's key that lies elsewhere, as a case describes it: by node:crypto.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const MEMBERS = ['key', 'decrypts', 'fails', 'base64', 'seconds'];
const OAEP = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };

/** The options `sign` and `decrypt`; none where the case describes no signer. */
function functions(description) {
  if (!description) {
    return {};
  }
  assert.deepEqual(
    Object.keys(description).filter((name) => !MEMBERS.includes(name)),
    [],
    'unknown members of a signer',
  );
  const { decrypts = true, fails = {}, base64, seconds } = description;
  const key = fs.readFileSync(description.key);
  const answering = (name, answer) => async (input) => {
    if (seconds) {
      await sleep(seconds * 1000);
    }
    if (fails[name]) {
      throw new Error(fails[name]);
    }
    return answer(input);
  };
  const sign = answering('sign', (message) => {
    const signature = crypto.sign('sha256', message, key);
    return base64 ? Buffer.from(signature.toString('base64')) : signature;
  });
  const decrypt = answering('decrypt', (ciphertext) => crypto.privateDecrypt({ key, ...OAEP }, ciphertext));
  return decrypts ? { sign, decrypt } : { sign };
}

module.exports = { functions };
