'use strict';
// What watches attempts: two diagnostics channels. Nobody subscribed: a call tells nothing, and pays nothing.

const { channel } = require('node:diagnostics_channel');
const { parse } = require('./json.js');

const start = channel('wechatpay-sdk:attempt:start');
const end = channel('wechatpay-sdk:attempt:end');

/** Whether a call that is made now is to tell of its attempts. */
function isWatched() {
  return start.hasSubscribers || end.hasSubscribers;
}

function publish(json) {
  const event = parse(json);
  (event.phase === undefined ? start : end).publish(event);
}

module.exports = { isWatched, publish };
