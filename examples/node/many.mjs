// Opens the custom page of many sub-merchants, at most 32 calls at a time; Ctrl-C gives up those under way.
//
// Takes its client from the WECHATPAY_* variables: real credentials, or those of `wechatpay sandbox`.

import { Client, WechatPayError } from 'wechatpay-sdk';

const AT_ONCE = 32;

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

// These calls set a state: repeating one after a lost reply is harmless.
const client = Client.fromEnv().withOptions({ retry: 'idempotent', timeout: 10 });

async function openCustomPage(subMchid) {
  const params = { sub_mchid: subMchid, operation_type: 'OPEN' };
  try {
    await client.goldplan.merchants.changeCustomPageStatus(params, { signal: controller.signal });
    return 'open';
  } catch (error) {
    if (error instanceof WechatPayError) {
      return error.code;
    }
    throw error;
  }
}

const given = process.argv.slice(2);
const left = given.length > 0 ? given : [...Array(200).fill('1900000109'), '1'];
const outcomes = new Map();

async function worker() {
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const outcome = await openCustomPage(next);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, worker));
for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a)) {
  console.log(`${count} ${outcome}`);
}
