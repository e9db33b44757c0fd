'use strict';
// What callers give, as JSON text; what cannot be JSON is an error that names it.

const native = require('../load.js');
const { fromRecord } = require('./errors.js');
const { stringify } = require('./json.js');

function badArgument(operation, argument, problem) {
  // A name with a lone surrogate could not be shown.
  const printable = argument.replace(/\p{Surrogate}/gu, '\ufffd');
  return fromRecord(native.badArgument(operation, printable, problem));
}

function badOption(name, problem) {
  return fromRecord(native.badOption(name, problem));
}

function checkText(operation, name, value) {
  if (typeof value !== 'string') {
    throw badArgument(operation, name, 'must be text');
  }
}

/** An argument as JSON; `name` is for what concerns the whole of it. */
function encode(operation, name, value) {
  return stringify(value, (path, problem) => badArgument(operation, path || name, problem));
}

/** An argument that must be a record, as JSON. */
function encodeRecord(operation, name, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badArgument(operation, name, 'must be an object');
  }
  return encode(operation, name, value);
}

/** The options that are given, as JSON. Names and types are checked by the core, the same for every language. */
function encodeOptions(options) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badOption('options', 'must be an object');
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  return stringify(Object.fromEntries(given), (path, problem) => badOption(path || 'options', problem));
}

module.exports = { badArgument, badOption, checkText, encode, encodeOptions, encodeRecord };
