'use strict';

const native = require('./load.js');
const { Client } = require('./lib/client.js');
const { errors } = require('./lib/errors.js');
const { Notifications } = require('./lib/notifications.js');
const { Seen } = require('./lib/seen.js');

module.exports = { Client, Notifications, Seen, ...errors, VERSION: native.version() };
