'use strict';

const { inspect, types } = require('node:util');
const native = require('../load.js');
const { badArgument, checkText, encodeOptions } = require('./encode.js');
const { fromRecord, made } = require('./errors.js');
const { parse, stringify } = require('./json.js');

/** A notification whose signature held. */
class Notification {
  constructor({ resource, ...fields }) {
    Object.assign(this, fields);
    // May hold openids: not enumerable, so that neither console.log nor a logger's JSON shows it.
    Object.defineProperty(this, 'resource', { value: resource });
  }

  ack() {
    return ack();
  }
}

class Notifications {
  #native;

  constructor(options) {
    const receiver = options instanceof native.Receiver;
    this.#native = receiver ? options : made(native.openReceiver(encodeOptions(options)));
  }

  static fromEnv() {
    return new this(made(native.openReceiverFromEnv()));
  }

  parse(headers, body) {
    const read = this.#native.parse(encodeHeaders(headers), bytesOf(body));
    if (typeof read !== 'string') {
      throw fromRecord(read.body);
    }
    return new Notification(parse(read));
  }

  ack() {
    return ack();
  }

  failure(message) {
    checkText(undefined, 'message', message);
    return parse(native.failure(message));
  }

  [inspect.custom]() {
    return '<wechatpay-sdk Notifications>';
  }
}

function ack() {
  return parse(native.ack());
}

/** Names and texts as JSON. Which of them count, and in which form, is known by the core. */
function encodeHeaders(headers) {
  const record = recordOf(headers);
  if (Object.values(record).every((value) => typeof value === 'string')) {
    const json = JSON.stringify(record);
    // Only a lone surrogate is written like this, or a text that looks alike: then it is named below.
    if (!json.includes('\\ud')) {
      return json;
    }
  }
  return stringify(record, (path, problem) => badArgument(undefined, 'headers', `holds ${path}, which ${problem}`));
}

/** Of a Headers, a Map, or any other pairs; or an object, such as `request.headers` of node:http. */
function recordOf(headers) {
  if (typeof headers === 'object' && headers !== null) {
    try {
      return Symbol.iterator in headers ? Object.fromEntries(headers) : { ...headers };
    } catch {
      // An iterable of something else, such as `rawHeaders`.
    }
  }
  throw badArgument(undefined, 'headers', 'must be an object of names and texts, a Headers, or a Map');
}

/** A copy: memory that is shared with another thread could change while it is read. */
function bytesOf(body) {
  if (typeof body === 'string') {
    return Buffer.from(body);
  }
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  if (types.isAnyArrayBuffer(body)) {
    return Buffer.from(new Uint8Array(body));
  }
  throw badArgument(
    undefined,
    'body',
    'must be the raw bytes of the request, as a Buffer, Uint8Array or ArrayBuffer, or their text: the signature covers ' +
      'them as they came, so neither an object that was parsed from them nor its JSON will do',
  );
}

module.exports = { Notifications };
