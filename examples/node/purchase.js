'use strict';
// A whole purchase in a mini program: prepay, the record for the front end, the notification of the payment, the query.
//
// Takes its options from the WECHATPAY_* variables. Against the local WeChat Pay (`wechatpay sandbox`) the order is paid
// by `POST /orders/pay` of its admin listener: `{"out_trade_no": ...}`.

const http = require('node:http');
const { Client, WechatPayError } = require('wechatpay-sdk');

const APPID = 'wxd678efh567hg6787';
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const OUT_TRADE_NO = process.argv[2] ?? 'T-1';

const client = Client.fromEnv();

async function rawBody(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The notification that this order is paid; all others are answered as well. */
function paid(server) {
  return new Promise((resolve) => {
    server.on('request', async (request, response) => {
      let answer;
      try {
        const notification = client.notifications.parse(request.headers, await rawBody(request));
        answer = notification.ack();
        if (notification.resource.out_trade_no === OUT_TRADE_NO) {
          resolve(notification);
        }
      } catch (error) {
        answer = client.notifications.failure(error instanceof WechatPayError ? error.code : 'not taken');
      }
      response.writeHead(answer.status, { ...answer.headers, connection: 'close' }).end(answer.body);
    });
  });
}

async function main() {
  const server = http.createServer();
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    const payment = paid(server);
    const { prepay_id } = await client.pay.transactions.jsapi.create({
      appid: APPID,
      mchid: client.mchid,
      description: 'tea',
      out_trade_no: OUT_TRADE_NO,
      notify_url: `http://127.0.0.1:${server.address().port}/notify`,
      amount: { total: 100 },
      payer: { openid: OPENID },
    });
    // What the mini program hands to wx.requestPayment().
    console.log(JSON.stringify(await client.invocation.miniProgram({ appid: APPID, prepay_id })));
    await payment;
  } finally {
    server.close();
  }
  // The notification says that it is paid; the query is what to trust where one never comes.
  const order = await client.pay.transactions.getByOutTradeNo({ out_trade_no: OUT_TRADE_NO, mchid: client.mchid });
  console.log(`${OUT_TRADE_NO}: ${order.trade_state}, ${order.amount.total}`);
}

main().catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
