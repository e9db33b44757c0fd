'use strict';

const { inspect } = require('node:util');

/** Signs what front ends need to open the cashier. */
class Invocation {
  #use;

  constructor(use) {
    this.#use = use;
  }

  jsapi(params) {
    return this.#use('invocation.jsapi', params);
  }

  miniProgram(params) {
    return this.#use('invocation.mini_program', params);
  }

  app(params) {
    return this.#use('invocation.app', params);
  }

  [inspect.custom]() {
    return '<wechatpay-sdk Invocation>';
  }
}

module.exports = { Invocation };
