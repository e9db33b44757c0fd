'use strict';
// The error classes: one base, one class per kind. What they hold is made by the core, the same in every language.

const { parse } = require('./json.js');

const FIELDS = {
  kind: undefined,
  code: undefined,
  retryability: 'never',
  may_have_taken_effect: false,
  operation: null,
  status: null,
  field: null,
  value: null,
  issue: null,
  location: null,
  detail: null,
  request_id: null,
  verified: false,
  check_with: null,
};
/** May hold openids: console.log must not print them. */
const HIDDEN = ['value', 'detail'];

class WechatPayError extends Error {
  static kind = 'internal';
  #text;

  constructor(text, fields = {}) {
    super(text, fields.cause === undefined ? undefined : { cause: fields.cause });
    // V8 writes the stack when it is first read: now, so that it begins with the whole text.
    void this.stack;
    const kind = fields.kind ?? new.target.kind;
    const values = { ...FIELDS, ...fields, kind, code: fields.code ?? kind };
    for (const name of Object.keys(FIELDS)) {
      define(this, name, values[name], !HIDDEN.includes(name));
    }
    define(this, 'attempts', fields.attempts ?? [], true);
    define(this, 'message', fields.message ?? text, false);
    this.#text = text;
  }

  toString() {
    return `${this.name}: ${this.#text}`;
  }
}

class ConfigError extends WechatPayError {
  static kind = 'config';
}

class InvalidRequestError extends WechatPayError {
  static kind = 'invalid_request';
}

class TransportError extends WechatPayError {
  static kind = 'transport';
}

class TimeoutError extends TransportError {
  static kind = 'timeout';
}

class ApiError extends WechatPayError {
  static kind = 'api';
}

class SignatureError extends WechatPayError {
  static kind = 'signature';
}

class DecryptError extends WechatPayError {
  static kind = 'decrypt';
}

class IntegrityError extends WechatPayError {
  static kind = 'integrity';
}

class InternalError extends WechatPayError {
  static kind = 'internal';
}

/** Not a TimeoutError, though of its kind: who gives a call up does not want it repeated. */
class AbortError extends WechatPayError {
  static kind = 'timeout';
}

const BY_KIND = {
  ConfigError,
  InvalidRequestError,
  TransportError,
  TimeoutError,
  ApiError,
  SignatureError,
  DecryptError,
  IntegrityError,
  InternalError,
};
const CLASSES = new Map(Object.values(BY_KIND).map((error) => [error.kind, error]));

for (const error of [WechatPayError, ...CLASSES.values(), AbortError]) {
  define(error.prototype, 'name', error.name, false);
}

function define(target, name, value, enumerable) {
  Object.defineProperty(target, name, { value, enumerable, writable: true, configurable: true });
}

/** The error of a native record; its cause is what the merchant's key threw, if that is what failed. */
function fromRecord(json, failure) {
  const { text, ...fields } = parse(json);
  const Class = CLASSES.get(fields.kind) ?? WechatPayError;
  const cause = /^(signer|decrypter)_/.test(fields.code) ? failure?.thrown : undefined;
  return new Class(text, { ...fields, cause });
}

/** A native object, or the error whose record stands in its place. */
function made(native) {
  if (typeof native === 'string') {
    throw fromRecord(native);
  }
  return native;
}

/** The error of a call that was given up while it was under way. */
function aborted(json, cause) {
  const { text, ...fields } = parse(json);
  return new AbortError(text, { ...fields, cause });
}

/** The error of a call whose signal was aborted before it began. */
function neverSent(operation, cause) {
  const message = 'the call was given up before it was sent';
  return new AbortError(`${operation}: ${message}`, {
    code: 'cancelled',
    message,
    retryability: 'safe',
    operation,
    cause,
  });
}

module.exports = { errors: { WechatPayError, ...BY_KIND, AbortError }, aborted, fromRecord, made, neverSent };
