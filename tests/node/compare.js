'use strict';
// Expected against actual, as tests/README.md says it.

const assert = require('node:assert/strict');

/** A value against a value, null (it must be missing), or `{"starts_with": text}`. */
function matches(expected, actual, what) {
  if (expected?.starts_with !== undefined) {
    assert.ok(String(actual ?? '').startsWith(expected.starts_with), `${what}: ${actual}`);
  } else {
    assert.deepEqual(actual ?? null, expected, what);
  }
}

/** Objects may hold more; `{"$ciphertext": N}` stands for base64 text of N bytes, `{"starts_with"}` for a text. */
function holds(expected, actual, what) {
  if (isObject(expected) && '$ciphertext' in expected) {
    const bytes = Buffer.from(String(actual), 'base64');
    assert.deepEqual([bytes.length, bytes.toString('base64')], [expected.$ciphertext, actual], what);
  } else if (isObject(expected) && 'starts_with' in expected) {
    matches(expected, actual, what);
  } else if (isObject(expected) && isObject(actual)) {
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(name in actual, `${what}.${name} is missing`);
      holds(value, actual[name], `${what}.${name}`);
    }
  } else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    expected.forEach((item, at) => holds(item, actual[at], `${what}[${at}]`));
  } else {
    assert.deepEqual(actual, expected, what);
  }
}

function contains(texts, actual, wanted) {
  const wrong = texts.filter((text) => actual.includes(text) !== wanted);
  assert.deepEqual(wrong, [], `${wanted ? 'missing' : 'shown'} in: ${actual}`);
}

/** What holds of every request that any client of ours sends. */
function always(headers) {
  assert.match(headers['user-agent'], /^wechatpay-sdk\//);
  assert.equal(headers.accept, 'application/json');
  assert.equal(headers['accept-encoding'], undefined);
  assert.match(headers.authorization.nonce_str, /^[0-9A-Za-z]{32}$/);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

module.exports = { always, contains, holds, isObject, matches };
