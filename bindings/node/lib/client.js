'use strict';

const { inspect } = require('node:util');
const native = require('../load.js');
const { reply } = require('./calls.js');
const { checkText, encode, encodeOptions, encodeRecord } = require('./encode.js');
const { made } = require('./errors.js');
const { addProducts } = require('./namespaces.js');
const { Notifications } = require('./notifications.js');

class Client {
  #native;
  #notifications;

  constructor(options) {
    this.#native = options instanceof native.Client ? options : made(native.open(encodeOptions(options)));
  }

  static fromEnv() {
    return new this(made(native.openFromEnv()));
  }

  get mchid() {
    return this.#native.mchid;
  }

  get notifications() {
    return (this.#notifications ??= new Notifications(made(this.#native.receiver())));
  }

  forMerchant(options) {
    return new this.constructor(made(this.#native.forMerchant(encodeOptions(options))));
  }

  withOptions(options) {
    return new this.constructor(made(this.#native.withOptions(encodeOptions(options))));
  }

  async call(operation, params = {}, options = {}) {
    checkText(undefined, 'operation', operation);
    const { signal, ...defaults } = options ?? {};
    const json = encodeRecord(operation, 'params', params);
    const client = this.#with(defaults);
    const start = (arrivals, token) => client.call(arrivals, token, operation, json);
    return (await reply(start, operation, signal)).body;
  }

  async request(method, path, options = {}) {
    checkText(undefined, 'method', method);
    checkText(method, 'path', path);
    const { query, body, signal, ...defaults } = options ?? {};
    const queryJson = query === undefined ? undefined : encodeRecord(method, 'query', query);
    const bodyJson = body === undefined ? undefined : encode(method, 'body', body);
    const client = this.#with(defaults);
    const start = (arrivals, token) => client.request(arrivals, token, method, path, queryJson, bodyJson);
    return reply(start, method.toUpperCase(), signal);
  }

  encrypt(plaintext) {
    return this.#utility('encrypt', { plaintext });
  }

  async decrypt(ciphertext) {
    return (await this.#utility('decrypt', { ciphertext })).plaintext;
  }

  platformKeys() {
    return this.#utility('platform_keys.list', {});
  }

  refreshPlatformKeys() {
    return this.#utility('platform_keys.refresh', {});
  }

  async #utility(name, params) {
    Object.entries(params).forEach(([argument, value]) => checkText(name, argument, value));
    const json = encodeRecord(name, 'params', params);
    const start = (arrivals, token) => this.#native.utility(arrivals, token, name, json);
    return (await reply(start, name)).body;
  }

  #with(options) {
    return Object.keys(options).length === 0 ? this.#native : made(this.#native.withOptions(encodeOptions(options)));
  }

  [inspect.custom]() {
    return `<wechatpay-sdk Client mchid='${this.mchid}'>`;
  }
}

addProducts(Client.prototype);

module.exports = { Client };
