'use strict';
// What is in the tarball: both module systems, the declarations, the loader, and no test hooks.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { INSTALLED, SDK, SUB_MCHID, compile, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const ADDON = path.join(SDK, 'prebuilds', fs.readdirSync(path.join(SDK, 'prebuilds'))[0], 'wechatpay.node');

async function output(program, options) {
  const done = await here.sandbox.run(program, options);
  assert.equal(done.code, 0, done.output + done.errors);
  return done.output;
}

test('an ES module gets the very same classes by name', async () => {
  const program = `
    import { Client, ApiError } from 'wechatpay-sdk';
    import * as all from 'wechatpay-sdk';
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('wechatpay-sdk');
    console.log(Object.keys(required).filter((name) => all[name] !== required[name]).length);
    try {
      await Client.fromEnv().goldplan.merchants.changeCustomPageStatus({ sub_mchid: '1', operation_type: 'OPEN' });
    } catch (error) {
      console.log(error instanceof ApiError, error instanceof required.WechatPayError);
    }
  `;
  assert.equal(await output(program, { file: 'program.mjs' }), '0\ntrue true\n');
});

for (const resolution of ['node16', 'bundler']) {
  for (const system of ['cjs', 'esm']) {
    test(`the declarations hold under tsc --strict: ${system}, ${resolution}`, () => {
      const program = fs.readFileSync(path.join(__dirname, 'types.txt'), 'utf8');
      assert.equal(compile(program, system, resolution), '');
    });
  }
}

test('every exported name is declared, and every operation', () => {
  const declared = fs.readFileSync(path.join(SDK, 'index.d.ts'), 'utf8');
  const names = [...declared.matchAll(/export declare (?:class|const) (\w+)/g)].map(([, name]) => name);
  assert.deepEqual(names.sort(), Object.keys(sdk).sort());
  const native = require(path.join(SDK, 'load.js'));
  const options = [...native.optionNames()].filter((name) => !new RegExp(`^  ${name}\\??:`, 'm').test(declared));
  assert.deepEqual(options, []);
  const folder = path.join(SDK, 'operations');
  const text = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const methods = text.join('').match(/^  \w+\(.*\): Promise<\w+>;$/gm);
  assert.equal(methods.length, JSON.parse(native.operations('')).length);
});

test('the versions agree', () => {
  const { version } = require(path.join(SDK, 'package.json'));
  assert.equal(sdk.VERSION, version);
});

test('nothing to install besides: no script, no dependency', () => {
  const manifest = require(path.join(SDK, 'package.json'));
  assert.equal(manifest.scripts, undefined);
  assert.equal(manifest.dependencies, undefined);
  assert.deepEqual(
    fs.readdirSync(path.join(INSTALLED, 'node_modules')).filter((name) => name[0] !== '.'),
    ['wechatpay-sdk'],
  );
});

test('an unknown platform is told which ones there are', async () => {
  const program = `
    Object.defineProperty(process, 'platform', { value: 'plan9' });
    Object.defineProperty(process, 'arch', { value: 'mips' });
    try { require('wechatpay-sdk'); } catch (error) { console.log(error.message); }
  `;
  const message = await output(program);
  const there = path.basename(path.dirname(ADDON));
  assert.match(message, /^wechatpay-sdk has no prebuilt addon for plan9-mips\. Supported platforms: /);
  assert.ok(message.includes(there), message);
});

test('an addon that cannot be loaded says why', async () => {
  const copy = fs.mkdtempSync(path.join(INSTALLED, 'broken-'));
  fs.cpSync(SDK, copy, { recursive: true });
  fs.writeFileSync(path.join(copy, path.relative(SDK, ADDON)), 'not an addon');
  assert.throws(() => require(copy), /wechatpay-sdk: the addon for .* cannot be loaded: /);
  fs.rmSync(copy, { recursive: true });
});

test('the installed addon has no test hooks', () => {
  const bytes = fs.readFileSync(ADDON);
  assert.ok(bytes.includes('openFromEnv'), 'the search finds what is there');
  assert.ok(!bytes.includes('wechatpayTestPanic'));
  assert.equal(require(path.join(SDK, 'load.js')).wechatpayTestPanic, undefined);
});

const hooks = process.env.WECHATPAY_TEST_HOOKS;
test(
  'a panic becomes an InternalError, and the process lives on',
  { skip: !hooks && 'WECHATPAY_TEST_HOOKS' },
  async () => {
    const copy = fs.mkdtempSync(path.join(INSTALLED, 'hooks-'));
    fs.cpSync(SDK, copy, { recursive: true });
    fs.copyFileSync(hooks, path.join(copy, path.relative(SDK, ADDON)));
    const program = `
    const { InternalError, Client } = require(${JSON.stringify(copy)});
    const native = require(${JSON.stringify(path.join(copy, 'load.js'))});
    const { reply } = require(${JSON.stringify(path.join(copy, 'lib/calls.js'))});
    async function main() {
      try { native.wechatpayTestPanicUnguarded(); } catch (error) { console.log(error.constructor.name); }
      try {
        await reply((arrivals) => native.wechatpayTestPanic(arrivals), 'tea.brew');
      } catch (error) {
        console.log(error instanceof InternalError, error.kind, String(error).includes('on purpose'));
      }
      console.log((await Client.fromEnv().request('GET', '/v3/new-tax-control-fapiao/merchant/${SUB_MCHID}/check-status')).status);
    }
    main();
  `;
    assert.equal(await output(program), 'Error\ntrue internal false\n200\n');
    fs.rmSync(copy, { recursive: true });
  },
);
