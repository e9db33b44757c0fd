'use strict';
// What watches attempts: two diagnostics channels. Nobody subscribed: a call tells nothing, and pays nothing.

const { channel } = require('node:diagnostics_channel');

const start = channel('wechatpay-sdk:attempt:start');
const end = channel('wechatpay-sdk:attempt:end');

/** Whether a call that is made now is to tell of its attempts. */
function isWatched() {
  return start.hasSubscribers || end.hasSubscribers;
}

function publish(event) {
  (event.phase === undefined ? start : end).publish(event);
}

module.exports = { isWatched, publish };
