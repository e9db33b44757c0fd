// Receives notifications with Express: `PORT=8080 node express_receiver.mjs`.
//
// Takes its keys from the WECHATPAY_* variables: the platform's, and the APIv3 key. WECHATPAY_SEEN_REDIS is the URL of
// the Redis by which several processes know what has been processed; one process alone may do without.

import express from 'express';
import { Notifications, Seen, WechatPayError } from 'wechatpay-sdk';

const { PORT = '8080', WECHATPAY_SEEN_REDIS: redis } = process.env;
const seen = redis ? Seen.redis(redis) : Seen.memory();
const notifications = Notifications.fromEnv();
const app = express();

// The signature covers the bytes of the body: express.json() must not have parsed them before.
app.post('/notify', express.raw({ type: () => true, limit: '1mb' }), async (request, response) => {
  const { status, headers, body } = await receive(request);
  response.status(status).set(headers).send(body);
});

async function receive(request) {
  try {
    const notification = notifications.parse(request.headers, request.body ?? '');
    if (await seen.claim(notification.id)) {
      await processed(notification);
    }
    return notification.ack();
  } catch (error) {
    const code = error instanceof WechatPayError ? error.code : 'not processed';
    console.error(`refused: ${code}: ${error}`);
    return notifications.failure(code);
  }
}

async function processed(notification) {
  try {
    await handle(notification);
  } catch (error) {
    await seen.release(notification.id).catch(() => {}); // free again by itself after two minutes
    throw error;
  }
  // Where the store cannot be told, it has been processed all the same: a failure would bring it again.
  await seen.done(notification.id).catch((error) => console.error(`not remembered: ${error.code}: ${error}`));
}

async function handle({ id, event_type, resource }) {
  if (!resource.out_trade_no) {
    throw new Error('no order of ours');
  }
  // The platform waits 5 seconds for the answer: keep it here, in one transaction, and work on it afterwards.
  console.log(`${id} ${event_type} ${resource.out_trade_no}`);
}

const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`http://127.0.0.1:${server.address().port}`);
});
