// What reading a notification costs in the installed npm package, as a line of JSON: `FILE N`. The package is the one in
// the folder WECHATPAY_INSTALLED.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { Notifications } = createRequire(path.resolve(process.env.WECHATPAY_INSTALLED ?? '.', 'index.js'))(
  'wechatpay-sdk',
);

const [file, count] = process.argv.slice(2);
const written = JSON.parse(readFileSync(file, 'utf8'));
const notifications = new Notifications(written.options);
const body = Buffer.from(written.body);

function run(times) {
  for (let left = times; left > 0; left -= 1) {
    if (notifications.parse(written.headers, body).resource.trade_state !== 'SUCCESS') {
      throw new Error('another notification');
    }
  }
}

function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

// Long enough for the compiler to have finished.
run(2000);
const [wall, cpu] = [performance.now(), cpuMicroseconds()];
run(Number(count));
const [ms, used] = [performance.now() - wall, cpuMicroseconds() - cpu];
console.log(
  JSON.stringify({ cpu_us: used / count, wall_us: (ms * 1000) / count, calls_per_second: (count / ms) * 1000 }),
);
