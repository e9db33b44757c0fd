'use strict';
// A merchant's key that lies elsewhere: the functions `sign` and `decrypt` of a client.

const { types } = require('node:util');
const native = require('../load.js');
const { fromRecord } = require('./errors.js');

const FUNCTIONS = ['sign', 'decrypt'];

/** The functions among the options, if any, and the other options. */
function withoutFunctions(options) {
  if (typeof options !== 'object' || options === null) {
    return { signer: {}, others: options };
  }
  const signer = {};
  const others = { ...options };
  for (const name of FUNCTIONS) {
    const given = others[name] ?? undefined;
    delete others[name];
    if (given !== undefined) {
      if (typeof given !== 'function') {
        const problem = `must be a function from bytes to bytes, or to a promise of them, not ${typeof given}`;
        throw fromRecord(native.badOption(name, problem));
      }
      signer[name] = given;
    }
  }
  return { signer, others };
}

/** Answers what a call asks. What is thrown instead is kept as the call's `failure`: it becomes the cause of its error. */
async function answer(call, question) {
  const { task, input } = question;
  const key = call.signer?.[task];
  try {
    question.give(key && bytesOf(task, await key(input)));
  } catch (thrown) {
    call.failure = { thrown };
    question.fail(words(thrown));
  }
}

function bytesOf(task, given) {
  if (ArrayBuffer.isView(given)) {
    return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  }
  if (types.isAnyArrayBuffer(given)) {
    return Buffer.from(given);
  }
  // The value itself is never shown: it may be a plaintext.
  throw new TypeError(`${task} must give a Buffer or Uint8Array, not ${given === null ? 'null' : typeof given}`);
}

function words(thrown) {
  try {
    return String(thrown);
  } catch {
    return 'it threw what has no text';
  }
}

module.exports = { answer, withoutFunctions };
