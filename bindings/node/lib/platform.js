'use strict';

const fs = require('node:fs');

function libc() {
  try {
    return fs.readFileSync('/usr/bin/ldd', 'latin1').includes('musl') ? 'musl' : 'glibc';
  } catch {
    return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  }
}

/** The name of this platform: `linux-x64-glibc`, `darwin-arm64`, `win32-x64`. */
function platform() {
  const system = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? `${system}-${libc()}` : system;
}

module.exports = { platform };
