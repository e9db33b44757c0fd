'use strict';

const native = require('./load.js');
const { Client } = require('./lib/client.js');
const { errors } = require('./lib/errors.js');
const { Notifications } = require('./lib/notifications.js');

module.exports = { Client, Notifications, ...errors, VERSION: native.version() };
