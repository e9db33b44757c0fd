'use strict';

const native = require('./load.js');
const { Client } = require('./lib/client.js');
const { errors } = require('./lib/errors.js');

module.exports = { Client, ...errors, VERSION: native.version() };
