// One figure of the installed npm package, as a line of JSON: `sync|async CONFIG N [AT_ONCE]`. `sync`: one call after
// the other. The package is the one in the folder WECHATPAY_INSTALLED.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const { Client } = createRequire(path.resolve(process.env.WECHATPAY_INSTALLED ?? '.', 'index.js'))('wechatpay-sdk');

const REQUEST = { sub_mchid: '1900000109', operation_type: 'OPEN' };

function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function run(client, calls, atOnce) {
  let left = calls;
  async function worker() {
    while (left > 0) {
      left -= 1;
      const reply = await client.goldplan.merchants.changeCustomPageStatus(REQUEST);
      if (reply.sub_mchid !== REQUEST.sub_mchid) {
        throw new Error('a wrong reply');
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function measure(client, calls, atOnce) {
  // Long enough for the compiler to have finished.
  await run(client, 2000, atOnce);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  if (atOnce > 1) {
    delay.enable();
  }
  const [wall, cpu] = [performance.now(), cpuMicroseconds()];
  await run(client, calls, atOnce);
  const [ms, used] = [performance.now() - wall, cpuMicroseconds() - cpu];
  const figures = { cpu_us: used / calls, wall_us: (ms * 1000) / calls, calls_per_second: (calls / ms) * 1000 };
  // The timer that samples the delay fires every millisecond: that much of the figure is no delay.
  const delays = atOnce > 1 ? { loop_delay_p99_ms: delay.percentile(99) / 1e6 } : {};
  console.log(JSON.stringify({ ...figures, ...delays }));
}

const [what, config, calls, atOnce] = process.argv.slice(2);
if (!['sync', 'async'].includes(what) || !calls) {
  console.error('usage: node node_calls.mjs sync|async CONFIG N [AT_ONCE]');
  process.exit(2);
}
const client = new Client(JSON.parse(readFileSync(config, 'utf8')));
await measure(client, Number(calls), what === 'sync' ? 1 : Number(atOnce ?? 32));
