'use strict';
// Which notifications have been processed.

const { inspect } = require('node:util');
const native = require('../load.js');
const { reply } = require('./calls.js');
const { badArgument, badOption, checkText } = require('./encode.js');
const { made } = require('./errors.js');

class Seen {
  #native;

  constructor(store) {
    if (!(store instanceof native.Seen)) {
      throw badArgument(undefined, 'store', 'is made by Seen.memory() or Seen.redis()');
    }
    this.#native = store;
  }

  static memory(options = {}) {
    return new this(made(native.seenMemory(secondsOf(options))));
  }

  static redis(url, options = {}) {
    if (typeof url !== 'string') {
      throw badOption('url', 'must be text');
    }
    return new this(made(native.seenRedis(url, secondsOf(options))));
  }

  claim(id) {
    return this.#ask('claim', id);
  }

  async done(id) {
    await this.#ask('done', id);
  }

  async release(id) {
    await this.#ask('release', id);
  }

  async #ask(question, id) {
    const operation = `seen.${question}`;
    checkText(operation, 'id', id);
    return (await reply((arrivals, token) => this.#native[question](arrivals, token, id), operation)).body;
  }

  [inspect.custom]() {
    return '<wechatpay-sdk Seen>';
  }
}

function secondsOf(options) {
  if (typeof options !== 'object' || options === null) {
    throw badOption('options', 'must be an object');
  }
  const unknown = Object.keys(options).find((name) => name !== 'seconds');
  if (unknown !== undefined) {
    throw badOption(unknown, 'is not an option of a store: seconds is');
  }
  const seconds = options.seconds ?? undefined;
  if (seconds !== undefined && typeof seconds !== 'number') {
    throw badOption('seconds', 'must be a number');
  }
  return seconds;
}

module.exports = { Seen };
