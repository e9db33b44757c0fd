'use strict';
// Calls under way in this thread, and how they come home.

const { AsyncResource } = require('node:async_hooks');
const native = require('../load.js');
const { aborted, fromRecord, neverSent } = require('./errors.js');
const { badArgument } = require('./encode.js');
const { parse } = require('./json.js');
const { isWatched, publish } = require('./attempts.js');
const { answer } = require('./signer.js');

const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Token -> call. */
const flights = new Map();
/** AbortSignal -> the calls that it ends. Each has one listener: of many, Node.js warns as of a leak. */
const followed = new Map();
let arrivals;
let alive;
let last = 0;

function land(token, question, event, ok, status, requestId, body) {
  const flight = flights.get(token);
  if (!flight) {
    return;
  }
  if (question) {
    // In the context of the code that made the call, as AsyncLocalStorage knows it.
    flight.context.runInAsyncScope(answer, undefined, flight, question);
  } else if (event) {
    flight.context.runInAsyncScope(tell, undefined, flight, event);
  } else {
    leave(token);
    flight.resolve({ ok, status, requestId, body, failure: flight.failure });
  }
}

function tell(flight, json) {
  const event = parse(json);
  if ('received' in event) {
    flight.progress?.(event.received, event.total);
  } else {
    publish(event);
  }
}

function giveUp(token) {
  const { reject, signal } = flights.get(token);
  const record = arrivals.cancel(token);
  if (record) {
    leave(token);
    reject(aborted(record, signal.reason));
  }
}

function enter(token, flight) {
  flights.set(token, flight);
  if (flight.signal) {
    follow(flight.signal, token);
  }
  // A process lives as long as a call is under way, and not longer.
  alive ??= setInterval(() => {}, LONGEST_INTERVAL);
  alive.ref();
}

function leave(token) {
  const { signal } = flights.get(token);
  flights.delete(token);
  if (signal) {
    unfollow(signal, token);
  }
  if (flights.size === 0) {
    alive.unref();
  }
}

function follow(signal, token) {
  if (!followed.has(signal)) {
    const tokens = new Set();
    const onAbort = () => [...tokens].forEach(giveUp);
    signal.addEventListener('abort', onAbort, { once: true });
    followed.set(signal, { tokens, onAbort });
  }
  followed.get(signal).tokens.add(token);
}

function unfollow(signal, token) {
  const { tokens, onAbort } = followed.get(signal);
  tokens.delete(token);
  if (tokens.size === 0) {
    signal.removeEventListener('abort', onAbort);
    followed.delete(signal);
  }
}

/** Lets a call run, and gives its outcome. */
function outcomeOf(start, operation, signal, signer, progress) {
  checkSignal(operation, signal);
  if (signal?.aborted) {
    throw neverSent(operation, signal.reason);
  }
  arrivals ??= new native.Arrivals(land);
  last = (last + 1) % 2 ** 32;
  const token = last;
  const watched = isWatched();
  const refused = start(arrivals, token, watched);
  if (refused) {
    return { ok: false, body: refused };
  }
  const context = (signer || watched || progress) && new AsyncResource('WechatPayCall');
  return new Promise((resolve, reject) => {
    enter(token, { resolve, reject, signal, signer, progress, context, failure: undefined });
  });
}

function checkSignal(operation, signal) {
  if (signal !== undefined && signal !== null && typeof signal.addEventListener !== 'function') {
    throw badArgument(operation, 'signal', 'must be an AbortSignal');
  }
}

/**
 * `{ status, requestId, body }` of the call that `start(arrivals, token, watched)` begins. The error is made after waiting: its
 * stack then shows who waited. `signer` holds the functions for the merchant's key, where that lies elsewhere; `progress` is
 * told how far a download is.
 */
async function reply(start, operation, signal, signer, progress) {
  const outcome = await outcomeOf(start, operation, signal, signer, progress);
  if (!outcome.ok) {
    throw fromRecord(outcome.body, outcome.failure);
  }
  const body = typeof outcome.body === 'string' ? parse(outcome.body) : outcome.body;
  return { status: outcome.status, requestId: outcome.requestId ?? null, body: body ?? undefined };
}

module.exports = { reply };
