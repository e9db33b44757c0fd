// Packs the npm package with the addon of this platform: `node scripts/pack.mjs CARGO_PROFILE_DIR OUT_DIR`, such as
// `node scripts/pack.mjs ../../target/release ../../target/npm`. Prints the path of the tarball.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const LIBRARY = { darwin: 'libwechatpay_node.dylib', win32: 'wechatpay_node.dll' };
const { platform } = createRequire(import.meta.url)('../lib/platform.js');

const [profile, out] = process.argv.slice(2);
if (!out) {
  console.error('usage: node scripts/pack.mjs CARGO_PROFILE_DIR OUT_DIR');
  process.exit(2);
}
const staged = mkdtempSync(path.join(tmpdir(), 'wechatpay-pack-'));
try {
  const own = ['package.json', 'README.md', 'index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'load.js'];
  for (const name of [...own, 'events.d.ts', 'types.d.ts', 'lib', 'operations']) {
    cpSync(path.join(PACKAGE, name), path.join(staged, name), { recursive: true });
  }
  cpSync(path.join(PACKAGE, '../../LICENSE'), path.join(staged, 'LICENSE'));
  const addon = path.join(profile, LIBRARY[process.platform] ?? 'libwechatpay_node.so');
  cpSync(addon, path.join(staged, 'prebuilds', platform(), 'wechatpay.node'));
  mkdirSync(out, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', path.resolve(out)];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packed = execFileSync(npm, args, { cwd: staged, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  console.log(path.join(path.resolve(out), [JSON.parse(packed)].flat()[0].filename));
} finally {
  rmSync(staged, { recursive: true });
}
