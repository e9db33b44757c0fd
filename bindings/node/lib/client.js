'use strict';

const { inspect } = require('node:util');
const native = require('../load.js');
const { reply } = require('./calls.js');
const { badArgument, checkText, encode, encodeOptions, encodeRecord } = require('./encode.js');
const { made } = require('./errors.js');
const { opened, spooled, streamIn } = require('./files.js');
const { Invocation } = require('./invocation.js');
const { addProducts } = require('./namespaces.js');
const { Notifications } = require('./notifications.js');
const { withoutFunctions } = require('./signer.js');

/** Native client -> the functions for its merchant's key, where that lies elsewhere. */
const signers = new WeakMap();

/** A native client from options, by `make(json, sign, decrypt)`. */
function open(options, make) {
  const { signer, others } = withoutFunctions(options);
  const { sign, decrypt } = signer;
  const client = made(make(encodeOptions(others), sign !== undefined, decrypt !== undefined));
  return sign ? withSigner(client, signer) : client;
}

function withSigner(client, signer) {
  if (signer) {
    signers.set(client, signer);
  }
  return client;
}

class Client {
  #native;
  #notifications;
  #invocation;

  constructor(options) {
    this.#native = options instanceof native.Client ? options : open(options, native.open);
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

  get invocation() {
    return (this.#invocation ??= new Invocation((name, params) => this.#utility(name, params)));
  }

  forMerchant(options) {
    return new this.constructor(open(options, (...given) => this.#native.forMerchant(...given)));
  }

  withOptions(options) {
    const derived = made(this.#native.withOptions(encodeOptions(options)));
    return new this.constructor(withSigner(derived, this.#signer));
  }

  async call(operation, params = {}, options = {}) {
    checkText(undefined, 'operation', operation);
    const stream = streamIn(params);
    if (stream !== undefined) {
      return spooled(operation, params, stream, (given) => this.call(operation, given, options));
    }
    const { signal, ...defaults } = options ?? {};
    const json = encodeRecord(operation, 'params', params);
    const client = this.#with(defaults);
    const start = (...at) => client.call(...at, operation, json);
    return (await reply(start, operation, signal, this.#signer)).body;
  }

  async request(method, path, options = {}) {
    checkText(undefined, 'method', method);
    checkText(method, 'path', path);
    const { query, body, signal, ...defaults } = options ?? {};
    const queryJson = query === undefined ? undefined : encodeRecord(method, 'query', query);
    const bodyJson = body === undefined ? undefined : encode(method, 'body', body);
    const client = this.#with(defaults);
    const start = (...at) => client.request(...at, method, path, queryJson, bodyJson);
    return reply(start, method.toUpperCase(), signal, this.#signer);
  }

  async download(operation, params = {}, to = undefined, options = {}) {
    const { gunzip, ...others } = options ?? {};
    return this.#download('download', { operation, params, to, gunzip }, others);
  }

  async downloadUrl(url, to = undefined, options = {}) {
    const { gunzip, hash_type, hash_value, ...others } = options ?? {};
    return (await this.#download('download_url', { url, to, gunzip, hash_type, hash_value }, others))[0];
  }

  async *iterate(operation, params = {}, options = {}) {
    for (let here = params; here;) {
      const { items, next } = await this.#use('page', { operation, params: here }, options);
      yield* items;
      here = next;
    }
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

  async #download(name, params, { progress, ...options }) {
    if (progress !== undefined && typeof progress !== 'function') {
      throw badArgument(name, 'progress', 'must be a function');
    }
    const given = { ...params, progress: progress !== undefined };
    const saved = await this.#use(name, given, options, progress);
    return params.to === undefined ? opened(saved) : saved.files;
  }

  async #utility(name, params) {
    const json = encodeRecord(name, 'params', params);
    Object.entries(params).forEach(([argument, value]) => checkText(name, argument, value));
    return this.#run(name, json);
  }

  async #use(name, params, options, progress) {
    return this.#run(name, encodeRecord(name, 'params', params), options, progress);
  }

  async #run(name, json, options = {}, progress = undefined) {
    const { signal, ...defaults } = options ?? {};
    const client = this.#with(defaults);
    const start = (...at) => client.utility(...at, name, json);
    return (await reply(start, name, signal, this.#signer, progress)).body;
  }

  get #signer() {
    return signers.get(this.#native);
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
