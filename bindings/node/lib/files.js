'use strict';
// Files: those that are uploaded from a stream, and those that were downloaded.

const fs = require('node:fs');
const { badArgument } = require('./encode.js');

function isStream(value) {
  return typeof value?.content?.[Symbol.asyncIterator] === 'function';
}

/** The parameter that is a file whose content is a stream; undefined where there is none. */
function streamIn(params) {
  if (typeof params !== 'object') {
    return undefined;
  }
  for (const name in params) {
    if (typeof params[name] === 'object' && isStream(params[name])) {
      return name;
    }
  }
  return undefined;
}

/**
 * Gives `use` the parameters with the stream `name` written to a temporary file, which is gone afterwards: the digest of an
 * upload is signed before its first byte is sent, and it may be sent more than once.
 */
async function spooled(operation, params, name, use) {
  const { mkdtemp, rm } = require('node:fs/promises');
  const { pipeline } = require('node:stream/promises');
  const { content, ...file } = params[name];
  const folder = await mkdtemp(require('node:path').join(require('node:os').tmpdir(), 'wechatpay-'));
  try {
    const path = `${folder}/file`;
    await pipeline(content, fs.createWriteStream(path, { mode: 0o600 })).catch((error) => {
      throw Object.assign(badArgument(operation, name, 'cannot be read to its end'), { cause: error });
    });
    return await use({ ...params, [name]: { ...file, path } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Streams of files that have no name any more, so that they are gone when they are closed. */
function opened({ files, folder }) {
  const streams = files.map(({ path }) => fs.createReadStream(path, { fd: fs.openSync(path) }));
  fs.rmSync(folder, { recursive: true, force: true });
  return streams;
}

module.exports = { opened, spooled, streamIn };
