'use strict';
// Finds the prebuilt addon of this platform. Nothing is built or fetched at installation.

const fs = require('node:fs');
const path = require('node:path');
const { platform } = require('./lib/platform.js');

const PREBUILDS = path.join(__dirname, 'prebuilds');
const ADDON = 'wechatpay.node';

function supported() {
  const names = fs.existsSync(PREBUILDS) ? fs.readdirSync(PREBUILDS) : [];
  return names.filter((name) => fs.existsSync(path.join(PREBUILDS, name, ADDON))).sort();
}

function load() {
  const here = platform();
  const addon = path.join(PREBUILDS, here, ADDON);
  if (!fs.existsSync(addon)) {
    const list = supported().join(', ') || 'none: this package was packed without its addon';
    throw new Error(
      `wechatpay-sdk has no prebuilt addon for ${here}. Supported platforms: ${list}. ` +
        'For another one, build bindings/node from source.',
    );
  }
  try {
    return require(addon);
  } catch (cause) {
    throw new Error(`wechatpay-sdk: the addon for ${here} cannot be loaded: ${cause.message}`, { cause });
  }
}

module.exports = load();
