'use strict';
// Receives notifications over node:http, and answers them: `PORT=8080 node notifications.js`.
//
// Takes its keys from the WECHATPAY_* variables; merchant number and private key are not needed.

const http = require('node:http');
const { Notifications, WechatPayError } = require('wechatpay-sdk');

const LONGEST_BODY = 1024 * 1024;

const notifications = Notifications.fromEnv();
// A database in a real program, with the effects of the notification in the same transaction.
const taken = new Set();

/** The body as it came: the signature covers its bytes. */
async function rawBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    // The rest is read all the same: a sender who is cut off hears no answer.
    if (length <= LONGEST_BODY) {
      chunks.push(chunk);
    }
  }
  if (length > LONGEST_BODY) {
    throw new Error('the body is too long');
  }
  return Buffer.concat(chunks);
}

function take(notification) {
  const { out_trade_no, amount } = notification.resource;
  console.log(`${notification.event_type}: ${out_trade_no}, ${amount?.total}`);
}

async function receive(request) {
  try {
    const notification = notifications.parse(request.headers, await rawBody(request));
    // The same one comes again until it was answered in time.
    if (!taken.has(notification.id)) {
      take(notification);
      taken.add(notification.id);
    }
    return notification.ack();
  } catch (error) {
    // Whatever went wrong: answered like this, it comes again.
    console.error(String(error));
    return notifications.failure(error instanceof WechatPayError ? error.code : 'not taken');
  }
}

const server = http.createServer(async (request, response) => {
  const { status, headers, body } = await receive(request);
  response.writeHead(status, headers).end(body);
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
